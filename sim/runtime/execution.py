"""An execution: what a top-level function and everything it calls in its transaction have used together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.sim.kernel import NS_PER_MS

if TYPE_CHECKING:
    from biconvex.sim.store import Transaction

__all__ = ["Execution", "ScheduleLimits"]


class ScheduleLimits(msgspec.Struct, frozen=True):
    """How much may be scheduled: functions, and the bytes of all their arguments."""

    functions: int
    argument_bytes: int


class Execution:
    """What nested functions share with their caller (semantics §6.2): time, schedule counters, audit lines.

    `now_ms` is the frozen `Date.now()`. Times are in virtual nanoseconds.
    """

    __slots__ = (
        "argument_bytes",
        "audit_lines",
        "charged",
        "committed",
        "due",
        "functions",
        "largest_arguments",
        "limits",
        "now_ms",
        "peaks",
        "start_ns",
        "system_ns",
        "user_ns",
        "went_on",
    )

    def __init__(self, start_ns: int, limits: ScheduleLimits) -> None:
        self.begin(start_ns)
        self.limits = limits
        self.functions = 0
        self.argument_bytes = 0
        self.largest_arguments = 0
        self.user_ns = 0
        self.system_ns = 0
        self.audit_lines: list[Any] = []
        # What has been charged for, by transaction: documents read and written, bytes read and written.
        self.charged: dict[Transaction, tuple[int, int, int, int]] = {}
        # What few functions use of a limit, by the name it has in `Limits`: the most of each.
        self.peaks: dict[str, int] = {}
        # What was scheduled: how often a function for a time (ms).
        self.due: dict[tuple[str, float], int] = {}
        # Of an action: how many of its mutations have committed, and whether it has done anything since the last.
        self.committed = 0
        self.went_on = False

    def peak(self, name: str, used: int) -> None:
        """Note that so much of a limit was used at once."""
        if used > self.peaks.get(name, -1):
            self.peaks[name] = used

    def has_committed(self) -> None:
        """A mutation of this action has written something."""
        self.committed += 1
        self.went_on = False

    def begin(self, start_ns: int) -> None:
        """The function begins at this time."""
        self.start_ns = start_ns
        self.now_ms = start_ns // NS_PER_MS
