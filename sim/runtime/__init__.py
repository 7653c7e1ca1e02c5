"""The runtime: the function registry and the syscall surface, one for all languages."""

from biconvex.sim.runtime.cache import Answer
from biconvex.sim.runtime.components import Component, Components
from biconvex.sim.runtime.costs import Costs
from biconvex.sim.runtime.files import StoredFile
from biconvex.sim.runtime.findings import RuntimeFinding
from biconvex.sim.runtime.guidelines import Guidelines
from biconvex.sim.runtime.limits import Limits
from biconvex.sim.runtime.outcome import CRASHED, LOST_ACTION, Failure, Outcome
from biconvex.sim.runtime.registry import RegisteredFunction, Registry
from biconvex.sim.runtime.run import Identity, InvalidToken, Run
from biconvex.sim.runtime.runtime import Runtime, occ_failure
from biconvex.sim.runtime.syscalls.storage import store_file
from biconvex.sim.runtime.usage import FunctionUsage, Measure, Usage

__all__ = [
    "CRASHED",
    "LOST_ACTION",
    "Answer",
    "Component",
    "Components",
    "Costs",
    "Failure",
    "FunctionUsage",
    "Guidelines",
    "Identity",
    "InvalidToken",
    "Limits",
    "Measure",
    "Outcome",
    "RegisteredFunction",
    "Registry",
    "Run",
    "Runtime",
    "RuntimeFinding",
    "StoredFile",
    "Usage",
    "occ_failure",
    "store_file",
]
