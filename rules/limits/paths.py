"""Paths through a function: whether what stands at one place can run after what stands at another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax

if TYPE_CHECKING:
    from biconvex.lint.model import Place

__all__ = ["runs_after"]


def runs_after(function: syntax.Function, first: Place, second: Place) -> bool:
    """Tell whether a run may come to the second place after it was at the first, which stands before it.

    Places in branches that exclude each other can't, nor can a place behind one that always returns. Of functions
    within the function it isn't known when they run.
    """
    common, other = _way(function, first), _way(function, second)
    shared = 0
    while shared < min(len(common), len(other)) and common[shared] is other[shared]:
        shared += 1
    if shared == 0:
        return False
    split = common[shared - 1]
    one = common[shared] if shared < len(common) else None
    two = other[shared] if shared < len(other) else None
    if one is None or two is None or _exclusive(split, one, two):
        return False
    if any(isinstance(node, syntax.Function) for node in (*common[shared:], *other[shared:])):
        return False
    return not any(
        _returns(node, inner) for node, inner in zip(common[shared:], common[shared + 1 :], strict=False)
    )


def _way(function: syntax.Function, place: Place) -> list[syntax.Node]:
    """Give the nodes around a place, outermost first."""
    way: list[syntax.Node] = [function]
    while True:
        inside = (
            child
            for child in syntax.children(way[-1])
            if child.start <= place.start and place.end <= child.end
        )
        inner = next(inside, None)
        if inner is None:
            return way
        way.append(inner)


def _exclusive(split: syntax.Node, one: syntax.Node, two: syntax.Node) -> bool:
    """Tell whether of two parts of a node only one runs."""
    if isinstance(split, syntax.Conditional):
        return one is not split.test
    if isinstance(split, syntax.If):
        return _among(one, split.then) and _among(two, split.otherwise)
    if isinstance(split, syntax.Try):
        return _among(one, split.body) and _among(two, split.handler or [])
    if isinstance(split, syntax.Operation) and split.operator in {"||", "??"}:
        return True
    branches = [
        part for part in (one, two) if isinstance(part, syntax.Other) and part.kind in {"case", "default"}
    ]
    if branches:
        return True
    return _always_leaves(one)


def _among(node: syntax.Node, nodes: list[syntax.Node]) -> bool:
    return any(node is each for each in nodes)


def _returns(node: syntax.Node, inner: syntax.Node) -> bool:
    """Tell whether a block that runs its statement `inner` then leaves the function."""
    for block in _blocks(node):
        if _among(inner, block):
            at = next(at for at, each in enumerate(block) if each is inner)
            return any(_always_leaves(statement) for statement in block[at:])
    return False


def _blocks(node: syntax.Node) -> tuple[list[syntax.Node], ...]:
    if isinstance(node, syntax.If):
        return (node.then, node.otherwise)
    if isinstance(node, syntax.Try):
        return (node.body, node.handler or [], node.final)
    if isinstance(node, syntax.Block | syntax.Loop):
        return (node.body,)
    if isinstance(node, syntax.Other):
        return (node.children,)
    return ()


def _always_leaves(node: syntax.Node) -> bool:
    """Tell whether nothing runs after a statement: `return`, `throw`, or a branch that does so on either way."""
    if isinstance(node, syntax.Return | syntax.Throw):
        return True
    if isinstance(node, syntax.If):
        return all(any(_always_leaves(each) for each in block) for block in (node.then, node.otherwise))
    if isinstance(node, syntax.Block):
        return any(_always_leaves(each) for each in node.body)
    return isinstance(node, syntax.Other) and node.kind == "break"
