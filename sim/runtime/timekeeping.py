"""Virtual time that functions spend: charged to them, and passed on the clock while other work goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.sim.kernel import NS_PER_MS, Kernel
from biconvex.sim.runtime.near_limits import duration_text
from biconvex.sim.runtime.outcome import Terminated

if TYPE_CHECKING:
    from biconvex.sim.runtime.costs import Costs
    from biconvex.sim.runtime.limits import Limits
    from biconvex.sim.runtime.run import Run

__all__ = ["Timekeeper", "out_of_time"]


class Timekeeper:
    """Charges runs for what they do. Where nothing costs anything it does nothing, and nobody else gets a turn by it.

    `takes_ns` is what the test says that calls take, by function path.
    """

    def __init__(self, kernel: Kernel, costs: Costs, limits: Limits) -> None:
        self._kernel = kernel
        self._costs = costs
        self._limits = limits
        self.takes_ns: dict[str, int] = {}
        self._free = costs.are_free

    def looks_after(self, run: Run) -> bool:
        """Whether a run that is about to begin has to be charged for anything; most have not."""
        run.takes_ns = self.takes_ns.get(run.function.path, 0)
        return not self._free or run.takes_ns > 0

    async def before(self, run: Run) -> None:
        """A function is about to begin."""
        if not self._free:
            await self._system(run, _ns(self._costs.function_ms))

    async def step(self, run: Run) -> None:
        """A function has gone on, as far as it could."""
        if not self._free:
            await self.user(run, _ns(self._costs.step_ms))

    async def operation(self, run: Run, op: str) -> None:
        """An operation was performed, or several reads together; with what it read and wrote."""
        if not self._free:
            await self._system(run, _ns(self._costs.of_operation(op)))
            await self.documents(run)

    async def documents(self, run: Run) -> None:
        """Charge for the documents read and written since the last time."""
        if self._free or run.transaction is None:
            return
        costs, usage, charged = self._costs, run.transaction.usage, run.execution.charged
        known = charged.get(run.transaction.whole, (0, 0, 0, 0))
        read = usage.documents_read - known[0]
        written = max(0, usage.documents_written - known[1])
        kib_read = (usage.bytes_read - known[2]) / 1024
        kib_written = max(0, usage.bytes_written - known[3]) / 1024
        charged[run.transaction.whole] = (
            usage.documents_read, usage.documents_written, usage.bytes_read, usage.bytes_written
        )  # fmt: skip
        await self._system(run, _ns(read * costs.document_read_ms + written * costs.document_written_ms))
        await self.user(run, _ns(kib_read * costs.kib_read_ms + kib_written * costs.kib_written_ms))

    async def taken(self, run: Run) -> None:
        """Pass what the test says the call takes: once, when its first operations are done."""
        if run.takes_ns:
            taken, run.takes_ns = run.takes_ns, 0
            await self.user(run, taken)

    def deadline_ns(self, run: Run) -> int:
        """When an action is out of time: in it, all time counts, that of waiting too."""
        return run.execution.start_ns + run.time_limit_ms * NS_PER_MS

    async def commit(self, run: Run) -> None:
        """A mutation that has written is about to commit."""
        if self._costs.commit_ms and run.tx.usage.documents_written:
            await self._kernel.sleep(_ns(self._costs.commit_ms))

    async def user(self, run: Run, time_ns: int) -> None:
        """Pass time of a function's own; raises `Terminated` where it has no more."""
        if time_ns <= 0:
            return
        if run.transaction is None:
            left = self.deadline_ns(run) - self._kernel.clock.now_ns
            await self._kernel.sleep(min(time_ns, left))
            if time_ns > left:
                raise out_of_time(run)
            return
        execution = run.execution
        left = self._limits.user_time_ms * NS_PER_MS - execution.user_ns
        execution.user_ns += time_ns
        await self._kernel.sleep(min(time_ns, left))
        if time_ns > left:
            raise out_of_time(run)

    async def _system(self, run: Run, time_ns: int) -> None:
        if time_ns <= 0:
            return
        if run.transaction is None:
            await self._kernel.sleep(time_ns)
            return
        execution = run.execution
        left = self._limits.system_time_ms * NS_PER_MS - execution.system_ns
        execution.system_ns += time_ns
        await self._kernel.sleep(min(time_ns, left))
        if time_ns > left:
            raise Terminated(
                "Your request timed out performing too many system operations.", "SystemTimeoutError"
            )


def out_of_time(run: Run) -> Terminated:
    """The end of a function that took longer than it may (semantics §7, rows 8 and 10)."""
    limit_ns = run.time_limit_ms * NS_PER_MS
    if run.transaction is None and run.function.uses_node:
        seconds = limit_ns / 1_000_000_000
        return Terminated(
            f"Uncaught Error: Action `{run.function.name}` execution timed out (maximum duration {seconds:g}s)",
            "UserTimeout",
        )
    return Terminated(
        f"Function execution timed out (maximum duration: {duration_text(limit_ns)})", "UserTimeout"
    )


def _ns(milliseconds: float) -> int:
    return round(milliseconds * NS_PER_MS)
