"""Where the backends are: finds every functions folder at or below the given paths, and the files of each.

A backend is a functions folder: one that a `convex.json` names, a folder named `convex` with functions in it,
the folder of a `convex.config.ts` (an app's own, or a component), a folder with generated code
(`_generated`), or a folder of Python modules that define functions with `biconvex.sim.server`. A component
within a backend is a backend of its own. Nothing here follows a symbolic link to a folder, or one to a file
outside the folder being read.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from biconvex.lint.aliases import Aliases, alias_targets, read_aliases, read_json
from biconvex.lint.generated import read_generated
from biconvex.lint.parse import parse
from biconvex.lint.source import SourceFile
from biconvex.lint.syntax import Import
from biconvex.lint.versions import read_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from biconvex.lint.parsed import ParsedFile

__all__ = [
    "SOURCE_SUFFIXES",
    "BackendFolder",
    "discover",
    "imported_files",
    "is_source_file",
    "is_test",
    "language_of",
    "shown_path",
]

SOURCE_SUFFIXES = (".js", ".jsx", ".ts", ".tsx", ".mts", ".cts", ".mjs", ".cjs", ".py")
_SKIPPED_FOLDERS = frozenset({"node_modules", "_generated", "__pycache__", "site-packages", "venv"})
_LIKELY = re.compile(
    rb"""["'](?:[^"'\n]*/_generated/server(?:\.js)?|convex/server)["']|\bbiconvex\.sim\.server\b"""
)
"""What a file that has a part in a backend contains; then it is read for its imports."""

_GENERATED = re.compile(r"^(\.{1,2}(?:/\.\.)*)/_generated/server(?:\.js)?$")
_BUILDERS = frozenset(
    {"query", "mutation", "action", "internalQuery", "internalMutation", "internalAction", "httpAction"}
)
_DEFINITIONS = frozenset(
    {"defineSchema", "httpRouter", "cronJobs", *(f"{name}Generic" for name in _BUILDERS)}
)
_GENERATED_FILES = ("server.js", "server.ts", "api.js", "api.ts", "api.d.ts")
_PROJECT_MARKS = ("package.json", "pyproject.toml", ".git")
_TEST = re.compile(r"\.(?:test|spec)\.[cm]?[jt]sx?$|^test_.*\.py$|_test\.py$|^conftest\.py$")
_LARGEST_PROBE = 1 << 20


class BackendFolder(msgspec.Struct, frozen=True):
    """A functions folder and its files.

    `root` is absolute; `shown` is the path to show for it, relative to the working directory, with forward
    slashes. `files` are absolute and sorted: every source file of the backend whether or not it is deployed, but
    files of tests only if they were given by their paths.
    `selected` has the given paths when they name only a part of the backend: findings elsewhere were not
    asked for. `aliases` are the path aliases that hold in it,
    `convex_version` the version of the npm package, as far as it is known, and `generated` the modules that the
    generated API has, if it is there.
    """

    root: Path
    shown: str
    kind: Literal["app", "component"]
    files: tuple[Path, ...]
    selected: tuple[Path, ...] = ()
    aliases: Aliases = ()
    convex_version: tuple[int, int] | None = None
    generated: frozenset[str] | None = None


def language_of(path: Path) -> Literal["typescript", "python"]:
    """Tell the language of a source file by its suffix."""
    return "python" if path.suffix == ".py" else "typescript"


def shown_path(path: Path, cwd: Path) -> str:
    """Give a path relative to the working directory, with forward slashes."""
    return Path(os.path.relpath(path, cwd)).as_posix()


def discover(paths: Sequence[Path], cwd: Path) -> list[BackendFolder]:
    """Find every backend at, around or below the given paths, sorted by where it is.

    A path within a functions folder selects that part of its backend. A path that does not exist, or that
    can't be read, yields nothing.
    """
    roots: dict[Path, set[Path] | None] = {}
    for given in paths:
        path = Path(os.path.realpath(cwd / given))
        around = _backend_around(path)
        if around == path:
            roots[path] = None
        elif around is not None:
            chosen = roots.setdefault(around, set())
            if chosen is not None:
                chosen.add(path)
        if path.is_dir():
            for root in _backends_below(path):
                roots[root] = None
    return [
        BackendFolder(
            root=root,
            shown=shown_path(root, cwd),
            kind=_kind(root),
            files=tuple(
                path for path in _source_files(root) if not is_test(path) or path in (selected or ())
            ),
            selected=tuple(sorted(selected or ())),
            aliases=read_aliases(root),
            convex_version=read_version(root),
            generated=read_generated(root),
        )
        for root, selected in sorted(roots.items())
    ]


# --- folders -----------------------------------------------------------------------------------------------


def _backend_around(path: Path) -> Path | None:
    """The functions folder that a path is, or lies in: the nearest one, but the outermost of Python folders.

    The search upwards ends at the folder of the project.
    """
    folders = [path, *path.parents] if path.is_dir() else list(path.parents)
    named = {target for folder in path.parents for target in _named_by_project(folder)}
    python: Path | None = None
    for folder in folders:
        if folder.name in _SKIPPED_FOLDERS and folder != path:
            return None
        if folder in named or _is_functions_folder(folder):
            return folder
        if _defines_python_functions(folder):
            python = folder
        elif python is not None:
            return python
        if _is_project(folder):
            break
    return python


def _backends_below(top: Path) -> Iterator[Path]:
    named: set[Path] = set()
    last: Path | None = None
    for folder, _, _ in _walk(top):
        named.update(_named_by_project(folder))
        within = last is not None and last in folder.parents
        if (
            folder in named
            or _is_functions_folder(folder)
            or (not within and _defines_python_functions(folder))
        ):
            last = last if within else folder
            yield folder


def _walk(top: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Every folder from `top` down in sorted order; links to folders are not followed."""
    for name, folders, files in os.walk(top):
        folders[:] = sorted(f for f in folders if f not in _SKIPPED_FOLDERS and not f.startswith("."))
        yield Path(name), folders, sorted(files)


def _named_by_project(folder: Path) -> tuple[Path, ...]:
    """The functions folder that a `convex.json` in this folder names, if it is there."""
    settings = folder / "convex.json"
    if not settings.is_file():
        return ()
    functions = read_json(_probe(settings)).get("functions", "convex")
    if not isinstance(functions, str):
        return ()
    target = Path(os.path.normpath(folder / functions))
    inside = folder == target or folder in target.parents
    return (target,) if inside and target.is_dir() else ()


def _is_functions_folder(folder: Path) -> bool:
    if any((folder / f"convex.config{suffix}").is_file() for suffix in (".ts", ".js")):
        return True
    if any((folder / "_generated" / name).is_file() for name in _GENERATED_FILES):
        return True
    if folder.name != "convex":
        return False
    return any(_is_of_backend(file, folder) for file in _source_files(folder))


def _is_of_backend(file: Path, root: Path) -> bool:
    """Tell whether a script has a part in a backend with this root: by its schema, or functions it builds."""
    depth = len(file.relative_to(root).parts) - 1
    for node in _imports(file):
        generated = _GENERATED.match(node.source)
        if generated and generated.group(1).count("..") == depth:
            return True
        if node.source == "convex/server" and any(name.imported in _DEFINITIONS for name in node.names):
            return True
    return False


def _defines_python_functions(folder: Path) -> bool:
    """Tell whether a module directly in this folder defines functions or a schema; tests only use them."""
    return any(
        node.source == "biconvex.sim.server"
        and any(name.imported in _BUILDERS | _DEFINITIONS for name in node.names)
        for file in sorted(folder.glob("*.py"))
        if not is_test(file)
        for node in _imports(file)
    )


def _imports(file: Path) -> list[Import]:
    """Give the imports at the top of a file that may belong to a backend."""
    data = _probe(file)
    if not _LIKELY.search(data):
        return []
    if len(data) == _LARGEST_PROBE and language_of(file) == "python":
        data = file.read_bytes()  # the beginning of a module alone is seldom Python
    body = parse(SourceFile(file.name, language_of(file), data)).module.body
    return [node for node in body if isinstance(node, Import)]


def _kind(root: Path) -> Literal["app", "component"]:
    for suffix in (".ts", ".js"):
        config = root / f"convex.config{suffix}"
        if config.is_file():
            return "component" if b"defineComponent" in _probe(config) else "app"
    return "app"


# --- files outside ---------------------------------------------------------------------------------------


def imported_files(folder: BackendFolder, files: Iterable[ParsedFile], cwd: Path) -> tuple[Path, ...]:
    """Give the files outside a functions folder that its files import, sorted: helpers of the same project.

    They lie in the folder of the project (the nearest above with a `package.json`, a `pyproject.toml` or a
    repository), and take part in the analysis when they are parsed and handed to `build` with the others; ask
    again for what they import. Files that are among `files` are not given again.
    """
    project = next((each for each in folder.root.parents if _is_project(each)), None)
    if project is None:
        return ()
    known = {Path(os.path.normpath(cwd / parsed.source.path)) for parsed in files}
    inside = f"{folder.root}{os.sep}"
    found: set[Path] = set()
    for parsed in files:
        base = Path(os.path.normpath(cwd / parsed.source.path)).parent
        for node in parsed.imports:
            if node.source is None or node.type_only:
                continue
            source = node.source
            targets = [base / source] if source.startswith(".") else []
            if not targets and parsed.source.language != "python":
                targets = [folder.root / target for target in alias_targets(folder.aliases, source)]
            targets = [target for target in targets if not _is_within(target, inside)]
            path = next((file for target in targets if (file := _source_file(target))), None)
            if path is not None and path not in known and _belongs(path, folder.root, project):
                found.add(path)
    return tuple(sorted(found))


def _is_within(target: Path, inside: str) -> bool:
    return os.path.normpath(target).startswith(inside)


def _is_project(folder: Path) -> bool:
    return any((folder / name).exists() for name in _PROJECT_MARKS)


def _source_file(target: Path) -> Path | None:
    """Give the file that an import of a path means."""
    path = Path(os.path.normpath(target))
    names = [path, *(path.with_name(path.name + suffix) for suffix in SOURCE_SUFFIXES)]
    if path.suffix in {".js", ".mjs", ".cjs", ".jsx"}:
        names += [path.with_suffix(suffix) for suffix in (".ts", ".tsx", ".mts", ".cts")]
    names += [path / f"index{suffix}" for suffix in SOURCE_SUFFIXES]
    return next((name for name in names if name.suffix in SOURCE_SUFFIXES and name.is_file()), None)


def _belongs(path: Path, root: Path, project: Path) -> bool:
    """Tell whether a file is one of the project's own, outside its functions folder."""
    if root in path.parents or project not in Path(os.path.realpath(path)).parents:
        return False
    inner = path.relative_to(project).parts[:-1] if project in path.parents else ("..",)
    return not any(part in _SKIPPED_FOLDERS or part.startswith(".") for part in inner)


# --- files -------------------------------------------------------------------------------------------------


def _source_files(root: Path) -> Iterator[Path]:
    for folder, folders, names in _walk(root):
        # a component within is a backend of its own (semantics §14, rule 9)
        folders[:] = [f for f in folders if not (folder / f / "convex.config.ts").is_file()]
        for name in names:
            path = folder / name
            if _is_source(name) and _inside(path, root):
                yield path


def is_source_file(path: Path, root: Path) -> bool:
    """Tell whether a path, of a file that need not exist, is that of a source file of a functions folder."""
    if not _is_source(path.name) or root not in path.parents:
        return False
    folders = [folder for folder in path.parents if root in folder.parents]
    return not any(
        folder.name in _SKIPPED_FOLDERS
        or folder.name.startswith(".")
        or (folder / "convex.config.ts").is_file()
        for folder in folders
    )


def is_test(path: Path) -> bool:
    """Tell whether a file has tests, by its name: they use the backend, but are no part of it."""
    return _TEST.search(path.name) is not None


def _is_source(name: str) -> bool:
    return name.endswith(SOURCE_SUFFIXES) and not name.endswith((".d.ts", ".d.mts", ".d.cts"))


def _inside(path: Path, root: Path) -> bool:
    return path.is_file() and (not path.is_symlink() or root in Path(os.path.realpath(path)).parents)


def _probe(path: Path) -> bytes:
    """The beginning of a file, enough to see its imports; nothing when it can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_PROBE)
    except OSError:
        return b""
