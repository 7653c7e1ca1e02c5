"""The cache: what a front end made of each file, kept from run to run.

Only the translation of single files is kept, by their content and by the code that translates; what depends on
other files is worked out anew in every run. Each file has one place in the cache, so that it doesn't grow with
every edit. A folder that can't be written, or a damaged entry, costs time and nothing else: entries are checked
by a digest, and reading one makes nodes of the syntax tree and nothing else, whoever wrote it.
"""

from __future__ import annotations

import io
import pickle
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Any, Protocol

import tree_sitter_typescript
from biconvex.lint import syntax
from biconvex.lint.entries import Entries, digest, stamp
from biconvex.lint.parse import parse
from biconvex.lint.parsed import ParsedFile, SyntaxProblem
from biconvex.lint.source import Comment, SourceFile

__all__ = ["CACHE_FOLDER", "ParseCache", "Parser", "cache_folder", "front_end_stamp", "open_cache"]

CACHE_FOLDER = ".biconvex_cache"
_MARKS = ("biconvex.toml", ".git", "package.json", "pyproject.toml")
_FRONT_ENDS = ("parse.py", "parsed.py", "source.py", "syntax.py", "python", "typescript")
_NO_ENTRY = (
    pickle.UnpicklingError, ValueError, TypeError, EOFError, AttributeError, IndexError, KeyError,
)  # fmt: skip
"""What reading something else as an entry may raise."""

_MOST_REPLACED = 8
"""As many files are kept as they were before they changed."""

_NODES = {
    name: kind
    for name, kind in vars(syntax).items()
    if isinstance(kind, type) and issubclass(kind, syntax.Node)
}


def cache_folder(cwd: Path) -> Path | None:
    """Give the cache's folder: in the project or repository that the working directory is in.

    None when it is in neither, or if something else has taken the name.
    """
    for folder in (cwd, *cwd.parents):
        if any((folder / mark).exists() for mark in _MARKS):
            found = folder / CACHE_FOLDER
            return None if found.is_symlink() or (found.exists() and not found.is_dir()) else found
    return None


def open_cache(cwd: Path) -> ParseCache | None:
    """Give the cache of the project that the working directory is in, as `cache_folder` has it."""
    folder = cache_folder(cwd)
    return ParseCache(folder) if folder is not None else None


class Parser(Protocol):
    """What may parse in place of the front ends."""

    def parse(self, source: SourceFile) -> ParsedFile:
        """Give what a file is parsed to."""
        ...

    def before(self, path: str) -> ParsedFile | None:
        """Give what a file was parsed to before it changed, if it was parsed again since and the old is known."""
        ...


class ParseCache:
    """Parses files, or remembers what came of it. `hits` and `misses` count."""

    def __init__(self, folder: Path) -> None:
        self._entries = Entries(folder / "parsed")
        self._stamp = front_end_stamp()
        self._replaced: dict[str, tuple[bytes, bytes, SourceFile]] = {}
        self.hits = 0
        self.misses = 0

    def parse(self, source: SourceFile) -> ParsedFile:
        """Give what a file is parsed to. Raises what a front end may raise."""
        key = self._key(source)
        last = self._entries.last(source.path)
        found = _read(last[1], source) if last is not None and last[0] == key else None
        if found is not None:
            self.hits += 1
            return found
        self.misses += 1
        if last is not None and len(self._replaced) < _MOST_REPLACED:
            self._replaced[source.path] = (*last, source)
        parsed = parse(source)
        self._keep(key, parsed)
        return parsed

    def before(self, path: str) -> ParsedFile | None:
        """Give what a file was parsed to before it changed, as `Parser` has it."""
        key, body, source = self._replaced.get(path, (None, b"", None))
        found = _read(body, source) if source is not None else None
        # made by the same code, as the one that replaced it
        return found if found is not None and self._key(found.source) == key else None

    def _key(self, source: SourceFile) -> bytes:
        kind = f"{source.language} {PurePath(source.path).suffix}\n"
        return digest(self._stamp + kind.encode() + source.data)

    def _keep(self, key: bytes, parsed: ParsedFile) -> None:
        try:
            body = pickle.dumps(
                (
                    parsed.imports,
                    [(each.text, each.start, each.end, each.trailing) for each in parsed.comments],
                    [(each.start, each.end, each.message) for each in parsed.errors],
                    parsed.source.data,
                    pickle.dumps(parsed.module, pickle.HIGHEST_PROTOCOL),
                ),
                pickle.HIGHEST_PROTOCOL,
            )
        except RecursionError:
            return  # a tree that is too deep to be written is parsed again each time
        self._entries.keep(parsed.source.path, key, body)


class _TreeReader(pickle.Unpickler):
    """Reads trees: it knows the nodes of the syntax tree, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Give a kind of node by its name. Raises `pickle.UnpicklingError` for anything else."""
        if module == syntax.__name__ and name in _NODES:
            return _NODES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is no node")


def _read(body: bytes, source: SourceFile) -> ParsedFile | None:
    """Give what an entry holds, with the text that it was made of, of the file `source`; None when that is no tree.

    The tree itself is read when it is wanted.
    """
    try:
        imports, comments, errors, data, tree = _TreeReader(io.BytesIO(body)).load()
        noted = [Comment(*each) for each in comments]
        problems = [SyntaxProblem(*each) for each in errors]
    except _NO_ENTRY:
        return None  # written by somebody else: what it says counts for nothing
    if not (isinstance(data, bytes) and isinstance(tree, bytes) and isinstance(imports, list)):
        return None
    if not all(isinstance(node, syntax.Import | syntax.Export) for node in imports):
        return None
    if data != source.data:
        source = SourceFile(source.path, source.language, data)
    return ParsedFile(source, partial(_tree, tree, source), noted, problems, imports)


def _tree(tree: bytes, source: SourceFile) -> syntax.Module:
    """Read a tree; if that is none, parse the file after all."""
    try:
        module = _TreeReader(io.BytesIO(tree)).load()
    except _NO_ENTRY:
        module = None
    return module if isinstance(module, syntax.Module) else parse(source).module


def front_end_stamp() -> bytes:
    """Name the code that makes trees: another version makes other trees."""
    here = Path(__file__).parent
    files = [Path(tree_sitter_typescript.__file__), *_libcst()]
    for name in _FRONT_ENDS:
        files += sorted((here / name).glob("*.py")) if (here / name).is_dir() else [here / name]
    return digest(f"{sys.version_info} {pickle.HIGHEST_PROTOCOL}".encode() + stamp(files))


def _libcst() -> list[Path]:
    """Give where libcst is without loading it, which takes longer than linting does."""
    found = find_spec("libcst")
    return [Path(found.origin)] if found is not None and found.origin is not None else []
