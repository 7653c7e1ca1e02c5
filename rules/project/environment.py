"""Where code reads environment variables by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Module

__all__ = ["environment_reads"]

_MENTIONED = re.compile(rb"process\s*\??\.\s*env|environ|getenv")
_ENVIRONMENTS = frozenset({"process.env", "os.environ", "environ"})
_GETTERS = frozenset({"os.getenv", "getenv", "os.environ.get", "environ.get"})


def environment_reads(module: Module) -> Iterator[tuple[Place, str]]:
    """Give each read of an environment variable whose name is written out, with the name.

    A file that mentions no environment costs a search of its text.
    """
    if _MENTIONED.search(module.source.data) is None:
        return
    for node in syntax.walk(module.syntax):
        for part, name in _read(node):
            yield Place(module.source, part.start, part.end), name


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
