"""Cron jobs and HTTP routes, as `crons.ts` and `http.ts` define them (semantics §9.1, §10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from biconvex.lint.analysis.queries import constant
from biconvex.lint.analysis.values import Method, Record, Value

if TYPE_CHECKING:
    from biconvex.lint.analysis.values import CallSite

__all__ = ["Crons", "Router", "period_ms"]

_JOBS = frozenset({"interval", "hourly", "daily", "weekly", "monthly", "cron"})
_UNITS_MS = {"seconds": 1_000, "minutes": 60_000, "hours": 3_600_000}


@dataclass(slots=True, eq=False)
class Crons(Value):
    """What `cronJobs()` gives, with the jobs defined on it so far."""

    jobs: list[tuple[str, CallSite]] = field(default_factory=list)

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        if name in _JOBS:
            self.jobs.append((name, site))
        return None


@dataclass(slots=True, eq=False)
class Router(Value):
    """What `httpRouter()` gives, with the routes defined on it so far."""

    routes: list[tuple[CallSite, Record | None]] = field(default_factory=list)

    def member(self, name: str) -> Value | None:
        """Give the member of that name."""
        return Method(self, name)

    def invoke(self, name: str, site: CallSite) -> Value | None:
        """Give what a call of its method gives."""
        if name == "route":
            given = site.argument(0)
            self.routes.append((site, given if isinstance(given, Record) else site.keywords))
        return None


def period_ms(schedule: Value | None) -> float | None:
    """Give the constant period of an interval: `{minutes: 5}` is 300,000."""
    if not isinstance(schedule, Record) or not schedule.complete or schedule.base is not None:
        return None
    known = [(unit, constant(value)) for unit, value in schedule.fields.items() if unit in _UNITS_MS]
    if len(known) != 1:
        return None
    unit, amount = known[0]
    return amount * _UNITS_MS[unit] if type(amount) in (int, float) else None  # type: ignore[operator,return-value]
