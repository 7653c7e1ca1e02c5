"""What a handler does with its arguments: which expressions are one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from biconvex.lint import syntax

if TYPE_CHECKING:
    from biconvex.lint.model import Body, Function

__all__ = ["Arguments", "arguments_of", "takes_nothing"]


@dataclass(frozen=True, slots=True)
class Arguments:
    """How a handler refers to its arguments: by the name of them all, or by names of its own for some."""

    whole: str | None = None
    parts: dict[str, str] = field(default_factory=dict)

    def named(self, node: syntax.Node | None) -> str | None:
        """Give the name of the argument that an expression is: `args.userId`, `args["userId"]`, `userId`."""
        while isinstance(node, syntax.Cast):
            node = node.value
        if isinstance(node, syntax.Name):
            return self.parts.get(node.id)
        if isinstance(node, syntax.Member) and self._is_whole(node.object):
            return node.name
        if isinstance(node, syntax.Index) and self._is_whole(node.object):
            key = node.index
            return key.value if isinstance(key, syntax.Literal) and isinstance(key.value, str) else None
        return None

    def _is_whole(self, node: syntax.Node) -> bool:
        return isinstance(node, syntax.Name) and node.id == self.whole


def arguments_of(handler: Body) -> Arguments:
    """Read the second parameter of a handler."""
    parameters = handler.syntax.parameters
    target = parameters[1].target if len(parameters) > 1 else None
    if isinstance(target, syntax.Name):
        return Arguments(target.id)
    parts: dict[str, str] = {}
    if isinstance(target, syntax.ObjectPattern):
        for item in target.properties:
            if isinstance(item, syntax.Property) and item.key and isinstance(item.value, syntax.Name):
                parts[item.value.id] = item.key
    return Arguments(None, parts)


def takes_nothing(function: Function) -> bool:
    """Tell whether a function certainly has no arguments."""
    if function.args.status == "present":
        shape = function.args.shape
        return shape is not None and shape.kind == "object" and shape.complete and not shape.fields
    return function.args.status == "absent" and function.uses_arguments is False
