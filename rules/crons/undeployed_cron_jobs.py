"""Cron jobs that Convex never sees.

## What it does

Finds cron jobs whose `cronJobs()` is not what the file `crons.ts` at the top of the functions folder exports by default
(in Python: is no name of the module `crons`).

## Why is this bad?

Convex looks for cron jobs there and nowhere else. In a file named `cron.ts` or `jobs/crons.ts`, or without the default
export, they never run, and nothing says so.

## Example

```ts
// convex/cron.ts
const crons = cronJobs();
crons.interval("clean up", { hours: 1 }, internal.tasks.cleanUp);
export default crons;
```

## Use instead

```ts
// convex/crons.ts
const crons = cronJobs();
crons.interval("clean up", { hours: 1 }, internal.tasks.cleanUp);
export default crons;
```

## Known limits

Silent where `crons.ts` exports something that is computed, and about tests.

## References

* https://docs.convex.dev/scheduling/cron-jobs
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.crons._shared import crons_file
from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, CronJob, Module

__all__ = ["UndeployedCronJobs"]

_JOB = 'crons.interval("clean", {"hours": 1}, internal.tasks.clean)\n'
_TYPESCRIPT, _PYTHON = crons_file(_JOB)
_MARKED = crons_file(f"«{_JOB[:-1]}»\n")
_WITHOUT = "const crons = 1\nexport { crons }\n"

SILENT = (
    Case("in the module crons", {"crons.ts": _TYPESCRIPT}, {"crons.py": _PYTHON}),
    Case(
        "defined elsewhere, and exported by the module crons",
        {"jobs.ts": _TYPESCRIPT, "crons.ts": 'import jobs from "./jobs"\nexport default jobs\n'},
        {"jobs.py": _PYTHON, "crons.py": "from .jobs import crons\n"},
    ),
    Case(
        "a module crons that is out of sight",
        {"jobs.ts": _TYPESCRIPT, "crons.ts": 'export { default } from "a-package"\n'},
        {"crons.py": _PYTHON},
    ),
)

FLAGGED = (
    Case("a file with another name", {"cron.ts": _MARKED[0]}, {"cron.py": _MARKED[1]}),
    Case(
        "a file of that name in a folder",
        {"jobs/crons.ts": _MARKED[0].replace("./_gen", "../_gen")},
        {"jobs/crons.py": _MARKED[1]},
    ),
    Case(
        "besides a module crons that has others",
        {"more.ts": _MARKED[0], "crons.ts": _TYPESCRIPT},
        {"more.py": _MARKED[1], "crons.py": _PYTHON},
    ),
    Case(
        "without the default export",
        {"crons.ts": _MARKED[0].replace("export default crons", "export { crons }")},
        {"cronjobs.py": _MARKED[1]},
    ),
)


class UndeployedCronJobs(Rule):
    """The first cron job of each file whose jobs are not deployed."""

    name = "undeployed-cron-jobs"
    theme = "crons"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/scheduling/cron-jobs",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield one problem for each file."""
        first: dict[Module, CronJob] = {}
        for job in backend.crons:
            if job.deployed is False and job.module.is_entry and not in_tests(job.place):
                first.setdefault(job.module, job)
        for module, job in first.items():
            if module.path != "crons":
                yield Problem(
                    job.place,
                    f"The cron jobs in `{module.path}` never run: Convex only looks for them in `crons`.",
                    help="define them in the module `crons` at the top of the functions folder",
                )
            else:
                yield Problem(
                    job.place,
                    "The cron jobs here never run: they are not the default export of this module.",
                    help="add `export default` with what `cronJobs()` gave",
                )
