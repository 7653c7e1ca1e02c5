"""Cron jobs whose schedule or name Convex rejects.

## What it does

Finds a cron expression that Convex can't read or that never matches, an interval that is not one positive whole number
of one unit, an hour, minute or day out of its range, and a name with other than printable ASCII characters.

## Why is this bad?

Convex checks cron jobs when it deploys a backend: one that is wrong fails the whole deployment. Its expressions are
not quite those of other systems: five fields without seconds, Sunday is 0 and never 7, no `@daily`, no `?`.

## Example

```ts
crons.cron("weekly report", "0 0 9 * * MON", internal.reports.send);
crons.interval("poll", { minutes: 0.5 }, internal.feeds.poll);
```

## Use instead

```ts
crons.cron("weekly report", "0 9 * * MON", internal.reports.send);
crons.interval("poll", { seconds: 30 }, internal.feeds.poll);
```

## Known limits

Silent about what is computed, and about jobs that are not deployed.

## References

* https://docs.convex.dev/scheduling/cron-jobs
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.crons._shared import cron_case, job_name
from biconvex.rules.crons.expressions import read_expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, CronJob, CronPart, Place

__all__ = ["InvalidCronSchedule"]

SILENT = (
    cron_case(
        "good schedules",
        'crons.interval("a", {"seconds": 30}, internal.a.a)',
        'crons.hourly("b", {"minuteUTC": 59}, internal.a.a)',
        'crons.daily("c", {"hourUTC": 0, "minuteUTC": 0}, internal.a.a)',
        'crons.weekly("d", {"dayOfWeek": "sunday", "hourUTC": 23}, internal.a.a)',
        'crons.monthly("e", {"day": 31, "hourUTC": 3}, internal.a.a)',
    ),
    cron_case(
        "good expressions",
        'crons.cron("a", "*/15 0-6,22 1 * MON-FRI", internal.a.a)',
        'crons.cron("b", "0 9 LW 1,jul *", internal.a.a)',
        'crons.cron("c", "50-10/3 */6 15W * 5#2", internal.a.a)',
        'crons.cron("d", "5,*/20 * L-3W FEB 6L", internal.a.a)',
    ),
    cron_case(
        "what is computed",
        'crons.interval("a", every, internal.a.a)',
        'crons.interval("b", {"minutes": period()}, internal.a.a)',
        'crons.cron("c", EXPRESSION, internal.a.a)',
        'crons.daily(name(), {"hourUTC": HOUR, "minuteUTC": 5}, internal.a.a)',
    ),
)

FLAGGED = (
    cron_case(
        "expressions",
        'crons.cron("seconds", «"0 0 9 * * MON"», internal.a.a)',
        'crons.cron("macro", «"@daily"», internal.a.a)',
        'crons.cron("space", «" 0 9 * * *"», internal.a.a)',
        'crons.cron("minute", «"60 9 * * *"», internal.a.a)',
        'crons.cron("step", «"*/60 9 * * *"», internal.a.a)',
        'crons.cron("sunday", «"0 9 * * 7"», internal.a.a)',
        'crons.cron("day", «"0 9 * * ?"», internal.a.a)',
        'crons.cron("star", «"*,5 9 * * *"», internal.a.a)',
        'crons.cron("month", «"0 9 1 FOO *"», internal.a.a)',
        'crons.cron("never", «"0 9 30 2 *"», internal.a.a)',
    ),
    cron_case(
        "intervals",
        'crons.interval("half", {"minutes": «0.5»}, internal.a.a)',
        'crons.interval("none", {"seconds": «0»}, internal.a.a)',
        'crons.interval("two", «{"hours": 1, "minutes": 30}», internal.a.a)',
        'crons.interval("other", «{"days": 1}», internal.a.a)',
    ),
    cron_case(
        "times of day, and names",
        'crons.hourly("minute", {"minuteUTC": «60»}, internal.a.a)',
        'crons.daily("hour", {"hourUTC": «24», "minuteUTC": 0}, internal.a.a)',
        'crons.daily("missing", «{"minuteUTC": 0}», internal.a.a)',
        'crons.weekly("weekday", {"dayOfWeek": «"Mon"», "hourUTC": 4}, internal.a.a)',
        'crons.monthly("day", {"day": «0», "hourUTC": 4}, internal.a.a)',
        'crons.interval(«"aufräumen"», {"hours": 1}, internal.a.a)',
    ),
)

_NAME = re.compile(r"[ -~]*")
_UNITS = ("seconds", "minutes", "hours")
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_RANGES = {"minuteUTC": (0, 59), "hourUTC": (0, 23), "day": (1, 31)}
_REQUIRED = {
    "daily": ("hourUTC",),
    "weekly": ("dayOfWeek", "hourUTC"),
    "monthly": ("day", "hourUTC"),
}


class InvalidCronSchedule(Rule):
    """Every cron job that Convex won't take."""

    name = "invalid-cron-schedule"
    theme = "crons"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/scheduling/cron-jobs",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each wrong part of each job."""
        for job in backend.crons:
            if job.deployed is not False:
                yield from _problems(job)


def _problems(job: CronJob) -> Iterator[Problem]:
    if job.identifier is not None and not _NAME.fullmatch(job.identifier):
        yield Problem(
            job.identifier_place or job.place,
            f"{job_name(job)} has a name with characters other than printable ASCII: Convex refuses to deploy it.",
            help="use ASCII letters, digits, spaces and signs",
        )
    place = job.schedule_place or job.place
    if job.expression is not None:
        problem = read_expression(job.expression).problem
        if problem:
            yield Problem(
                place,
                f"The cron expression of `{job.identifier}` {problem}."
                if job.identifier
                else f"This cron expression {problem}.",
                help="write five fields: minute, hour, day of month, month, day of week",
            )
    elif job.parts is not None and job.method == "interval":
        yield from _interval(job, job.parts, place)
    elif job.parts is not None and job.method != "cron":
        yield from _time(job, job.parts, place)


def _interval(job: CronJob, parts: Mapping[str, CronPart], place: Place) -> Iterator[Problem]:
    units = [unit for unit in _UNITS if unit in parts and not _is_undefined(parts[unit])]
    if len(units) != 1:
        given = " and ".join(f"`{unit}`" for unit in units) or "none of them"
        yield Problem(
            place,
            f"{job_name(job)} has {given}, where Convex wants one of `seconds`, `minutes` and `hours`.",
            help="give it one unit",
        )
        return
    part = parts[units[0]]
    if part.known and not (_is_whole(part.value) and float(part.value or 0) > 0):
        yield Problem(
            part.place,
            f"{job_name(job)} has the interval {_shown(part)} {units[0]}, which is no whole number above 0.",
            help="use a smaller unit, or a positive whole number",
        )


def _time(job: CronJob, parts: Mapping[str, CronPart], place: Place) -> Iterator[Problem]:
    missing = [name for name in _REQUIRED.get(job.method, ()) if name not in parts]
    if missing:
        yield Problem(
            place,
            f"{job_name(job)} has no `{missing[0]}`: Convex refuses to deploy it.",
            help=f"add `{missing[0]}`",
        )
    for name, part in parts.items():
        if not part.known or _is_undefined(part):
            continue
        low, high = _RANGES.get(name, (0, 0))
        if high and not (_is_whole(part.value) and low <= float(part.value or 0) <= high):
            yield Problem(
                part.place,
                f"{job_name(job)} has the `{name}` {_shown(part)}, which is no whole number from {low} to {high}.",
                help=f"give a whole number from {low} to {high}",
            )
        elif name == "dayOfWeek" and part.value not in _DAYS:
            yield Problem(
                part.place,
                f"{job_name(job)} has the `dayOfWeek` {_shown(part)}, which is no day's name in lower case.",
                help='write a day such as "monday"',
            )


def _is_whole(value: object) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


def _is_undefined(part: CronPart) -> bool:
    return part.known and part.value is None


def _shown(part: CronPart) -> str:
    return f"`{part.place.text}`"
