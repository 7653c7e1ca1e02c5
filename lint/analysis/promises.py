"""Promises and what becomes of them.

Whatever makes a promise notes a `Draft`; whatever consumes its value settles the draft's fate. The strongest
fate wins, so that a promise kept in a variable and awaited later is awaited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.analysis.values import Choice, Constant, Pending, Sequence, Value, choose, options
from biconvex.lint.model import Place

if TYPE_CHECKING:
    from biconvex.lint.analysis.frames import BodyDraft
    from biconvex.lint.analysis.values import CallSite
    from biconvex.lint.model import Body, Fate

__all__ = ["COMBINATORS", "GATHERING", "Draft", "chained", "combine", "drafts_of", "settle"]

_STRENGTH: dict[str, int] = {
    fate: strength
    for strength, fate in enumerate(
        ("floating", "unused", "used", "stored", "passed", "voided", "gathered", "returned", "awaited"), 1
    )
}

COMBINATORS = {
    "Promise.all", "Promise.allSettled", "Promise.race", "Promise.any", "asyncio.gather", "asyncio.wait",
    "asyncio.wait_for", "asyncio.waitFor", "asyncio.shield",
}  # fmt: skip
"""Calls that make one promise of several."""

GATHERING = frozenset(
    {"push", "unshift", "set", "add", "append", "extend", "concat", "createTask", "create_task"}
)
"""Methods that keep their argument for later."""


class Draft(msgspec.Struct, eq=False):
    """A promise that is being followed.

    `awaits` is the function whose call it is: it only counts as a fact when that function works with a ctx.
    """

    callee: str
    api: str | None
    place: Place
    body: Body
    in_async: bool
    fate: Fate | None = None
    through: str | None = None
    awaits: BodyDraft | None = None

    def settle(self, fate: Fate) -> None:
        """Note what becomes of it, unless something stronger is known."""
        if self.fate is None or _STRENGTH[fate] > _STRENGTH[self.fate]:
            self.fate = fate


def drafts_of(value: Value | None) -> tuple[Draft, ...]:
    """Give the promises that a value is, or holds as elements."""
    if isinstance(value, Pending | Sequence):
        return value.drafts
    if isinstance(value, Choice):
        return tuple(draft for option in value.values for draft in drafts_of(option))
    return ()


def settle(value: Value | None, fate: Fate) -> None:
    """Note what becomes of every promise that a value is or holds."""
    if value is None or isinstance(value, Constant):
        return
    for draft in drafts_of(value):
        draft.settle(fate)


def combine(name: str, site: CallSite) -> Value | None:
    """Give the promise of `Promise.all(…)` or `asyncio.gather(…)`; it matters when one of ours is in it."""
    inner = [draft for argument in site.arguments for draft in drafts_of(argument)]
    for draft in inner:
        draft.settle("gathered")
    results: Value | None = None
    if len(site.arguments) == 1 and isinstance(site.arguments[0], Sequence) and name == "Promise.all":
        given = site.arguments[0]
        items = tuple(_result(item) for item in given.items) if given.items is not None else None
        results = Sequence(given.bound, given.query, items, element=_result(given.element))
    elif name == "asyncio.gather" and site.complete:
        results = Sequence(len(site.arguments), None, tuple(_result(item) for item in site.arguments))
    if not inner:
        return Pending((), results)
    made = site.evaluator.promise(site.node, site.scope, of=inner[0], through=name)
    return Pending((made,) if made else (), results)


def _result(value: Value | None) -> Value | None:
    """Give what awaiting a value gives."""
    return choose([option.inner if isinstance(option, Pending) else option for option in options(value)])


def chained(pending: Pending, name: str, site: CallSite) -> Value | None:
    """Give what `promise.then(…)`, `catch` or `finally` gives: the same promise, as far as anybody awaits it."""
    if name not in {"then", "catch", "finally"}:
        return None
    for draft in pending.drafts:
        draft.place = Place(draft.place.source, site.node.start, site.node.end)
    return Pending(pending.drafts, pending.inner if name != "then" else None)
