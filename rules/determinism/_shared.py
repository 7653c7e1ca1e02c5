"""What the rules about determinism have in common: calls of the outside world that transactions reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from biconvex.lint.model import Backend, OutsideCall, Place, Reach

__all__ = ["TRANSACTIONS", "in_transactions", "path_evidence", "spelled_call"]

TRANSACTIONS = ("query", "mutation")
"""The kinds of functions that run as transactions."""


def in_transactions(
    backend: Backend, wanted: Callable[[OutsideCall], bool]
) -> Iterator[tuple[OutsideCall, Reach]]:
    """Give each call that is wanted and that a query or a mutation reaches, with a way to it."""
    seen: set[Place] = set()
    for call in backend.outside_calls:
        if not call.ways or call.place in seen or not wanted(call) or in_tests(call.place):
            continue
        ways = (backend.way_to(call, kind) for kind in TRANSACTIONS)  # type: ignore[arg-type]
        reach = next((way for way in ways if way is not None), None)
        if reach is not None:
            seen.add(call.place)
            yield call, reach


def spelled_call(call: OutsideCall) -> str:
    """Quote a call as it is written, without its arguments: `Date.now()`, `new Date()`."""
    callee = call.node.callee
    written = "".join(call.place.source.text(callee.start, callee.end).split()).replace("?.", ".")
    return f"`{'new ' if call.new else ''}{written}({'…' if call.node.arguments else ''})`"


def path_evidence(reach: Reach) -> tuple[tuple[Place, str], ...]:
    """Give the calls that lead to a place, where it isn't in the function itself."""
    return reach.evidence if reach.path else ()
