"""Virtual time: an integer that only the event loop moves."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["NS_PER_MS", "NS_PER_SECOND", "START_NS", "Clock", "duration_ns", "parse_duration"]

NS_PER_MS: Final = 1_000_000
NS_PER_SECOND: Final = 1_000_000_000

START_NS: Final = 1_767_225_600 * NS_PER_SECOND
"""Where a clock starts unless told otherwise: 2026-01-01T00:00:00Z, a Thursday."""

_UNITS: Final = {
    "ms": NS_PER_MS,
    "s": NS_PER_SECOND,
    "m": 60 * NS_PER_SECOND,
    "h": 3600 * NS_PER_SECOND,
    "d": 86_400 * NS_PER_SECOND,
    "w": 604_800 * NS_PER_SECOND,
}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")


class Clock:
    """The virtual clock, in nanoseconds since the Unix epoch, as Convex keeps its timestamps."""

    __slots__ = ("now_ns",)

    def __init__(self, start_ns: int = START_NS) -> None:
        self.now_ns = start_ns

    @property
    def now_ms(self) -> int:
        """What `Date.now()` answers: whole milliseconds, rounded down."""
        return self.now_ns // NS_PER_MS

    def move_to(self, time_ns: int) -> None:
        """Jump forwards. Going back is refused, whoever asks."""
        if time_ns < self.now_ns:
            raise ValueError(f"virtual time can't go back from {self.now_ns} to {time_ns} ns")
        self.now_ns = time_ns


def duration_ns(
    *,
    weeks: float = 0,
    days: float = 0,
    hours: float = 0,
    minutes: float = 0,
    seconds: float = 0,
    milliseconds: float = 0,
) -> int:
    """A duration in whole nanoseconds; raises `ValueError` when it is negative, NaN or infinite."""
    parts = {"w": weeks, "d": days, "h": hours, "m": minutes, "s": seconds, "ms": milliseconds}
    for amount in parts.values():
        if not 0 <= amount < float("inf"):
            raise ValueError(f"a duration must be finite and not negative, got {amount}")
    return sum(round(amount * _UNITS[unit]) for unit, amount in parts.items())


def parse_duration(text: str) -> int:
    """Nanoseconds from a text such as `90s`, `5m`, `1h30m`, `2d 12h`; raises `ValueError` otherwise."""
    compact = text.strip()
    if not compact or _PART.sub("", compact).strip():
        raise ValueError(
            f"{text!r} isn't a duration: write it like 30s, 5m, 1h30m, 2d (units: ms, s, m, h, d, w)"
        )
    return sum(round(float(amount) * _UNITS[unit]) for amount, unit in _PART.findall(compact))
