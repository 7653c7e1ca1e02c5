"""Path aliases of tsconfig.json and jsconfig.json: `"paths": {"@/*": ["./src/*"]}`, through `extends`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from biconvex.lint import syntax
from biconvex.lint.parse import parse
from biconvex.lint.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Aliases", "alias_targets", "aliases_in", "read_aliases", "read_json"]

Aliases = tuple[tuple[str, tuple[str, ...]], ...]
"""Patterns with at most one `*`, and their targets below the functions folder."""

_NAMES = ("tsconfig.json", "jsconfig.json")
_LONGEST_CHAIN = 8


def read_json(data: bytes) -> dict[str, Any]:
    """Read a JSON object that may have comments and trailing commas; what is no such object is empty.

    It is read as the TypeScript expression that it also is.
    """
    module = parse(
        SourceFile("settings.ts", "typescript", b"(" + data.removeprefix(b"\xef\xbb\xbf") + b"\n)")
    ).module
    first = module.body[0] if module.body else None
    value = _plain(first.value) if isinstance(first, syntax.ExpressionStatement) else None
    return value if isinstance(value, dict) else {}


def _plain(node: syntax.Node) -> Any:
    if isinstance(node, syntax.Literal):
        return node.value
    if isinstance(node, syntax.Array):
        return [_plain(element) for element in node.elements]
    if isinstance(node, syntax.Object):
        return {
            item.key: _plain(item.value)
            for item in node.properties
            if isinstance(item, syntax.Property) and item.key is not None
        }
    return None


def read_aliases(root: Path) -> Aliases:
    """Read the aliases that hold in a functions folder: those of the nearest settings above it that have any.

    The search ends at the first folder with a `package.json`; a symbolic link is not read.
    """
    for folder in (root, *root.parents):
        for name in _NAMES:
            settings = folder / name
            if settings.is_file() and not settings.is_symlink():
                found = _of_file(settings, root, _LONGEST_CHAIN)
                if found:
                    return found
        if (folder / "package.json").is_file() or (folder / ".git").exists():
            break
    return ()


def alias_targets(aliases: Aliases, source: str) -> Iterator[str]:
    """Give what an import may mean by the aliases, below the functions folder.

    The longest prefix comes first, as TypeScript has it.
    """
    for pattern, targets in sorted(aliases, key=lambda alias: (-len(alias[0].partition("*")[0]), alias[0])):
        before, star, after = pattern.partition("*")
        if not star:
            if source == pattern:
                yield from targets
        elif source.startswith(before) and source.endswith(after) and len(source) >= len(before) + len(after):
            middle = source[len(before) : len(source) - len(after)]
            for target in targets:
                yield posixpath.normpath(target.replace("*", middle, 1))


def _of_file(settings: Path, root: Path, left: int) -> Aliases:
    try:
        given = read_json(settings.read_bytes())
    except OSError:
        return ()
    found = _aliases(given, settings.parent.as_posix(), root.as_posix())
    if found or not left:
        return found
    extended = given.get("extends")
    for each in [extended] if isinstance(extended, str) else extended if isinstance(extended, list) else []:
        if isinstance(each, str) and each.startswith("."):
            target = settings.parent / (each if each.endswith(".json") else f"{each}.json")
            if target.is_file():
                found = _of_file(target, root, left - 1)
                if found:
                    return found
    return ()


def aliases_in(data: bytes, folder: str, root: str) -> Aliases:
    """Read the aliases of a settings file that stands in `folder`, for the functions folder `root`, both absolute."""
    return _aliases(read_json(data), folder, root)


def _aliases(given: dict[str, Any], folder: str, root: str) -> Aliases:
    options = given.get("compilerOptions")
    if not isinstance(options, dict):
        return ()
    named = options.get("baseUrl")
    base = posixpath.normpath(posixpath.join(folder, named)) if isinstance(named, str) else folder
    out: list[tuple[str, tuple[str, ...]]] = []
    paths = options.get("paths")
    for pattern, targets in paths.items() if isinstance(paths, dict) else ():
        texts = [target for target in targets if isinstance(target, str)] if isinstance(targets, list) else []
        out.append(
            (pattern, tuple(posixpath.relpath(posixpath.join(base, target), root) for target in texts))
        )
    if isinstance(named, str):
        out.append(("*", (posixpath.relpath(posixpath.join(base, "*"), root),)))
    return tuple(out)
