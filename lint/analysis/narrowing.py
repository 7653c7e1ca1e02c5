"""Tests that ask what kind of ctx a function was given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.ctx import PARTS, Ctx
from biconvex.lint.analysis.values import Record

if TYPE_CHECKING:
    from biconvex.lint.analysis.scopes import Scope

__all__ = ["tests_ctx"]

_TESTS_CTX = re.compile(r"ctx|context|^hasattr$", re.IGNORECASE)


def tests_ctx(test: syntax.Node, scope: Scope) -> bool:
    """Tell whether a test asks what kind of ctx it has: `"db" in ctx`, `ctx.db`, `isActionCtx(ctx)`."""
    stack = [test]
    while stack:
        node = stack.pop()
        if type(node) is syntax.Operation:
            if node.operator == "in" and _is_ctx(node.operands[-1], scope):
                return True
            stack += node.operands
        elif type(node) is syntax.Member:
            if node.name in PARTS and _is_ctx(node.object, scope):
                return True
        elif type(node) is syntax.Call:
            callee = node.callee
            name = callee.name if type(callee) is syntax.Member else getattr(callee, "id", "")
            if _TESTS_CTX.search(name) and any(_is_ctx(part, scope) for part in node.arguments):
                return True
        elif type(node) is syntax.Cast:
            stack.append(node.value)
    return False


def _is_ctx(node: syntax.Node, scope: Scope) -> bool:
    while type(node) is syntax.Cast:
        node = node.value
    if type(node) is not syntax.Name:
        return False
    variable = scope.find(node.id)
    value = variable.value if variable is not None else None
    if isinstance(value, Record):
        value = value.base
    return isinstance(value, Ctx) and not value.path
