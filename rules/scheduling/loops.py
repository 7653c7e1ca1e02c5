"""Loops that schedule: which of them surely schedule too many functions at once, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax

if TYPE_CHECKING:
    from biconvex.lint.model import Body, Loop, ScheduleCall

__all__ = ["FEW", "MOST", "too_many"]

FEW = 10
"""Jobs that a loop which counts may schedule at once."""

MOST = 1_000
"""As many functions as one mutation may schedule (semantics §7)."""


def too_many(loop: Loop, call: ScheduleCall) -> str | None:
    """Say why a loop around a call schedules too many functions at once; None where that isn't certain.

    A delay that is not constant may be computed in each round: such jobs are spread over time.
    """
    at_once = call.operation == "runAfter" and call.delay_ms is not None
    if loop.query and loop.query.complete and loop.query.terminal in {"collect", "iterate"}:
        table = f" of `{loop.query.table}`" if loop.query.table else ""
        return f"may run for every document{table} that the query finds, however many there are"
    if loop.bound is not None:
        if loop.bound > MOST:
            return f"may run {loop.bound:,} times in a row, and a mutation can schedule {MOST:,} functions"
        if loop.bound > FEW and at_once and _counts(loop.node):
            return f"runs {loop.bound:,} times in a row, and all of its jobs are due at once"
        return None
    if at_once and _asked_for(loop, call.body):
        return "runs as many times as the caller asks for, and all of its jobs are due at once"
    return None


def _counts(loop: syntax.Loop | syntax.Call) -> bool:
    """Tell whether a loop counts to a number, rather than going through what is written out or queried."""
    if not isinstance(loop, syntax.Loop):
        return False
    through = loop.iterable
    return loop.kind == "for" or (isinstance(through, syntax.Call) and _is_range(through.callee))


def _is_range(callee: syntax.Node) -> bool:
    return isinstance(callee, syntax.Name) and callee.id == "range"


def _asked_for(loop: Loop, body: Body) -> bool:
    """Tell whether a handler's arguments say how often a loop runs, and nothing compares their length."""
    through = _through(loop.node)
    arguments = _argument_names(body.syntax)
    if through is None or not arguments or not any(_is_one(node, arguments) for node in syntax.walk(through)):
        return False
    return not any(_measures(node, arguments) for node in syntax.walk(body.syntax))


def _through(loop: syntax.Loop | syntax.Call) -> syntax.Node | None:
    """Find the expression that says how often a loop runs, where it is no more than members and a range."""
    if isinstance(loop, syntax.Call):
        through = loop.callee.object if isinstance(loop.callee, syntax.Member) else None
    elif loop.iterable is not None:
        through = loop.iterable
    else:
        test = loop.header[1] if loop.kind == "for" and len(loop.header) > 1 else None
        through = test.operands[-1] if isinstance(test, syntax.Operation) and test.operands else None
    plain = syntax.Name | syntax.Member | syntax.Index | syntax.Literal
    if through is None or not all(isinstance(node, plain) for node in syntax.walk(through)):
        return None
    return through


def _argument_names(handler: syntax.Function) -> frozenset[str]:
    """Give the names of a handler's arguments: of the object as a whole, or of what is taken from it."""
    if len(handler.parameters) < 2:
        return frozenset()
    target = handler.parameters[1].target
    return frozenset(node.id for node in syntax.walk(target) if isinstance(node, syntax.Name))


def _is_one(node: syntax.Node, names: frozenset[str]) -> bool:
    return isinstance(node, syntax.Name) and node.id in names


def _measures(node: syntax.Node, names: frozenset[str]) -> bool:
    """Tell whether a node takes the length of an argument, as a check of its size would."""
    measured: syntax.Node | None = None
    if isinstance(node, syntax.Member) and node.name in {"length", "size"}:
        measured = node.object
    elif isinstance(node, syntax.Call) and isinstance(node.callee, syntax.Name) and node.callee.id == "len":
        measured = node.arguments[0] if node.arguments else None
    return measured is not None and any(_is_one(part, names) for part in syntax.walk(measured))
