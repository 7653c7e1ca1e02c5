"""How many functions run at once, and how much all of them may write (semantics §6.1, §7 row 43)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from biconvex.sim.kernel import NS_PER_MS, NS_PER_SECOND, Future, Kernel
from biconvex.sim.runtime.outcome import Terminated
from biconvex.sim.store.limits import format_bytes

if TYPE_CHECKING:
    from biconvex.sim.runtime.limits import Limits
    from biconvex.sim.runtime.run import Run

__all__ = ["Permits", "WriteRate"]

_SMALLEST: Final = 16
"""So many functions at once are those of a deployment for which nobody pays."""


class _Semaphore:
    """So many permits; who waits for one gets it in the order of asking."""

    __slots__ = ("_free", "_kernel", "_kind", "_total", "_waiting")

    def __init__(self, kernel: Kernel, kind: str, total: int) -> None:
        self._kernel = kernel
        self._kind = kind
        self._total = self._free = total
        self._waiting: deque[Future[bool]] = deque()

    def take(self) -> bool:
        """Take a permit if there is one."""
        if self._free == 0:
            return False
        self._free -= 1
        return True

    async def wait(self, wait_ms: int | None) -> None:
        """Wait for a permit; raises `Terminated` if there was none for so long (None: however long it takes)."""
        has_permit: Future[bool] = Future()
        self._waiting.append(has_permit)
        timer = None
        if wait_ms is not None:
            due_ns = self._kernel.clock.now_ns + wait_ms * NS_PER_MS
            timer = self._kernel.call_at(due_ns, lambda: has_permit.set_result(False))
        try:
            if not await has_permit:
                raise self._too_many()
        except GeneratorExit:
            # Whoever waited is gone: no permit may be given to nobody.
            has_permit.set_result(False)
            if has_permit.result():
                self.give_back()
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def give_back(self) -> None:
        """Hand the permit on to whoever waits longest."""
        while self._waiting:
            has_permit = self._waiting.popleft()
            if not has_permit.done:
                has_permit.set_result(True)
                return
        self._free += 1

    def _too_many(self) -> Terminated:
        if self._total > _SMALLEST:
            remedy = "If you need more resources, please contact support."
        else:
            remedy = (
                "To get more resources, upgrade to Convex Pro. "
                "If you are already on Convex Pro, please contact support."
            )
        return Terminated(
            "Too many concurrent requests. "
            f"Your backend is limited to {self._total} concurrent {self._kind}s. {remedy}",
            "TooManyConcurrentRequests",
        )


class Permits:
    """A permit for each function that runs, by kind; functions within a transaction run on that of their caller."""

    def __init__(self, kernel: Kernel, limits: Limits) -> None:
        self._queries = _Semaphore(kernel, "query", limits.concurrent_queries)
        self._mutations = _Semaphore(kernel, "mutation", limits.concurrent_mutations)
        self._actions = _Semaphore(kernel, "action", limits.concurrent_actions)
        self._node_actions = _Semaphore(kernel, "action", limits.concurrent_node_actions)

    def of(self, run: Run) -> _Semaphore:
        """Where a run gets its permit."""
        function = run.function
        if function.kind == "query":
            return self._queries
        if function.kind == "mutation":
            return self._mutations
        return self._node_actions if function.uses_node else self._actions


class WriteRate:
    """The bytes of documents that mutations have committed within the last second."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._commits: deque[tuple[int, int]] = deque()
        self._bytes = 0

    def add(self, now_ns: int, size: int) -> None:
        """A mutation has committed so many bytes."""
        self._commits.append((now_ns, size))
        self._bytes += size

    def exceeded(self, now_ns: int) -> Terminated | None:
        """The error of a mutation that would begin now, if too much was written; None if it may."""
        while self._commits and now_ns - self._commits[0][0] > NS_PER_SECOND:
            self._bytes -= self._commits.popleft()[1]
        if self._bytes <= self._most_bytes:
            return None
        return Terminated(
            f"Too many writes per second. Your deployment is limited to {format_bytes(self._most_bytes)} bytes written "
            "per 1 second. Reduce your write rate or upgrade to a larger deployment.",
            "TooManyWrites",
        )
