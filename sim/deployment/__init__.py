"""What a test holds: a simulated deployment of a backend."""

from biconvex.sim.deployment.deployment import Caller, Deployment
from biconvex.sim.deployment.tables import Tables

__all__ = ["Caller", "Deployment", "Tables"]
