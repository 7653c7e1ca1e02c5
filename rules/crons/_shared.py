"""What the rules about cron jobs have in common: how they name a job, and how their cases are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.rule import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.model import CronJob
    from biconvex.lint.rule import Fixed

__all__ = ["cron_case", "crons_file", "is_conditional", "job_name"]


def job_name(job: CronJob) -> str:
    """Name a job at the beginning of a sentence."""
    return f"The cron job `{job.identifier}`" if job.identifier is not None else "This cron job"


def is_conditional(job: CronJob) -> bool:
    """Tell whether a job may not be defined at all: it stands under a condition of the module."""
    at = job.place.start
    around = (node for node in job.module.syntax.body if node.start <= at < node.end)
    return not isinstance(next(around, None), syntax.ExpressionStatement)


def crons_file(jobs: str) -> tuple[str, str]:
    """Give the files `crons.ts` and `crons.py` that define jobs, whose calls are the same in both languages."""
    typescript = f"""\
import {{ cronJobs }} from "convex/server"
import {{ internal }} from "./_generated/api"
const crons = cronJobs()
{jobs}export default crons
"""
    return typescript, f"from biconvex.sim.server import cron_jobs, internal\n\ncrons = cron_jobs()\n{jobs}"


def cron_case(
    name: str, *jobs: str, fixed: Fixed | None = None, options: Mapping[str, object] | None = None
) -> Case:
    """Give a case of jobs, each of which is a line of code."""
    typescript, python = crons_file("".join(f"{job}\n" for job in jobs))
    return Case(name, {"crons.ts": typescript}, {"crons.py": python}, fixed, options or {})
