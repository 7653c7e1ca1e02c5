"""Putting right how the grammar groups a call with type arguments: `await f<T>(x)` is `await (f<T>(x))`.

tree-sitter-typescript (0.23) takes type arguments as an operator that binds less than `await`, `void` or `+`, so it
reads the call, and every member and call after it, as one of the operation: `(await f)<T>(x)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.syntax import Await, Call, Index, Member, Node, Operation

if TYPE_CHECKING:
    from typing import TypeAlias, TypeGuard

    Step: TypeAlias = Call | Index | Member

__all__ = ["regrouped"]


def regrouped(node: Step) -> Node:
    """Move a step into the operation it was taken from, to the operand it belongs to; any other stays as it is.

    Where parentheses say so, the operation begins after the step does, and nothing moves.
    """
    outer = node.callee if isinstance(node, Call) else node.object
    if not _has_operand(outer) or outer.start != node.start:
        return node
    holder: Node = outer
    inner: Node = outer
    while _has_operand(inner):
        holder, end = inner, inner.end
        inner.end = node.end
        inner = inner.value if isinstance(inner, Await) else inner.operands[-1]
        if inner.end != end:
            # the last operand stands in parentheses
            break
    if isinstance(node, Call):
        node.callee = inner
    else:
        node.object = inner
    node.start = inner.start
    if isinstance(holder, Await):
        holder.value = node
    elif isinstance(holder, Operation):
        holder.operands[-1] = node
    return outer


def _has_operand(node: Node) -> TypeGuard[Await | Operation]:
    """Tell whether a node is an operation on something; in broken code there may be none."""
    return isinstance(node, Await) or (isinstance(node, Operation) and bool(node.operands))
