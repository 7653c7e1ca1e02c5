"""Circles of scheduled functions: who schedules itself again, on every run, at once or through others."""

from __future__ import annotations

from collections import defaultdict
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Function, ScheduleCall

__all__ = ["Circle", "circles"]

Circle = tuple[tuple["Function", "ScheduleCall"], ...]
"""Functions that schedule one another, each with its call that schedules the next."""

Calls = dict["Function", list["ScheduleCall"]]


def circles(backend: Backend, shortest_ms: float) -> Iterator[Circle]:
    """Yield each circle that every run goes round in less than `shortest_ms`, once."""
    handlers = {function.handler: function for function in backend.functions if function.handler}
    calls: Calls = defaultdict(list)
    for call in backend.schedule_calls:
        function = handlers.get(call.body)
        if function and _certain(call):
            calls[function].append(call)
    reported: set[Function] = set()
    for function in list(calls):
        circle = _round_trip(function, calls, shortest_ms) if function not in reported else None
        if circle:
            reported.update(member for member, _ in circle)
            yield circle


def _certain(call: ScheduleCall) -> bool:
    """Tell whether every run of the body makes the call, and when its job is due."""
    known = call.reference is not None and call.reference.function is not None
    return known and call.delay_ms is not None and not call.conditional


def _round_trip(start: Function, calls: Calls, shortest_ms: float) -> Circle | None:
    """Find the quickest way from a function back to itself (Dijkstra), if it is quick enough."""
    order = count()
    queue: list[tuple[float, int, Function, Circle]] = [(0, next(order), start, ())]
    settled: set[Function] = set()
    while queue:
        total_ms, _, function, way = heappop(queue)
        if way and function is start:
            return way
        if function in settled:
            continue
        if way:
            settled.add(function)
        for call in calls.get(function, ()):
            target = call.reference.function if call.reference else None
            due_ms = total_ms + (call.delay_ms or 0)
            if target and due_ms < shortest_ms:
                heappush(queue, (due_ms, next(order), target, (*way, (function, call))))
    return None
