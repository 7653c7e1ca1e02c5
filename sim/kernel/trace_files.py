"""A trace as a file: JSON lines to keep and compare, and a timeline to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from biconvex.sim.kernel.event import Event

__all__ = ["TRACE_VERSION", "jsonl", "read_jsonl", "timeline"]

TRACE_VERSION: Final = 1
"""The version of the JSON lines; their first line has it."""

_NS_PER_US: Final = 1000
_encode = msgspec.json.encode
_LANES: Final = {"call": "test", "http": "http", "cron": "crons", "request": "outside"}
_ENDS: Final = {"end": "start", "http end": "http", "cron end": "cron", "reply": "request"}


def jsonl(events: Iterable[Event], *, seed: int) -> Iterator[bytes]:
    """The lines of a file: `{"format": "biconvex-trace", "version": 1, "seed": …}`, then an event a line."""
    yield _encode({"format": "biconvex-trace", "version": TRACE_VERSION, "seed": seed}) + b"\n"
    for event in events:
        yield _encode(event) + b"\n"


def read_jsonl(file: Path) -> list[Event]:
    """The events of a file that `jsonl` made; raises `ValueError` for any other, or one of another version."""
    first, *lines = file.read_bytes().splitlines() or [b""]
    try:
        header = msgspec.json.decode(first)
    except msgspec.DecodeError:
        header = None
    if not isinstance(header, dict) or header.get("format") != "biconvex-trace":
        raise ValueError(f"{file} is no trace of Biconvex")
    if header["version"] != TRACE_VERSION:
        raise ValueError(
            f"{file} has version {header['version']} of the trace's format, and this Biconvex reads {TRACE_VERSION}"
        )
    return [msgspec.json.decode(line, type=Event) for line in lines]


def timeline(events: Iterable[Event]) -> bytes:
    """A trace in the Trace Event Format, which https://ui.perfetto.dev opens.

    Functions, requests and cron jobs are bars on lanes of their own, side by side where they overlap; all other events
    are marks. Times are those of the virtual clock.
    """
    tracks = _Tracks()
    for event in events:
        tracks.add(event)
    return msgspec.json.encode({"displayTimeUnit": "ms", "traceEvents": [*tracks.names(), *tracks.made]})


class _Tracks:
    """The lanes of a timeline, each with what is on it."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self._open: dict[tuple[str, str, int], tuple[Event, str, int]] = {}
        self._busy: dict[str, list[bool]] = {}
        self._lane_of_run: dict[int, tuple[str, int]] = {}

    def add(self, event: Event) -> None:
        if event.kind in {"start", "http", "cron", "request"}:
            group = _LANES.get(event.kind) or f"{event.detail['kind']} functions"
            lane = self._take(group)
            self._open[event.kind, event.subject, event.run] = (event, group, lane)
            if event.kind == "start":
                self._lane_of_run[event.run] = (group, lane)
        elif event.kind in _ENDS:
            self._close(event)
        else:
            group, lane = self._lane_of_run.get(event.run, ("deployment", 0))
            self._mark(event, group, lane)

    def names(self) -> Iterator[dict[str, Any]]:
        """What the lanes are called."""
        for process, (group, lanes) in enumerate(sorted(self._busy.items()), 1):
            yield {"ph": "M", "name": "process_name", "pid": process, "args": {"name": group}}
            for lane in range(len(lanes)):
                yield {
                    "ph": "M",
                    "name": "thread_name",
                    "pid": process,
                    "tid": lane,
                    "args": {"name": f"{group} {lane + 1}"},
                }
        numbers = {group: process for process, group in enumerate(sorted(self._busy), 1)}
        for made in self.made:
            made["pid"] = numbers[made["pid"]]

    def _take(self, group: str) -> int:
        lanes = self._busy.setdefault(group, [])
        if False not in lanes:
            lanes.append(True)
            return len(lanes) - 1
        lane = lanes.index(False)
        lanes[lane] = True
        return lane

    def _close(self, event: Event) -> None:
        begun = self._open.pop((_ENDS[event.kind], event.subject, event.run), None)
        if begun is None:
            return
        start, group, lane = begun
        self._busy[group][lane] = False
        args = {"run": event.run, "number": start.number, "begin": start.detail, "end": event.detail}
        self.made.append(
            {
                "ph": "X",
                "name": event.subject,
                "cat": start.kind,
                "ts": start.time_ns / _NS_PER_US,
                "dur": (event.time_ns - start.time_ns) / _NS_PER_US,
                "pid": group,
                "tid": lane,
                "args": args,
            }
        )

    def _mark(self, event: Event, group: str, lane: int) -> None:
        if lane >= len(self._busy.setdefault(group, [])):
            self._busy[group].append(False)
        self.made.append(
            {
                "ph": "i",
                "s": "t",
                "name": f"{event.kind} {event.subject}",
                "cat": event.kind,
                "ts": event.time_ns / _NS_PER_US,
                "pid": group,
                "tid": lane,
                "args": {"run": event.run, "number": event.number, "detail": event.detail},
            }
        )
