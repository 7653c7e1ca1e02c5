"""What surrounds the functions: the scheduler, and the world outside."""

from biconvex.sim.services.crons import CronJob, CronRun, Crons, CronSpec, cron_specs
from biconvex.sim.services.http import HttpRequest, HttpResponse, HttpServer, HttpSite
from biconvex.sim.services.outbound import NetworkFailure, Outbound, OutboundRequest, Reply, Route
from biconvex.sim.services.scheduler import Scheduler

__all__ = [
    "CronJob",
    "CronRun",
    "CronSpec",
    "Crons",
    "HttpRequest",
    "HttpResponse",
    "HttpServer",
    "HttpSite",
    "NetworkFailure",
    "Outbound",
    "OutboundRequest",
    "Reply",
    "Route",
    "Scheduler",
    "cron_specs",
]
