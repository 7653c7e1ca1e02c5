"""The account of each run: what it used of its limits, and warnings where that was nearly all (semantics §6.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from biconvex.sim.kernel import NS_PER_MS
from biconvex.sim.runtime.near_limits import NearLimits, Warned
from biconvex.sim.runtime.usage import FunctionUsage, Usage

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime
    from biconvex.sim.store import Transaction

__all__ = ["Accounting"]

# What is measured of a function's own transaction; `Limits` has a limit by each of these names.
_READING: Final = (
    "arguments_bytes",
    "return_bytes",
    "log_lines",
    "call_depth",
    "user_time_ms",
    "system_time_ms",
    "documents_read",
    "bytes_read",
    "database_queries",
)
_WRITING: Final = (
    *_READING,
    "documents_written",
    "bytes_written",
    "functions_scheduled",
    "scheduled_arguments_bytes",
)


class Accounting:
    """Keeps `usage`, and finds runs that came near a limit: a log line each time, one finding a function and limit."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.usage = Usage()
        self._near = NearLimits(runtime.limits)
        self._reading_limits = tuple(getattr(runtime.limits, name) for name in _READING)
        self._writing_limits = tuple(getattr(runtime.limits, name) for name in _WRITING)

    def close(self, run: Run) -> None:
        """A run is over, however it ended."""
        used = self.usage.of(run.function.path)
        used.runs += 1
        if run.transaction is not None and run.depth == 0:
            self._close_transaction(run, used, run.transaction)
            return
        limits = self._runtime.limits
        in_node = run.function.uses_node
        used.note(
            "arguments_bytes",
            run.arguments_bytes,
            limits.node_arguments_bytes if in_node else limits.arguments_bytes,
        )
        used.note("return_bytes", run.return_bytes, limits.return_bytes)
        used.note("log_lines", len(run.log.lines), limits.log_lines)
        if run.transaction is None:
            elapsed_ns = self._runtime.kernel.clock.now_ns - run.execution.start_ns
            used.note("user_time_ms", elapsed_ns / NS_PER_MS, run.time_limit_ms)
            self._warn(run, self._near.of_action(run, elapsed_ns))
            self._note_peaks(run, used)
        else:
            used.note("call_depth", run.depth, limits.call_depth)

    def note_retries(self, run: Run, count: int) -> None:
        """A mutation has committed, or not, after so many retries."""
        self.usage.of(run.function.path).note(
            "mutation_retries", count, self._runtime.limits.mutation_retries
        )

    def _close_transaction(self, run: Run, used: FunctionUsage, transaction: Transaction) -> None:
        execution, usage = run.execution, transaction.usage
        reading = (
            run.arguments_bytes,
            run.return_bytes,
            len(run.log.lines),
            run.depth,
            execution.user_ns / NS_PER_MS,
            execution.system_ns / NS_PER_MS,
            usage.documents_read,
            usage.bytes_read,
            usage.database_queries,
        )
        if transaction.writable:
            writing = (
                *reading,
                usage.documents_written,
                usage.bytes_written,
                execution.functions,
                execution.argument_bytes,
            )
            used.note_all(_WRITING, writing, self._writing_limits)
        else:
            used.note_all(_READING, reading, self._reading_limits)
        self._warn(run, self._near.of_transaction(run, usage))
        if usage.search_results:
            execution.peak("search_results", usage.search_results)
        if execution.peaks:
            self._note_peaks(run, used)

    def _note_peaks(self, run: Run, used: FunctionUsage) -> None:
        for name, most in run.execution.peaks.items():
            used.note(name, most, getattr(self._runtime.limits, name))

    def _warn(self, run: Run, warnings: list[Warned]) -> None:
        path = run.function.path
        for code, text in warnings:
            run.log.add_system(text)
            self._runtime.trace.record("log", "warn", run.number, text)
            self._runtime.watch.tell("near-limit", text, path, target=code, run=run)
