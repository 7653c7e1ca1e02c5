"""What surrounds the functions: the scheduler, and the world outside."""

from biconvex.sim.services.outbound import Outbound, OutboundRequest, Reply
from biconvex.sim.services.scheduler import Scheduler

__all__ = ["Outbound", "OutboundRequest", "Reply", "Scheduler"]
