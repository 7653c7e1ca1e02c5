"""Which files of a functions folder are modules, and what they are called. Source: semantics §14."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from biconvex.sim.hosts.project import is_component, module_path, refuse_reserved
from biconvex.sim.values.errors import ProjectError

__all__ = ["CONFIG", "ModuleFile", "module_files"]

CONFIG: Final = "convex.config"
"""What the module is called that says which components an app has; functions can't be in it."""

_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".jsx")
_HAS_STATEMENT = re.compile(r"^\s{0,100}(import|export)", re.MULTILINE)
_CONFIG_FILES = frozenset({"convex.config.ts", "convex.config.js"})
_DEFAULT_RUNTIME_ONLY = frozenset({"http", "crons", "schema", "auth.config", CONFIG})
# What may stand before a directive, and a directive: white space, comments, then a string of its own.
_BLANK = re.compile(r"(?:\s|\ufeff|#!.*|//.*|/\*[\s\S]*?\*/)*")
_DIRECTIVE = re.compile(r"""("[^"\n]*"|'[^'\n]*')\s*(?:;|(?=[\n}/])|$)""")


class ModuleFile(msgspec.Struct, frozen=True):
    """A module: its path (`folder/file`), its file, and whether it runs in Node's runtime (`"use node"`)."""

    path: str
    file: Path
    uses_node: bool = False


class _Facts(msgspec.Struct, frozen=True):
    """What was found in a file when its time of change (ns) and size were these."""

    stamp: tuple[int, int]
    has_statement: bool
    uses_node: bool


_KNOWN: Final[dict[Path, _Facts]] = {}
_MOST_KNOWN: Final = 8192


def module_files(functions: Path, *, of_component: bool = False) -> tuple[ModuleFile, ...]:
    """The modules of a functions folder in the order of their paths; the schema counts as module `schema`.

    So does the definition of an app, as `convex.config`; that of a component is left to whoever installs it.
    Raises `ProjectError` for what Convex refuses to deploy: a folder `_deps`, a name that is no module path, two
    files with one path, `"use node"` where it isn't allowed or isn't there, a file that isn't UTF-8.
    """
    found: dict[str, ModuleFile] = {}
    for relative in _files(functions):
        refuse_reserved(relative)
        if not (_is_module(relative) or (relative in _CONFIG_FILES and not of_component)):
            continue
        file = functions / relative
        facts = _facts(file)
        if relative.endswith((".ts", ".tsx")) and not facts.has_statement:
            continue
        module = ModuleFile(module_path(relative, file), file, _uses_node(relative, file, facts))
        other = found.setdefault(module.path, module)
        if other is not module:
            raise ProjectError(f"{other.file} and {file} are the same module, {module.path}: rename one")
    return tuple(found[path] for path in sorted(found))


def _files(folder: Path, relative: str = "") -> Iterator[str]:
    """The paths of all files from the functions folder, which is `relative` away from `folder`."""
    if relative and is_component(folder):
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise ProjectError(f"{folder} can't be read: {error}") from error
    for entry in entries:
        if entry.is_dir():
            if entry.name != "node_modules":
                yield from _files(Path(entry.path), f"{relative}{entry.name}/")
        elif entry.is_file():
            yield relative + entry.name


def _is_module(relative: str) -> bool:
    base = relative.rpartition("/")[2]
    if base in {"schema.ts", "schema.js"}:
        return base == relative
    return (
        relative.endswith(_SUFFIXES)
        and not relative.startswith("_generated/")
        and not base.startswith((".", "#"))
        and base.count(".") <= 1
        and " " not in relative
    )


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ProjectError(f"{file} is not UTF-8: byte {error.start} can't be decoded") from error
    except OSError as error:
        raise ProjectError(f"{file} can't be read: {error}") from error


def _facts(file: Path) -> _Facts:
    try:
        status = os.stat(file)  # noqa: PTH116 - every file for every deployment: Path costs twice as much
    except OSError as error:
        raise ProjectError(f"{file} can't be read: {error}") from error
    known = _KNOWN.get(file)
    if known is not None and known.stamp == (status.st_mtime_ns, status.st_size):
        return known
    text = _text(file)
    facts = _Facts(
        (status.st_mtime_ns, status.st_size),
        has_statement=_HAS_STATEMENT.search(text) is not None,
        uses_node="use node" in text and _has_use_node_directive(text),
    )
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[file] = facts
    return facts


def _uses_node(relative: str, file: Path, facts: _Facts) -> bool:
    if facts.uses_node:
        if relative.rpartition(".")[0] in _DEFAULT_RUNTIME_ONLY:
            raise ProjectError(f'{file}: "use node" directive is not allowed for {relative}.')
        return True
    if relative.startswith("actions/"):
        raise ProjectError(
            f'{file}: {relative} is in the folder `actions`, where every file needs the directive "use node". '
            "Add it, or move the file to another folder."
        )
    return False


def _has_use_node_directive(text: str) -> bool:
    position = 0
    while True:
        blank = _BLANK.match(text, position)
        position = blank.end() if blank else position
        directive = _DIRECTIVE.match(text, position)
        if directive is None:
            return False
        if directive[1][1:-1] == "use node":
            return True
        position = directive.end()
