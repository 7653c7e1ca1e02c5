"""The trace: what happened, in order, at what virtual time, and a digest of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec
from biconvex.sim.kernel.clock import NS_PER_SECOND, Clock

__all__ = ["Event", "Trace"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Event(msgspec.Struct, frozen=True):
    """One event. `run` is the number of the function run it belongs to (0: none), `detail` is JSON-able."""

    number: int
    time_ns: int
    run: int
    kind: str
    subject: str
    detail: Any = None

    def __str__(self) -> str:
        seconds, rest = divmod(self.time_ns, NS_PER_SECOND)
        when = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
        detail = "" if self.detail is None else "  " + msgspec.json.encode(self.detail).decode()
        when = f"{when}.{rest // 1_000_000:03}"
        return f"{self.number:>6}  {when}  {self.run:>5}  {self.kind:<10}  {self.subject}{detail}"


class _Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event as the trace keeps it: there may be many."""

    time_ns: int
    run: int
    kind: str
    subject: str
    detail: Any


class Trace:
    """The events of one deployment. Equal runs have equal digests, in any process on any machine."""

    HEADER = "number  virtual time (UTC)         run  kind        subject and detail"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
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

    def __str__(self) -> str:
        return "\n".join([self.HEADER, *map(str, self)])


def _event(number: int, row: _Row) -> Event:
    return Event(number, row.time_ns, row.run, row.kind, row.subject, row.detail)
