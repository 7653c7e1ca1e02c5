"""Cron jobs written in another style than the project's.

## What it does

Holds cron jobs to one of two styles, which `style` chooses. With `plain`, every job is a `crons.interval` or a
`crons.cron`. With `helpers`, a time of day is a `crons.hourly`, `daily`, `weekly` or `monthly`, and `crons.cron` is for
what they can't say. It is off unless it is asked for by name.

## Why is this bad?

The authorities disagree. Convex's guidelines for AI want `interval` and `cron` alone, which everybody knows how to
read; its ESLint plugin recommends the helpers, because Convex can choose their minute. A project is easier to read in
one style.

## Example

```ts
crons.daily("clean up", { hourUTC: 4, minuteUTC: 30 }, internal.tasks.cleanUp);
```

## Use instead

```ts
crons.cron("clean up", "30 4 * * *", internal.tasks.cleanUp);
```

## Known limits

With `helpers`, silent about expressions that are computed.

## References

* https://docs.convex.dev/scheduling/cron-jobs
* https://docs.convex.dev/ai
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.crons._shared import cron_case, job_name
from biconvex.rules.crons.expressions import CronExpression, read_expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["CronStyle"]

SILENT = (
    cron_case(
        "plain",
        'crons.interval("a", {"hours": 1}, internal.a.a)',
        'crons.cron("b", "30 4 * * *", internal.a.a)',
    ),
    cron_case(
        "helpers, where they are wanted",
        'crons.interval("a", {"hours": 1}, internal.a.a)',
        'crons.daily("b", {"hourUTC": 4, "minuteUTC": 30}, internal.a.a)',
        'crons.cron("c", "30 4,16 * * *", internal.a.a)',
        'crons.cron("d", "*/5 * * * *", internal.a.a)',
        'crons.cron("e", "30 4 1 * MON", internal.a.a)',
        options={"style": "helpers"},
    ),
)

FLAGGED = (
    cron_case(
        "helpers",
        '«crons.hourly("a", {"minuteUTC": 17}, internal.a.a)»',
        '«crons.daily("b", {"hourUTC": 4, "minuteUTC": 30}, internal.a.a)»',
        '«crons.weekly("c", {"dayOfWeek": "monday", "hourUTC": 4}, internal.a.a)»',
        '«crons.monthly("d", {"day": 1, "hourUTC": 4}, internal.a.a)»',
    ),
    cron_case(
        "expressions for which there is a helper",
        '«crons.cron("a", "17 * * * *", internal.a.a)»',
        '«crons.cron("b", "30 4 * * *", internal.a.a)»',
        '«crons.cron("c", "30 4 * * MON", internal.a.a)»',
        '«crons.cron("d", "30 4 1 * *", internal.a.a)»',
        options={"style": "helpers"},
    ),
)

_HELPERS = frozenset({"hourly", "daily", "weekly", "monthly"})


@dataclass(frozen=True, slots=True)
class Style:
    """`style`: `plain` wants `interval` and `cron` alone, `helpers` wants `daily` and its kind where possible."""

    style: Literal["plain", "helpers"] = "plain"


class CronStyle(Rule):
    """Every cron job in the other style."""

    name = "cron-style"
    theme = "crons"
    severity = Severity.INFO
    scope = "linked"
    presets = frozenset()
    links = ("https://docs.convex.dev/scheduling/cron-jobs", "https://docs.convex.dev/ai")
    silent = SILENT
    flagged = FLAGGED
    Options = Style

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each job that the other style would write differently."""
        for job in backend.crons:
            if self.options.style == "plain":
                if job.method in _HELPERS:
                    yield Problem(
                        job.place,
                        f"{job_name(job)} uses `crons.{job.method}`.",
                        help="use `crons.cron` with an expression, or `crons.interval`",
                    )
            elif job.expression is not None:
                helper = _helper(read_expression(job.expression))
                if helper:
                    yield Problem(
                        job.place,
                        f"{job_name(job)} uses an expression for what `crons.{helper}` says in words.",
                        help=f"use `crons.{helper}`",
                    )


def _helper(expression: CronExpression) -> str | None:
    """Name the helper that can say the same."""
    if expression.problem is not None or any(values is None for values in expression.values):
        return None
    minute, hour, day, month, weekday = (field == "*" for field in expression.fields)
    every = (minute, hour, day, month, weekday)
    if any(len(values or ()) != 1 for values, star in zip(expression.values, every, strict=True) if not star):
        return None
    return {
        (False, True, True, True, True): "hourly",
        (False, False, True, True, True): "daily",
        (False, False, True, True, False): "weekly",
        (False, False, False, True, True): "monthly",
    }.get(every)
