"""What a test holds: a simulated deployment of a backend."""

from biconvex.sim.deployment.caller import Caller
from biconvex.sim.deployment.calls import Call, CallOutcome, Request, call, request
from biconvex.sim.deployment.client import Client
from biconvex.sim.deployment.clocks import AgreeingClocks
from biconvex.sim.deployment.deployment import Deployment
from biconvex.sim.deployment.installed import InstalledComponent
from biconvex.sim.deployment.invariants import ReadOnlyTables
from biconvex.sim.deployment.subscriptions import Subscription, Update
from biconvex.sim.deployment.tables import Tables

__all__ = [
    "AgreeingClocks",
    "Call",
    "CallOutcome",
    "Caller",
    "Client",
    "Deployment",
    "InstalledComponent",
    "ReadOnlyTables",
    "Request",
    "Subscription",
    "Tables",
    "Update",
    "call",
    "request",
]
