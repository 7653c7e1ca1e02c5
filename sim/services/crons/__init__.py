"""Cron jobs: when they are due, and how they run (semantics §9)."""

from biconvex.sim.services.crons.expression import CronExpression, read_cron_expression
from biconvex.sim.services.crons.jobs import CronJob, CronRun, CronSpec, cron_specs
from biconvex.sim.services.crons.service import Crons

__all__ = ["CronExpression", "CronJob", "CronRun", "CronSpec", "Crons", "cron_specs", "read_cron_expression"]
