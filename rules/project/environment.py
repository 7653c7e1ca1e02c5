"""Where code reads environment variables by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.model import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from biconvex.lint.model import Module

__all__ = ["environment_reads"]

_MENTIONS = (
    re.compile(rb"""process\??\.env\??(?:\.(\w+)|\.?\[\s*["']([^"'\n]*)["'])?"""),
    re.compile(rb"""environ(?:\.get\(|\[)\s*["']([^"'\n]*)["']"""),
    re.compile(rb"""getenv\(\s*["']([^"'\n]*)["']"""),
)
"""How variables are named in the text; each begins with a word, for which a search is quick."""

_ENVIRONMENTS = frozenset({"process.env", "os.environ", "environ"})
_GETTERS = frozenset({"os.getenv", "getenv", "os.environ.get", "environ.get"})


def environment_reads(module: Module, wanted: Callable[[str], bool]) -> Iterator[tuple[Place, str]]:
    """Give each read of an environment variable of a wanted name that is written out, with the name.

    The text is searched first: a file that mentions no such name costs next to nothing.
    """
    mentioned = (found for pattern in _MENTIONS for found in pattern.finditer(module.source.data))
    if not any(_is_wanted(found, wanted) for found in mentioned):
        return
    for node in syntax.walk(module.syntax):
        for part, name in _read(node):
            if wanted(name):
                yield Place(module.source, part.start, part.end), name


def _is_wanted(found: re.Match[bytes], wanted: Callable[[str], bool]) -> bool:
    """Tell whether a mention may be one of a wanted name: one without a name may be any."""
    name = next((group for group in found.groups() if group is not None), None)
    return name is None or wanted(name.decode("utf-8", "replace"))


def _read(node: syntax.Node) -> Iterator[tuple[syntax.Node, str]]:
    if isinstance(node, syntax.Member):
        if _dotted(node.object) == "process.env":
            yield node, node.name
    elif isinstance(node, syntax.Index):
        name = _text(node.index)
        if name is not None and _dotted(node.object) in _ENVIRONMENTS:
            yield node, name
    elif isinstance(node, syntax.Call):
        name = _text(node.arguments[0]) if node.arguments else None
        if name is not None and _dotted(node.callee) in _GETTERS:
            yield node, name
    elif isinstance(node, syntax.Declare) and isinstance(node.target, syntax.ObjectPattern):
        whole = node.value is not None and _dotted(node.value) == "process.env"
        for item in node.target.properties if whole else ():
            if isinstance(item, syntax.Property) and item.key is not None:
                yield item, item.key


def _dotted(node: syntax.Node) -> str | None:
    """Give `process.env` for the members of that name."""
    names: list[str] = []
    while isinstance(node, syntax.Member | syntax.Cast):
        if isinstance(node, syntax.Member):
            names.append(node.name)
        node = node.object if isinstance(node, syntax.Member) else node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, syntax.Name) else None


def _text(node: syntax.Node) -> str | None:
    value = node.value if isinstance(node, syntax.Literal) else None
    return value if isinstance(value, str) else None
