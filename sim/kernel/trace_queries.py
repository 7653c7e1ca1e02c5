"""Questions that tests ask of a trace: what ran, when, how often."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from biconvex.sim.kernel.clock import NS_PER_MS
from biconvex.sim.kernel.event import Event

__all__ = ["FunctionRun", "between", "chosen", "function_runs"]


class FunctionRun(msgspec.Struct, frozen=True):
    """A run of a function: an attempt, if it is a mutation. Times are in ms since the epoch.

    `parent` is the number of the run that called it, 0 if none did; `ended_ms` is None while it runs, and `error` the
    first line of what it failed with.
    """

    number: int
    function: str
    kind: str
    parent: int
    started_ms: float
    ended_ms: float | None
    error: str | None


def chosen(events: Iterable[Event], kind: str | None, subject: str | None) -> list[Event]:
    """The events of a kind, about a subject; None stands for any."""
    return [
        event
        for event in events
        if (kind is None or event.kind == kind) and (subject is None or event.subject == subject)
    ]


def between(events: Iterable[Event], start_ms: float, end_ms: float) -> list[Event]:
    """The events from one time to another, both in ms since the epoch and both included."""
    return [event for event in events if start_ms <= event.time_ns / NS_PER_MS <= end_ms]


def function_runs(events: Iterable[Event], function: str | None) -> list[FunctionRun]:
    """The runs of a function, or of all, in the order of their starts."""
    runs: dict[int, FunctionRun] = {}
    for event in events:
        time_ms = event.time_ns / NS_PER_MS
        if event.kind == "start" and (function is None or event.subject == function):
            detail: dict[str, Any] = event.detail
            runs[event.run] = FunctionRun(
                event.run, event.subject, detail["kind"], detail["parent"], time_ms, None, None
            )
        elif event.kind == "end" and event.run in runs:
            error = event.detail["error"] if event.detail else None
            runs[event.run] = msgspec.structs.replace(runs[event.run], ended_ms=time_ms, error=error)
    return list(runs.values())
