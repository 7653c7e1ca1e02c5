"""Cron jobs that start when everybody's do, at minute 0.

## What it does

Finds cron jobs that run at the full hour: with `minuteUTC: 0`, or an expression whose minutes begin with 0.

## Why is this bad?

Most jobs in the world start at the full hour. What such a job calls, be it an API or a database, is busiest just then,
and the jobs of one backend that begin together conflict with each other. A few minutes later they are alone.

## Example

```ts
crons.daily("send digest", { hourUTC: 9, minuteUTC: 0 }, internal.digests.send);
```

## Use instead

```ts
crons.daily("send digest", { hourUTC: 9, minuteUTC: 23 }, internal.digests.send);
```

## Known limits

An expression such as `*/15 * * * *`, which includes the full hour among others, is fine. From version 1.45 on,
`minuteUTC` may be left out: Convex then chooses a minute.

## References

* https://docs.convex.dev/scheduling/cron-jobs
* https://docs.convex.dev/eslint
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import delete_property
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.crons._shared import cron_case, crons_file, job_name
from biconvex.rules.crons.expressions import read_expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, CronJob, Place

__all__ = ["TopOfHourCron"]

SILENT = (
    cron_case(
        "at another minute",
        'crons.hourly("a", {"minuteUTC": 17}, internal.a.a)',
        'crons.daily("b", {"hourUTC": 0, "minuteUTC": 30}, internal.a.a)',
        'crons.cron("c", "5 0 * * *", internal.a.a)',
    ),
    cron_case(
        "no minute, or several times an hour",
        'crons.daily("a", {"hourUTC": 4}, internal.a.a)',
        'crons.cron("b", "*/15 * * * *", internal.a.a)',
        'crons.cron("c", "* * * * *", internal.a.a)',
        'crons.interval("d", {"hours": 1}, internal.a.a)',
    ),
    cron_case(
        "what is computed, or wrong",
        'crons.daily("a", {"hourUTC": 4, "minuteUTC": MINUTE}, internal.a.a)',
        'crons.cron("b", "0 0 4 * * *", internal.a.a)',
    ),
)

_PACKAGE = '{"dependencies": {"convex": "^1.45.0"}}'
_AT_ZERO = crons_file("""\
crons.hourly("a", {"minuteUTC": «0»}, internal.a.a)
crons.daily("b", {"hourUTC": 4, "minuteUTC": «0»}, internal.a.a)
crons.weekly("c", {"dayOfWeek": "monday", "minuteUTC": «0», "hourUTC": 4}, internal.a.a)
""")
_FREE = crons_file("""\
crons.hourly("a", {}, internal.a.a)
crons.daily("b", {"hourUTC": 4}, internal.a.a)
crons.weekly("c", {"dayOfWeek": "monday", "hourUTC": 4}, internal.a.a)
""")

FLAGGED = (
    Case(
        "the minute 0, which may be left out",
        {"crons.ts": _AT_ZERO[0], "../package.json": _PACKAGE},
        {"crons.py": _AT_ZERO[1]},
        Fixed({"crons.ts": _FREE[0]}, {"crons.py": _FREE[1]}),
    ),
    Case(
        "the minute 0, which an older version needs",
        {"crons.ts": _AT_ZERO[0]},
        {"crons.py": _AT_ZERO[1]},
        Fixed(None, {"crons.py": _FREE[1]}),
    ),
    cron_case(
        "expressions at the full hour",
        'crons.cron("a", «"0 4 * * *"», internal.a.a)',
        'crons.cron("b", «"0,30 * * * *"», internal.a.a)',
        'crons.cron("c", «"00 4 * * 1"», internal.a.a)',
    ),
)

_FIRST_VERSION = (1, 45)
"""From this version on `minuteUTC` may be left out."""

_FULL_HOUR = re.compile(r"(?:^|,)0+(?:$|[,/-])", re.ASCII)


class TopOfHourCron(Rule):
    """Every cron job that begins at the full hour."""

    name = "top-of-hour-cron"
    theme = "crons"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/scheduling/cron-jobs", "https://docs.convex.dev/eslint")
    silent = SILENT
    flagged = FLAGGED
    fixable = "safe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such job at its minute, or its expression."""
        for job in backend.crons:
            place = _full_hour(job)
            if place is not None and job.deployed is not False:
                yield Problem(
                    place,
                    f"{job_name(job)} starts at the full hour, when most other jobs of the world do.",
                    help="choose another minute",
                    fix=_fix(backend, job),
                    topic=place.source.path,
                )


def _fix(backend: Backend, job: CronJob) -> Fix | None:
    """Leave the minute to Convex, where the project's version of it may."""
    schedule, source = job.schedule, job.place.source
    new = backend.convex_version is not None and backend.convex_version >= _FIRST_VERSION
    if not isinstance(schedule, syntax.Object) or not (new or source.language == "python"):
        return None
    minutes = [
        item for item in schedule.properties if isinstance(item, syntax.Property) and item.key == "minuteUTC"
    ]
    if len(minutes) != 1:
        return None
    return Fix("leave the minute to Convex", (delete_property(source, schedule, minutes[0]),))


def _full_hour(job: CronJob) -> Place | None:
    if job.expression is not None:
        expression = read_expression(job.expression)
        at_zero = expression.problem is None and _FULL_HOUR.search(expression.fields[0])
        return (job.schedule_place or job.place) if at_zero else None
    minute = (job.parts or {}).get("minuteUTC")
    return minute.place if minute is not None and minute.known and minute.value == 0 else None
