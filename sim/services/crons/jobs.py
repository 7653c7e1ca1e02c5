"""Cron jobs as a backend defines them, and when each is due next (semantics §9.1, §9.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from biconvex.sim.kernel import NS_PER_MS, NS_PER_SECOND, Choices
from biconvex.sim.runtime import RegisteredFunction, Registry
from biconvex.sim.services.crons.expression import CronExpression, read_cron_expression
from biconvex.sim.values import DeveloperError, ProjectError, Value, from_json

__all__ = ["CronJob", "CronRun", "CronSpec", "cron_specs"]

_DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_SECONDS: Final = {"seconds": 1, "minutes": 60, "hours": 3600}
_RUNS_KEPT: Final = 5


class CronSpec(msgspec.Struct, frozen=True):
    """One job of a `crons` module: its name, what it runs, and either its interval or its expression.

    The name of a job of a component ends in `@` and the component's path.
    `spread_s` bounds the delay that the deployment adds to each run of an expression, in seconds.
    """

    name: str
    function: RegisteredFunction
    args: Value
    schedule: str
    interval_ns: int | None
    expression: CronExpression | None
    spread_s: int


class CronRun(msgspec.Struct, frozen=True):
    """A run of a cron job. Times are in ms since the epoch; `error` is what it failed with, None if it succeeded."""

    scheduled_ms: float
    started_ms: float
    completed_ms: float
    error: str | None


class CronJob:
    """A cron job of a deployment, and how it fared. `runs` are the last five, as Convex keeps them."""

    def __init__(self, spec: CronSpec, now_ns: int, choices: Choices | None) -> None:
        """`choices` is what the delay within the minute is drawn from; None: there is no delay."""
        self.name = spec.name
        self.function = spec.function.path
        self.schedule = spec.schedule
        self.runs: deque[CronRun] = deque(maxlen=_RUNS_KEPT)
        self.completed = 0
        self.skipped = 0
        self.spec = spec
        self._choices = choices
        self._delay_ns = self._drawn_delay()
        self.next_ns = now_ns
        if spec.expression is not None:
            # The first run may still fall into the window of an occurrence that has begun.
            self.next_ns = self._occurrence_after(now_ns - self._delay_ns) + self._delay_ns

    @property
    def next_ms(self) -> float:
        """When it runs next, in ms since the epoch; while it runs, when this run was due."""
        return self.next_ns / NS_PER_MS

    def advance(self, now_ns: int) -> int:
        """A run has ended: be due again after `now_ns`. Tells how many times it was due meanwhile and did not run."""
        missed = (
            self._advance_interval(now_ns) if self.spec.expression is None else self._advance_clock(now_ns)
        )
        self.skipped += missed
        return missed

    def _advance_interval(self, now_ns: int) -> int:
        interval = self.spec.interval_ns or 0
        self.next_ns += interval
        missed = max(0, -((self.next_ns - now_ns) // interval))
        self.next_ns += missed * interval
        return missed

    def _advance_clock(self, now_ns: int) -> int:
        due_ns, delay_ns = self.next_ns - self._delay_ns, self._delay_ns
        if delay_ns == 0:
            self._delay_ns = self._drawn_delay()
        occurrence = self._occurrence_after(now_ns - delay_ns)
        self.next_ns = occurrence + self._delay_ns
        missed = 0
        following = self._occurrence_after(due_ns)
        while following < occurrence:
            missed += 1
            following = self._occurrence_after(following)
        return missed

    def _occurrence_after(self, time_ns: int) -> int:
        expression = self.spec.expression
        if expression is None:
            raise RuntimeError(f"the cron job {self.name} has an interval, and no expression")
        return expression.after(time_ns)

    def _drawn_delay(self) -> int:
        if self._choices is None or self.spec.expression is None:
            return 0
        return self._choices.below(self.spec.spread_s) * NS_PER_SECOND

    def __repr__(self) -> str:
        return f"<CronJob {self.name!r}: {self.function}, {self.schedule}>"


def cron_specs(file: str, exported: Mapping[str, Any], registry: Registry) -> list[CronSpec]:
    """The jobs that a `crons` module exports, in the order of their names.

    Raises `ProjectError` for a schedule that Convex refuses, or a function that can't be scheduled.
    """
    return [_spec(file, name, exported[name], registry) for name in sorted(exported)]


def _spec(file: str, name: str, job: Mapping[str, Any], registry: Registry) -> CronSpec:
    schedule = job["schedule"]
    interval_ns, expression, spread_s = None, None, 60
    if schedule["type"] == "interval":
        interval_ns = _interval_ns(schedule)
    else:
        text = _expression(schedule)
        spread_s = 60 if schedule["type"] == "cron" or "minuteUTC" in schedule else 3600
        try:
            expression = read_cron_expression(text)
        except ValueError as error:
            raise ProjectError(f"{file}: the cron job {name!r} has the schedule {text!r}: {error}") from None
    return CronSpec(
        name=f"{name}@{registry.component}" if registry.component else name,
        function=_target(file, name, job["name"], registry),
        args=from_json(job["args"][0]) if job["args"] else {},
        schedule=_shown(schedule),
        interval_ns=interval_ns,
        expression=expression,
        spread_s=spread_s,
    )


def _interval_ns(schedule: Mapping[str, Any]) -> int:
    seconds: int = sum(schedule[unit] * size for unit, size in _SECONDS.items() if unit in schedule)
    return seconds * NS_PER_SECOND


def _expression(schedule: Mapping[str, Any]) -> str:
    if schedule["type"] == "cron":
        return str(schedule["cron"])
    minute, hour = schedule.get("minuteUTC", 0), schedule.get("hourUTC", "*")
    weekday = _DAYS.index(schedule["dayOfWeek"]) if "dayOfWeek" in schedule else "*"
    return f"{minute} {hour} {schedule.get('day', '*')} * {weekday}"


def _shown(schedule: Mapping[str, Any]) -> str:
    """The schedule in a few words: `every 5 minutes`, `daily at 09:30 UTC`, `cron */5 * * * *`."""
    kind = schedule["type"]
    if kind == "interval":
        return "every " + " ".join(f"{schedule[unit]} {unit}" for unit in _SECONDS if unit in schedule)
    if kind == "cron":
        return f"cron {schedule['cron']}"
    minute = f"{schedule['minuteUTC']:02}" if "minuteUTC" in schedule else "…"
    at = f"at minute {minute}" if kind == "hourly" else f"at {schedule['hourUTC']:02}:{minute} UTC"
    on = {"weekly": f"on {schedule.get('dayOfWeek')} ", "monthly": f"on day {schedule.get('day')} "}.get(
        kind, ""
    )
    return f"{kind} {on}{at}"


def _target(file: str, name: str, path: str, registry: Registry) -> RegisteredFunction:
    try:
        function = registry.require(path)
    except DeveloperError:
        raise ProjectError(
            f"{file}: The cron job '{name}' schedules a function that does not exist: {path}"
        ) from None
    if function.kind in {"query", "httpAction"}:
        what = "a query function" if function.kind == "query" else "an HTTP action"
        raise ProjectError(
            f"{file}: The cron job '{name}' schedules {what}, only actions and mutations can be scheduled: "
            f"{function.canonical}"
        )
    return function
