"""The simulator: a Convex deployment on a virtual clock.

    from biconvex.sim import Deployment

    with Deployment("path/to/project", seed=7) as convex:
        convex.mutation("messages:send", {"body": "hello"})
        convex.advance(minutes=5)

The names are imported when they are first used, so that a part of the simulator can be imported by itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from biconvex.sim.deployment import (
        Call,
        Caller,
        CallOutcome,
        Client,
        Deployment,
        Subscription,
        Update,
        call,
        request,
    )
    from biconvex.sim.faults import Faults
    from biconvex.sim.runtime import Costs, Guidelines, Limits, RuntimeFinding
    from biconvex.sim.server.references import api, internal
    from biconvex.sim.services import HttpResponse, NetworkFailure, OutboundRequest, Reply
    from biconvex.sim.values import (
        ConvexError,
        FunctionError,
        Int64,
        InvariantError,
        InvariantViolation,
        ProjectError,
        SimulationError,
        StallError,
        UsageError,
    )

__all__ = [
    "Call",
    "CallOutcome",
    "Caller",
    "Client",
    "ConvexError",
    "Costs",
    "Deployment",
    "Faults",
    "FunctionError",
    "Guidelines",
    "HttpResponse",
    "Int64",
    "InvariantError",
    "InvariantViolation",
    "Limits",
    "NetworkFailure",
    "OutboundRequest",
    "ProjectError",
    "Reply",
    "RuntimeFinding",
    "SimulationError",
    "StallError",
    "Subscription",
    "Update",
    "UsageError",
    "api",
    "call",
    "internal",
    "request",
]

_HOMES = {
    "deployment": (
        "Call", "CallOutcome", "Caller", "Client", "Deployment", "Subscription", "Update", "call", "request"
    ),
    "faults": ("Faults",),
    "runtime": ("Costs", "Guidelines", "Limits", "RuntimeFinding"),
    "server.references": ("api", "internal"),
    "services": ("HttpResponse", "NetworkFailure", "OutboundRequest", "Reply"),
    "values": (
        "ConvexError", "FunctionError", "Int64", "InvariantError", "InvariantViolation", "ProjectError",
        "SimulationError", "StallError", "UsageError",
    ),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
