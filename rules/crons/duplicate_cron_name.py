"""Cron jobs that share a name.

## What it does

Finds a cron job whose name an earlier one of the same backend has.

## Why is this bad?

The name is how Convex knows a cron job from one deployment to the next. It refuses a second one of the same name, so
the whole deployment fails.

## Example

    crons.interval("clean up", { hours: 1 }, internal.tasks.cleanUp);
    crons.interval("clean up", { hours: 1 }, internal.files.cleanUp);

## Use instead

    crons.interval("clean up tasks", { hours: 1 }, internal.tasks.cleanUp);
    crons.interval("clean up files", { hours: 1 }, internal.files.cleanUp);

## Known limits

Silent where a name is computed, about jobs that are defined under a condition, and about jobs that are not
deployed at all.

## References

* https://docs.convex.dev/scheduling/cron-jobs
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.crons._shared import cron_case, is_conditional

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, CronJob

__all__ = ["DuplicateCronName"]


SILENT = (
    cron_case(
        "two names",
        'crons.interval("clean tasks", {"hours": 1}, internal.tasks.clean)',
        'crons.interval("clean files", {"hours": 1}, internal.files.clean)',
    ),
    cron_case(
        "a name that is computed",
        'crons.interval("clean", {"hours": 1}, internal.tasks.clean)',
        'crons.interval(name, {"hours": 1}, internal.files.clean)',
    ),
)

FLAGGED = (
    cron_case(
        "the same name",
        'crons.interval("clean", {"hours": 1}, internal.tasks.clean)',
        '«crons.interval("clean", {"hours": 2}, internal.files.clean)»',
    ),
    cron_case(
        "the same name, of three, with another kind of schedule",
        'crons.interval("clean-up", {"hours": 1}, internal.tasks.clean)',
        'crons.interval("poll", {"hours": 1}, internal.feeds.poll)',
        '«crons.cron("clean-up", "30 4 * * *", internal.files.clean)»',
    ),
)


class DuplicateCronName(Rule):
    """Every cron job whose name is taken."""

    name = "duplicate-cron-name"
    theme = "crons"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/scheduling/cron-jobs",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the second and every later job of a name."""
        first: dict[str, CronJob] = {}
        for job in backend.crons:
            if job.identifier is None or job.deployed is False or is_conditional(job):
                continue
            earlier = first.setdefault(job.identifier, job)
            if earlier is not job:
                yield Problem(
                    job.place,
                    f"Another cron job is named `{job.identifier}`: Convex refuses to deploy two of one name.",
                    help="give it a name of its own",
                    evidence=((earlier.place, f"the first `{job.identifier}`"),),
                )
