"""The trace: what happened, in order, at what virtual time, and a digest of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
from biconvex.sim.kernel.clock import Clock
from biconvex.sim.kernel.event import HEADER, Event, legend
from biconvex.sim.kernel.trace_files import jsonl, timeline
from biconvex.sim.kernel.trace_queries import FunctionRun, between, chosen, function_runs

__all__ = ["Trace"]


class _Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event as the trace keeps it: there may be many."""

    time_ns: int
    run: int
    kind: str
    subject: str
    detail: Any


class Trace:
    """The events of one deployment. Equal runs have equal digests, in any process on any machine."""

    HEADER = HEADER

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self.seed = seed
        self._rows: list[_Row] = []

    def record(self, kind: str, subject: str, run: int = 0, detail: Any = None) -> None:
        """Append an event at the current virtual time. `detail` must be JSON-able and is not copied."""
        self._rows.append(_Row(self._clock.now_ns, run, kind, subject, detail))

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Event]:
        for number, row in enumerate(self._rows, 1):
            yield _event(number, row)

    def last(self, count: int) -> list[Event]:
        """The last `count` events."""
        first = max(0, len(self._rows) - count)
        return [_event(first + index, row) for index, row in enumerate(self._rows[first:], 1)]

    @property
    def digest(self) -> str:
        """A hexadecimal digest over every event so far."""
        encode = msgspec.json.Encoder(order="sorted").encode
        state = blake2b(digest_size=16)
        for row in self._rows:
            state.update(encode(row))
            state.update(b"\n")
        return state.hexdigest()

    # --- questions ---------------------------------------------------------------------------------------

    def events(self, kind: str | None = None, subject: str | None = None) -> list[Event]:
        """The events of a kind (`commit`, `log`, …), about a subject (a function, a table, …), or all."""
        return chosen(self, kind, subject)

    def count(self, kind: str, subject: str | None = None) -> int:
        """How many events of a kind there are: `trace.count("conflict")`."""
        return len(self.events(kind, subject))

    def between(self, start_ms: float, end_ms: float) -> list[Event]:
        """The events from one virtual time to another (ms since the epoch, both included)."""
        return between(self, start_ms, end_ms)

    def runs(self, function: str | None = None) -> list[FunctionRun]:
        """The runs of a function, or of all functions, in the order of their starts."""
        return function_runs(self, function)

    def ran(self, function: str) -> bool:
        """Whether a function has run to its end without an error."""
        return any(run.ended_ms is not None and run.error is None for run in self.runs(function))

    # --- as text and files -------------------------------------------------------------------------------

    def save(self, file: str | Path) -> None:
        """Write it to a file, as JSON lines: a line about the format, and one for each event."""
        Path(file).write_bytes(b"".join(jsonl(self, seed=self.seed)))

    def save_timeline(self, file: str | Path) -> None:
        """Write it to a file that https://ui.perfetto.dev shows as a timeline."""
        Path(file).write_bytes(timeline(self))

    @property
    def legend(self) -> str:
        """What the kinds of events in it tell, a line each."""
        return "\n".join(legend({row.kind for row in self._rows}))

    def __str__(self) -> str:
        return "\n".join([self.HEADER, *map(str, self), "", "kinds:", self.legend])


def _event(number: int, row: _Row) -> Event:
    return Event(number, row.time_ns, row.run, row.kind, row.subject, row.detail)
