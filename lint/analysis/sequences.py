"""Arrays and what goes through them: how many rounds, over what, and the promises that a callback makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.promises import drafts_of, settle
from biconvex.lint.analysis.results import note_use
from biconvex.lint.analysis.values import Closure, Constant, Deferred, Pending, Record, Sequence, Value
from biconvex.lint.model import Loop, Place

if TYPE_CHECKING:
    from biconvex.lint.analysis.values import CallSite

__all__ = ["ITERATING", "call_sequence", "calls_back", "elements_of"]

_MAPPING = frozenset({"map", "flatMap"})
_TESTING = frozenset(
    {"some", "every", "find", "findIndex", "findLast", "findLastIndex", "reduce", "reduceRight"}
)
_FINDING = frozenset({"find", "findLast"})
_KEEPING = frozenset({"filter", "sort", "toSorted"})
_SAME = frozenset({"reverse", "toReversed", "values", "flat", "copy", "entries", "keys"})
_GROWING = frozenset({"push", "unshift", "splice", "append", "extend", "insert", "fill", "add", "update"})

ITERATING = _MAPPING | _TESTING | {"filter", "forEach", "slice"}
"""Methods that show that a value is an array, or at least as good as one."""


def calls_back(node: syntax.Call) -> bool:
    """Tell whether a call surely calls a function it is given: `xs.map(f)`, `promise.then(f)`, `new Promise(f)`."""
    callee = node.callee
    if isinstance(callee, syntax.Member):
        return callee.name in ITERATING or callee.name in {
            "then",
            "catch",
            "finally",
            "flatMap",
            "sort",
            "toSorted",
        }
    return isinstance(callee, syntax.Name) and callee.id == "Promise"


def call_sequence(sequence: Sequence, name: str, site: CallSite) -> Value | None:
    """Give what a method of an array gives; its callback is walked in a loop."""
    if sequence.result is not None:
        _used(sequence, name, site)
    if name == "forEach":
        _floating(_each(sequence, name, site), name)
        return Constant(None)
    if name in _MAPPING:
        bound = sequence.bound if name == "map" else None
        results = _each(sequence, name, site)
        for draft in drafts_of(results):
            draft.through = name
        return Sequence(
            bound, sequence.query, drafts=drafts_of(results), element=results if name == "map" else None
        )
    if name in _KEEPING:
        settle(_each(sequence, name, site), "returned")
        return Sequence(sequence.bound, sequence.query, element=sequence.element)
    if name in _TESTING:
        settle(_each(sequence, name, site), "returned")
        return sequence.element if name in _FINDING else None
    if name in _SAME:
        element = sequence.element if name not in {"flat", "entries", "keys"} else None
        return Sequence(sequence.bound, sequence.query, drafts=sequence.drafts, element=element)
    if name == "slice":
        bound = _sliced(sequence.bound, site)
        return Sequence(bound, sequence.query, drafts=sequence.drafts, element=sequence.element)
    if name in {"at", "pop", "shift"}:
        return sequence.element
    if name in _GROWING:
        sequence.bound, sequence.items, sequence.element = None, None, None
        for value in site.arguments:
            sequence.drafts += drafts_of(value)
    return None


def _used(sequence: Sequence, name: str, site: CallSite) -> None:
    """Note that a method is called on a query's results."""
    callee, first = site.node.callee, site.argument(0)
    key = first.value if isinstance(first, Constant) and type(first.value) is int else None
    base = callee.object if isinstance(callee, syntax.Member) else None
    note_use(sequence, name, site.node, base, site.scope, key if name == "at" else None)


def _each(sequence: Sequence, name: str, site: CallSite) -> Value | None:
    """Walk the callback; gives what it returns, of an async one a promise with the place of the whole call."""
    callback = site.argument(0)
    if not isinstance(callback, Closure) or site.evaluator.frame is None:
        return None
    if callback.scope.body is None:
        site.evaluator.plain_call(callback, site.node, site.scope)
    source = site.scope.module.source
    place = Place(source, site.node.start, site.node.end)
    given = [None, sequence.element] if name.startswith("reduce") else [sequence.element]
    returned = site.evaluator.in_loop(
        Loop("callback", place, site.node, sequence.bound, sequence.query),
        lambda: site.evaluator.callback(callback, given),
    )
    if isinstance(returned, Deferred):
        draft = site.evaluator.promise(site.node, site.scope, of=returned.made, through=name)
        return Pending((draft,) if draft else (), returned.inner)
    return returned


def _floating(results: Value | None, through: str) -> None:
    for draft in drafts_of(results):
        draft.through = through
        draft.settle("floating")


def _sliced(bound: int | None, site: CallSite) -> int | None:
    """The most elements that `slice(from, to)` leaves."""
    limits = [value.value for value in site.arguments if isinstance(value, Constant)]
    if len(limits) == 2 and all(type(limit) is int and limit >= 0 for limit in limits):
        size = max(0, int(limits[1] or 0) - int(limits[0] or 0))
        return size if bound is None else min(size, bound)
    return bound


def elements_of(value: Value | None) -> Sequence:
    """Give what a loop over a value goes through."""
    if isinstance(value, Sequence):
        return value
    if isinstance(value, Record) and value.complete and value.base is None:
        return Sequence(len(value.fields))
    if isinstance(value, Constant) and isinstance(value.value, str):
        return Sequence(len(value.value))
    return Sequence()
