"""Faults: what may go wrong around a backend, and the seeded choice of when it does.

with Deployment("app", seed=7, faults=Faults(conflict=0.3, crash_after="swarm")) as convex: …
"""

from biconvex.sim.faults.injector import Injector, drawn_start_ns
from biconvex.sim.faults.plan import FAULT_NAMES, SWARM, Faults, Rate

__all__ = ["FAULT_NAMES", "SWARM", "Faults", "Injector", "Rate", "drawn_start_ns"]
