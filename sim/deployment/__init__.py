"""What a test holds: a simulated deployment of a backend."""

from biconvex.sim.deployment.deployment import Caller, Deployment
from biconvex.sim.deployment.installed import InstalledComponent
from biconvex.sim.deployment.subscriptions import Subscription, Update
from biconvex.sim.deployment.tables import Tables

__all__ = ["Caller", "Deployment", "InstalledComponent", "Subscription", "Tables", "Update"]
