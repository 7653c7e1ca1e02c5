"""What a `throw` throws: a `ConvexError`, another error, or what is no error at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from biconvex.lint import syntax
from biconvex.lint.analysis.values import ClassValue, External

if TYPE_CHECKING:
    from biconvex.lint.analysis.scopes import Scope

__all__ = ["Thrown", "what_is_thrown"]

Thrown = tuple[Literal["ConvexError", "error", "value"] | None, str | None]

_ERROR = re.compile(r"^[A-Z]\w*(?:Error|Exception)$|^(?:Error|Exception|KeyboardInterrupt|SystemExit)$")
_VALUES = (syntax.Literal, syntax.Template, syntax.Object, syntax.Array)
_LONGEST_LINE = 6
"""How many classes between a class and the error that it is."""


def what_is_thrown(node: syntax.Node, scope: Scope) -> Thrown:
    """Tell what a thrown expression is, and the name of its class."""
    if isinstance(node, _VALUES):
        return "value", None
    if isinstance(node, syntax.Operation) and node.operator == "+":
        text = any(isinstance(part, syntax.Template) or _is_text(part) for part in node.operands)
        return ("value", None) if text else (None, None)
    if isinstance(node, syntax.Call):
        return _of_class(node.callee, scope, _LONGEST_LINE)
    if isinstance(node, syntax.Name) and scope.module.is_python and _ERROR.match(node.id):
        return _of_class(node, scope, _LONGEST_LINE)
    return None, None


def _is_text(node: syntax.Node) -> bool:
    return isinstance(node, syntax.Literal) and node.kind == "string"


def _of_class(node: syntax.Node, scope: Scope, left: int) -> Thrown:
    name = node.name if isinstance(node, syntax.Member) else getattr(node, "id", "")
    if not isinstance(node, syntax.Name):
        return ("ConvexError", name) if name == "ConvexError" else (None, None)
    variable = scope.find(node.id)
    if name == "ConvexError":
        return "ConvexError", name
    if variable is None:
        return ("error", name) if _ERROR.match(name) else (None, None)
    value = variable.get()
    if isinstance(value, External) and value.path[-1:] == ("ConvexError",):
        return "ConvexError", name
    if isinstance(value, ClassValue) and left and value.node.bases:
        return _of_class(value.node.bases[0], value.scope, left - 1)[0], name
    return None, None
