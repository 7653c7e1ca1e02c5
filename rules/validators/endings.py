"""How a function's own code ends: its returns, and whether it can run to its end without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["returns_of", "runs_to_its_end"]


def returns_of(function: syntax.Function) -> Iterator[syntax.Return]:
    """Give the returns of a function itself, not those of functions within it."""
    stack: list[syntax.Node] = list(reversed(function.body))
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Return):
            yield node
        elif not isinstance(node, syntax.Function | syntax.Class):
            stack += reversed(list(syntax.children(node)))


def runs_to_its_end(statements: Sequence[syntax.Node]) -> bool:
    """Tell whether statements surely can run to their end.

    False also where that isn't sure: a `switch` may have every case, a loop may have no end, a call at the very end may
    never come back (`assertNever(x)`).
    """
    if not all(_may_go_on(statement) for statement in statements):
        return False
    return not statements or _surely_ends(statements[-1])


def _may_go_on(node: syntax.Node) -> bool:
    if isinstance(node, syntax.Return | syntax.Throw):
        return False
    if isinstance(node, syntax.If):
        return runs_to_its_end(node.then) or runs_to_its_end(node.otherwise)
    if isinstance(node, syntax.Loop):
        return node.kind in {"for-of", "for-in", "comprehension"}
    if isinstance(node, syntax.Try):
        through = all(_may_go_on(each) for each in node.body)
        caught = node.handler is not None and all(_may_go_on(each) for each in node.handler)
        return (through or caught) and all(_may_go_on(each) for each in node.final)
    if isinstance(node, syntax.Block):
        return all(_may_go_on(each) for each in node.body)
    if isinstance(node, syntax.Other):
        return not any(isinstance(each, syntax.Return | syntax.Throw) for each in syntax.walk(node))
    return True


def _surely_ends(node: syntax.Node) -> bool:
    """Tell whether a statement at the end gives control back: not so if it calls what may always throw."""
    if isinstance(node, syntax.ExpressionStatement):
        value = node.value.value if isinstance(node.value, syntax.Await) else node.value
        return not isinstance(value, syntax.Call) or not isinstance(value.callee, syntax.Name)
    if isinstance(node, syntax.If):
        return True
    if isinstance(node, syntax.Block):
        return not node.body or _surely_ends(node.body[-1])
    return True
