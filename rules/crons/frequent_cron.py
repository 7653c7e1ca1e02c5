"""Cron jobs that run very often.

## What it does

Finds a cron job that runs more often than once a minute, and mentions one that runs every minute. `minimum_seconds`
sets another limit.

## Why is this bad?

Each run is a function call that is paid for, with database reads and writes, also at night and when there is nothing to
do. A job that takes longer than its interval is late for the next. Most jobs that poll can be scheduled by
the mutation that makes the work, and then run at once.

## Example

```ts
crons.interval("send mails", { seconds: 5 }, internal.mails.sendAll);
```

## Use instead

```ts
export const write = mutation({
  args: { to: v.string() },
  handler: async (ctx, args) => {
    const mail = await ctx.db.insert("mails", args);
    await ctx.scheduler.runAfter(0, internal.mails.send, { mail });
  },
});
```

## Known limits

Silent about intervals and expressions that are computed.

## References

* https://docs.convex.dev/scheduling/cron-jobs
* https://docs.convex.dev/scheduling/scheduled-functions
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.crons._shared import cron_case, job_name
from biconvex.rules.crons.expressions import read_expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, CronJob

__all__ = ["FrequentCron"]

SILENT = (
    cron_case(
        "every two minutes and less often",
        'crons.interval("a", {"seconds": 120}, internal.a.a)',
        'crons.interval("b", {"minutes": 2}, internal.a.a)',
        'crons.cron("c", "*/2 * * * *", internal.a.a)',
        'crons.cron("d", "59 * * * *", internal.a.a)',
        'crons.daily("e", {"hourUTC": 4}, internal.a.a)',
    ),
    cron_case(
        "what is computed",
        'crons.interval("a", {"seconds": period()}, internal.a.a)',
        'crons.cron("b", EXPRESSION, internal.a.a)',
    ),
    cron_case(
        "a limit of its own",
        'crons.interval("a", {"seconds": 15}, internal.a.a)',
        options={"minimum_seconds": 10},
    ),
)

FLAGGED = (
    cron_case(
        "several times a minute",
        '«crons.interval("a", {"seconds": 5}, internal.a.a)»',
        '«crons.interval("b", {"seconds": 59}, internal.a.a)»',
    ),
    cron_case(
        "every minute",
        '«crons.interval("a", {"minutes": 1}, internal.a.a)»',
        '«crons.cron("b", "* * * * *", internal.a.a)»',
        '«crons.cron("c", "*/1 3 * * *", internal.a.a)»',
        '«crons.cron("d", "0,59 * * * *", internal.a.a)»',
    ),
    cron_case(
        "more often than a limit of its own",
        '«crons.cron("a", "*/10 * * * *", internal.a.a)»',
        '«crons.interval("b", {"minutes": 14}, internal.a.a)»',
        options={"minimum_seconds": 900},
    ),
)

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class CronLimit:
    """`minimum_seconds`: the shortest time that may lie between two runs of a cron job."""

    minimum_seconds: float = 60


class FrequentCron(Rule):
    """Every cron job whose runs follow each other too fast."""

    name = "frequent-cron"
    theme = "crons"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/scheduling/cron-jobs",
        "https://docs.convex.dev/scheduling/scheduled-functions",
    )
    silent = SILENT
    flagged = FLAGGED
    Options = CronLimit

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield jobs below the limit, and, as information, those of every minute."""
        limit_ms = self.options.minimum_seconds * 1000
        for job in backend.crons:
            period_ms = _period_ms(job)
            if period_ms is None or job.deployed is False:
                continue
            if period_ms < limit_ms or period_ms == limit_ms == _MINUTE_MS:
                exact = period_ms == limit_ms
                yield Problem(
                    job.place,
                    f"{job_name(job)} runs every {_duration(period_ms)}"
                    + ("." if exact else f", more often than every {_duration(limit_ms)}."),
                    help="let more time pass, or schedule its work when there is some",
                    severity=Severity.INFO if exact else None,
                )


def _period_ms(job: CronJob) -> float | None:
    """Give the shortest time between two runs, where it is known."""
    if job.period_ms is not None:
        return job.period_ms if job.period_ms > 0 else None
    minutes = read_expression(job.expression) if job.expression is not None else None
    if minutes is None or not minutes.minutes or len(minutes.minutes) < 2:
        return None
    ordered = sorted(minutes.minutes)
    gaps = [after - before for before, after in pairwise(ordered)]
    around = minutes.values[1]
    if around is not None and any((hour + 1) % 24 in around for hour in around):
        gaps.append(ordered[0] + 60 - ordered[-1])
    return min(gaps) * _MINUTE_MS


def _duration(milliseconds: float) -> str:
    if milliseconds == _MINUTE_MS:
        return "minute"
    if milliseconds % _MINUTE_MS == 0:
        return f"{milliseconds / _MINUTE_MS:g} min"
    return f"{milliseconds / 1000:g} s"
