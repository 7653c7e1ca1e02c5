"""The world outside, as a script: what a backend's `fetch` meets (semantics §6.3)."""

from biconvex.sim.services.outbound.internet import Outbound
from biconvex.sim.services.outbound.messages import NetworkFailure, OutboundRequest, Reply
from biconvex.sim.services.outbound.routes import Answer, Route

__all__ = ["Answer", "NetworkFailure", "Outbound", "OutboundRequest", "Reply", "Route"]
