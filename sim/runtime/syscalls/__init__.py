"""The syscall surface: what a running function may ask of Convex (semantics §1.2, §1.3)."""

from biconvex.sim.runtime.syscalls.database import consume
from biconvex.sim.runtime.syscalls.table import (
    ACTION_SYSCALLS,
    BATCHED,
    SYNC_SYSCALLS,
    TRANSACTION_SYSCALLS,
    WRITES,
)

__all__ = ["ACTION_SYSCALLS", "BATCHED", "SYNC_SYSCALLS", "TRANSACTION_SYSCALLS", "WRITES", "consume"]
