"""The shortest story of a commit: the events of the runs that it came of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from biconvex.sim.kernel import Event, Trace

__all__ = ["events_of_runs_involved", "last_commit"]

_MOST: Final = 40


def last_commit(trace: Trace) -> Event | None:
    """The last commit, None where there was none."""
    count = 16
    while True:
        events = trace.last(count)
        found = next((event for event in reversed(events) if event.kind == "commit"), None)
        if found is not None or count >= len(trace):
            return found
        count *= 4


def events_of_runs_involved(events: Sequence[Event], commit: Event) -> list[str]:
    """The events up to a commit of the runs involved, a line each, at most the last 40.

    Those are: the run that committed, the one that had last written each of the same documents, the functions that
    called them, and what those called.
    """
    events = events[: commit.number]
    parents = {event.run: event.detail["parent"] for event in events if event.kind == "start"}
    involved = {commit.run}
    left = {document_id for _, document_id in commit.detail}
    for event in reversed(events[:-1]):
        if event.kind == "commit":
            written = {document_id for _, document_id in event.detail}
            if event.run and not left.isdisjoint(written):
                involved.add(event.run)
            left -= written
    for run in sorted(involved):
        parent = parents.get(run, 0)
        while parent:
            involved.add(parent)
            parent = parents.get(parent, 0)
    for run, parent in parents.items():  # in the order of their starts: callers come first
        if parent in involved:
            involved.add(run)
    found = [str(event) for event in events if event.run in involved and event.run]
    if len(found) > _MOST:
        found = [f"… {len(found) - _MOST} earlier events", *found[-_MOST:]]
    return found
