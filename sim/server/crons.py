"""Defining cron jobs in Python, with the checks that Convex's builder makes (semantics §9.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from biconvex.sim.server.references import FunctionReference, call_arguments, function_path

__all__ = ["Crons", "cron_jobs"]

_DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_NAME: Final = re.compile(r"^[ -~]*$")
Reference = FunctionReference | str


class Crons:
    """The cron jobs of a backend, by name."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, Any]] = {}

    def _schedule(self, name: str, schedule: dict[str, Any], reference: Reference, args: Any) -> None:
        if not _NAME.match(name):
            raise ValueError(
                f"Invalid cron identifier {name}: use ASCII letters that are not control characters"
            )
        if name in self._jobs:
            raise ValueError(f"Cron identifier registered twice: {name}")
        self._jobs[name] = {
            "name": function_path(reference),
            "args": [call_arguments(args)],
            "schedule": schedule,
        }

    def interval(
        self, name: str, every: Mapping[str, int], reference: Reference, args: Mapping[str, Any] | None = None
    ) -> None:
        """Run every so many `seconds`, `minutes` or `hours` (one of them, a positive integer)."""
        units = [unit for unit in ("seconds", "minutes", "hours") if unit in every]
        if len(units) != 1:
            raise ValueError("Must specify one of seconds, minutes, or hours")
        amount = every[units[0]]
        if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
            raise ValueError("Interval must be an integer greater than 0")
        self._schedule(name, {"type": "interval", units[0]: amount}, reference, args)

    def hourly(
        self, name: str, at: Mapping[str, int], reference: Reference, args: Mapping[str, Any] | None = None
    ) -> None:
        """Run every hour, at `minuteUTC`."""
        self._schedule(name, {"type": "hourly", **_minute(at)}, reference, args)

    def daily(
        self, name: str, at: Mapping[str, int], reference: Reference, args: Mapping[str, Any] | None = None
    ) -> None:
        """Run every day, at `hourUTC` and `minuteUTC`."""
        self._schedule(name, {"type": "daily", **_hour(at), **_minute(at)}, reference, args)

    def weekly(
        self, name: str, at: Mapping[str, Any], reference: Reference, args: Mapping[str, Any] | None = None
    ) -> None:
        """Run every week, on `dayOfWeek` at `hourUTC` and `minuteUTC`."""
        day = at.get("dayOfWeek")
        if day not in _DAYS:
            raise ValueError('Day of week must be a string like "monday".')
        self._schedule(
            name, {"type": "weekly", "dayOfWeek": day, **_hour(at), **_minute(at)}, reference, args
        )

    def monthly(
        self, name: str, at: Mapping[str, int], reference: Reference, args: Mapping[str, Any] | None = None
    ) -> None:
        """Run every month, on `day` at `hourUTC` and `minuteUTC`."""
        day = _within(at.get("day"), 1, 31, "Day of month must be an integer from 1 to 31")
        self._schedule(name, {"type": "monthly", "day": day, **_hour(at), **_minute(at)}, reference, args)

    def cron(
        self, name: str, expression: str, reference: Reference, args: Mapping[str, Any] | None = None
    ) -> None:
        """Run by a cron expression of five fields, in UTC."""
        self._schedule(name, {"type": "cron", "cron": expression}, reference, args)

    def export(self) -> dict[str, Any]:
        """The jobs as their exported JSON."""
        return dict(self._jobs)


def cron_jobs() -> Crons:
    """The (empty) cron jobs of a backend; keep them at the top level of the module `crons`."""
    return Crons()


def _within(value: Any, low: int, high: int, message: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(message)
    return value


def _minute(at: Mapping[str, Any]) -> dict[str, int]:
    if "minuteUTC" not in at:
        return {}
    return {"minuteUTC": _within(at["minuteUTC"], 0, 59, "Minute of hour must be an integer from 0 to 59")}


def _hour(at: Mapping[str, Any]) -> dict[str, int]:
    return {"hourUTC": _within(at.get("hourUTC"), 0, 23, "Hour of day must be an integer from 0 to 23")}
