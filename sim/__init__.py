"""The simulator: a Convex deployment on a virtual clock.

from biconvex.sim import Deployment

with Deployment("path/to/project", seed=7) as convex:
    convex.mutation("messages:send", {"body": "hello"})
    convex.advance(minutes=5)
"""

from biconvex.sim.deployment import Caller, Deployment
from biconvex.sim.runtime import Limits, RuntimeFinding
from biconvex.sim.server.references import api, internal
from biconvex.sim.services import OutboundRequest, Reply
from biconvex.sim.values import ConvexError, FunctionError, Int64, ProjectError, SimulationError, UsageError

__all__ = [
    "Caller",
    "ConvexError",
    "Deployment",
    "FunctionError",
    "Int64",
    "Limits",
    "OutboundRequest",
    "ProjectError",
    "Reply",
    "RuntimeFinding",
    "SimulationError",
    "UsageError",
    "api",
    "internal",
]
