"""What a report page shows of a deployment: timeline, headroom, findings, functions, events. All of it is JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from biconvex.sim.deployment import Deployment
from biconvex.sim.kernel import NS_PER_MS, Event

__all__ = ["Bar", "Headroom", "Lane", "Page", "page_of"]

_MOST_BARS: Final = 400
_MOST_EVENTS: Final = 200
_MOST_HEADROOM: Final = 40
_LEAST_HEADROOM: Final = 10
_WORTH_SHOWING: Final = 0.01
_MARKED: Final = {
    "conflict": "conflicts",
    "finding": "findings",
    "fault": "faults",
    "violation": "violations",
}
_ENDS: Final = {"end": "start", "http end": "http", "cron end": "cron", "reply": "request"}


class Bar(msgspec.Struct, frozen=True):
    """Something on a lane, from and to, as fractions of the time shown; `count` things where there are too many."""

    begin: float
    end: float
    kind: str
    label: str
    count: int = 1


class Lane(msgspec.Struct, frozen=True):
    """One line of the timeline."""

    name: str
    bars: tuple[Bar, ...]


class Headroom(msgspec.Struct, frozen=True):
    """How close a function came to a limit: `fraction` 1 is all of it."""

    function: str
    measure: str
    used: float
    limit: float
    fraction: float


class Page(msgspec.Struct, frozen=True):
    """One page of a report."""

    title: str
    facts: tuple[tuple[str, str], ...]
    ticks: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]
    headroom: tuple[Headroom, ...]
    findings: tuple[tuple[str, str, str, str], ...]
    ran: tuple[tuple[str, int], ...]
    not_ran: tuple[str, ...]
    events: tuple[tuple[int, str, int, str, str, str], ...]
    skipped_events: int
    failure: str = ""


def page_of(convex: Deployment, title: str, *, failure: str = "") -> Page:
    """The page of a deployment as it stands; `failure` is what went wrong, if something did."""
    events = list(convex.trace)
    begin_ns = events[0].time_ns if events else convex.now * NS_PER_MS
    span_ns = max(convex.now * NS_PER_MS - begin_ns, 1)
    runs = convex.trace.runs()
    counts: dict[str, int] = {}
    for run in runs:
        counts[run.function] = counts.get(run.function, 0) + 1
    functions = [function.path for function in convex.functions]
    shown = events[-_MOST_EVENTS:]
    return Page(
        title=title,
        facts=(
            ("seed", str(convex.seed)),
            ("virtual time", f"{_when(begin_ns)} to {_when(begin_ns + span_ns)}: {_span(span_ns)}"),
            ("events", f"{len(events):,}"),
            ("function runs", f"{len(runs):,}"),
            ("conflicts", f"{convex.trace.count('conflict'):,}"),
            ("digest", convex.trace.digest),
        ),
        ticks=tuple((part / 6, _when(begin_ns + span_ns * part // 6)) for part in range(7)),
        lanes=_lanes(events, begin_ns, span_ns),
        headroom=_headroom(convex),
        findings=tuple(
            (found.rule, found.function, _when(round(found.time_ms * NS_PER_MS)), found.message)
            for found in convex.findings
        ),
        ran=tuple((path, counts[path]) for path in sorted(counts)),
        not_ran=tuple(path for path in functions if path not in counts),
        events=tuple(
            (event.number, _when(event.time_ns), event.run, event.kind, event.subject, _detail(event))
            for event in shown
        ),
        skipped_events=len(events) - len(shown),
        failure=failure,
    )


def _lanes(events: Sequence[Event], begin_ns: int, span_ns: int) -> tuple[Lane, ...]:
    lanes: dict[str, list[Bar]] = {}
    begun: dict[tuple[str, str, int], Event] = {}

    def add(first: Event, end_ns: int, kind: str) -> None:
        name = f"{first.detail['kind']} functions" if first.kind == "start" else _LANE_NAMES[first.kind]
        label = f"{first.subject}, {_when(first.time_ns)}, {_span(end_ns - first.time_ns)}"
        bar = Bar((first.time_ns - begin_ns) / span_ns, (end_ns - begin_ns) / span_ns, kind, label)
        lanes.setdefault(name, []).append(bar)

    for event in events:
        if event.kind in {"start", "http", "cron", "request"}:
            begun[event.kind, event.subject, event.run] = event
        elif event.kind in _ENDS:
            first = begun.pop((_ENDS[event.kind], event.subject, event.run), None)
            if first is not None:
                failed = isinstance(event.detail, dict) and "error" in event.detail
                add(first, event.time_ns, "failed" if failed else first.kind)
        elif event.kind in _MARKED:
            at = (event.time_ns - begin_ns) / span_ns
            bar = Bar(at, at, event.kind, f"{event.kind} {event.subject}, {_when(event.time_ns)}")
            lanes.setdefault(_MARKED[event.kind], []).append(bar)
    for first in begun.values():
        add(first, begin_ns + span_ns, "unfinished")
    return tuple(Lane(name, _thinned(bars)) for name, bars in sorted(lanes.items()))


_LANE_NAMES: Final = {"http": "HTTP requests", "cron": "cron jobs", "request": "outbound requests"}


def _thinned(bars: list[Bar]) -> tuple[Bar, ...]:
    """Put bars together that nobody could tell apart, where there are too many."""
    if len(bars) <= _MOST_BARS:
        return tuple(bars)
    cells: dict[tuple[int, str], list[Bar]] = {}
    for bar in bars:
        cells.setdefault((int(bar.begin * _MOST_BARS), bar.kind), []).append(bar)
    return tuple(
        Bar(
            min(b.begin for b in cell),
            max(b.end for b in cell),
            kind,
            f"{len(cell)}: {cell[0].label}, …",
            len(cell),
        )
        if len(cell) > 1
        else cell[0]
        for (_, kind), cell in sorted(cells.items())
    )


def _headroom(convex: Deployment) -> tuple[Headroom, ...]:
    found = [
        Headroom(path, name, measure.used, measure.limit, measure.fraction)
        for path, usage in convex.usage.items()
        for name, measure in usage.items()
        if measure.limit and measure.used
    ]
    found.sort(key=lambda row: (-row.fraction, row.function, row.measure))
    shown = sum(row.fraction >= _WORTH_SHOWING for row in found)
    return tuple(found[: min(max(shown, _LEAST_HEADROOM), _MOST_HEADROOM)])


def _detail(event: Event) -> str:
    return "" if event.detail is None else msgspec.json.encode(event.detail).decode()


def _when(time_ns: int) -> str:
    time = datetime.fromtimestamp(time_ns // NS_PER_MS / 1000, UTC)
    return time.strftime("%Y-%m-%d %H:%M:%S.") + f"{time.microsecond // 1000:03}"


def _span(span_ns: int) -> str:
    """A span of time in its two largest units."""
    seconds: Any = span_ns / 1e9
    for size, unit, smaller, name in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} {int(seconds % size // smaller)} {name}"
    return f"{seconds:g} s"
