"""The account of each run: what it used of its limits, and warnings where that was nearly all (semantics §6.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.sim.kernel import NS_PER_MS
from biconvex.sim.runtime.near_limits import NearLimits, Warned
from biconvex.sim.runtime.usage import FunctionUsage, Usage

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["Accounting"]


class Accounting:
    """Keeps `usage`, and finds runs that came near a limit: a log line each time, one finding a function and limit."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.usage = Usage()
        self._near = NearLimits(runtime.limits)
        self._found: set[tuple[str, str]] = set()

    def close(self, run: Run) -> None:
        """A run is over, however it ended."""
        limits = self._runtime.limits
        used = self.usage.of(run.function.path)
        used.runs += 1
        used.note("arguments_bytes", run.arguments_bytes, limits.arguments_bytes)
        used.note("return_bytes", run.return_bytes, limits.return_bytes)
        used.note("log_lines", len(run.log.lines), limits.log_lines)
        if run.transaction is None:
            elapsed_ns = self._runtime.kernel.clock.now_ns - run.execution.start_ns
            used.note("user_time_ms", elapsed_ns / NS_PER_MS, run.time_limit_ms)
            self._warn(run, self._near.of_action(run, elapsed_ns))
            return
        used.note("call_depth", run.depth, limits.call_depth)
        if run.depth == 0:
            self._close_transaction(run, used)

    def _close_transaction(self, run: Run, used: FunctionUsage) -> None:
        limits, execution, usage = self._runtime.limits, run.execution, run.tx.usage
        used.note("documents_read", usage.documents_read, limits.documents_read)
        used.note("bytes_read", usage.bytes_read, limits.bytes_read)
        used.note("database_queries", usage.database_queries, limits.database_queries)
        if run.tx.writable:
            used.note("documents_written", usage.documents_written, limits.documents_written)
            used.note("bytes_written", usage.bytes_written, limits.bytes_written)
            used.note("functions_scheduled", execution.functions, limits.functions_scheduled)
            used.note("scheduled_arguments_bytes", execution.argument_bytes, limits.scheduled_arguments_bytes)
        used.note("user_time_ms", execution.user_ns / NS_PER_MS, limits.user_time_ms)
        used.note("system_time_ms", execution.system_ns / NS_PER_MS, limits.system_time_ms)
        self._warn(run, self._near.of_transaction(run, usage))

    def _warn(self, run: Run, warnings: list[Warned]) -> None:
        path = run.function.path
        for code, text in warnings:
            run.log.add_system(text)
            self._runtime.trace.record("log", "warn", run.number, text)
            if (path, code) not in self._found:
                self._found.add((path, code))
                self._runtime.find("near-limit", text, path)
