"""Driving a host: step a handler, perform its syscalls, hand back the answers, until it settles."""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from biconvex.sim.hosts.protocol import CallResult, Invocation, Settled, Step, Syscall
from biconvex.sim.kernel import NS_PER_MS, Choices
from biconvex.sim.runtime.flight import Flight
from biconvex.sim.runtime.run import Run
from biconvex.sim.runtime.syscalls import (
    ACTION_SYSCALLS,
    BATCHED,
    SYNC_SYSCALLS,
    TRANSACTION_SYSCALLS,
    consume,
)
from biconvex.sim.values import DeveloperError, Value, dumps

if TYPE_CHECKING:
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["Stepper"]

_MAX_BATCH: Final = 16


class Stepper:
    """Runs handlers, whatever their language, for the runtime."""

    def __init__(self, runtime: Runtime, choices: Choices) -> None:
        self._runtime = runtime
        self._seeds = choices.child("run seeds")
        self._dangling = choices.child("dangling operations")

    def _start(self, run: Run, args: Value) -> tuple[int, Step]:
        function = run.function
        invocation = Invocation(
            module=function.module,
            function=function.name,
            kind=function.kind,
            arguments=dumps(args),
            now_ms=self._runtime.kernel.clock.now_ms,
            seed=self._seeds.bits(53),
            environment=self._runtime.environment,
        )
        return function.host.start(invocation, lambda op, arguments: self._sync(run, op, arguments))

    def _sync(self, run: Run, op: str, arguments: Any) -> Any:
        handler = SYNC_SYSCALLS.get(op)
        if handler is None or run.transaction is None:
            raise DeveloperError("UnknownOperation", f"Unknown operation {op}")
        return handler(self._runtime, run, arguments)

    async def run_in_transaction(self, run: Run, args: Value) -> Settled:
        """Step the handler; perform its syscalls in the order they were issued (semantics §1.2)."""
        host = run.function.host
        host_run, step = self._start(run, args)
        pending: deque[Syscall] = deque()
        try:
            while True:
                self._take_in(run, step)
                if isinstance(step, Settled):
                    return step
                pending.extend(step.calls)
                call = pending.popleft()
                results = [await self._perform(run, call)]
                if call.op in BATCHED:
                    while pending and pending[0].op in BATCHED and len(results) < _MAX_BATCH:
                        results.append(await self._perform(run, pending.popleft()))
                await self._runtime.kernel.turn()
                step = host.resume(host_run, results, self._runtime.kernel.clock.now_ms)
        except BaseException:
            host.abandon(host_run)
            raise

    async def run_action(self, run: Run, args: Value) -> Settled:
        """Step the handler; perform its operations side by side, each resuming it when it is done."""
        host = run.function.host
        host_run, step = self._start(run, args)
        flight = Flight()
        try:
            while True:
                self._take_in(run, step)
                if isinstance(step, Settled):
                    break
                for call in step.calls:
                    if call.op == "sleep":
                        self._set_timer(call, flight)
                    else:
                        operation = self._operation(run, call, flight)
                        flight.tasks[call.id] = self._runtime.kernel.spawn(
                            operation, f"{call.op} of {run.function.path}"
                        )
                flight.forget(step.cancelled)
                results = await flight.landed()
                step = host.resume(host_run, results, self._runtime.kernel.clock.now_ms)
        except BaseException:
            host.abandon(host_run)
            raise
        finally:
            flight.forget(list(flight.timers))
        self._leave_dangling(run, flight, step.dangling)
        return step

    async def _operation(self, run: Run, call: Syscall, flight: Flight) -> None:
        flight.land(await self._perform(run, call))

    def _set_timer(self, call: Syscall, flight: Flight) -> None:
        due_ns = self._runtime.kernel.clock.now_ns + max(0, round(call.arguments["ms"] * NS_PER_MS))
        flight.timers[call.id] = self._runtime.kernel.call_at(
            due_ns, lambda: flight.land(CallResult(call.id, "null"))
        )

    def _leave_dangling(self, run: Run, flight: Flight, names: Sequence[str]) -> None:
        """What an action did not wait for may still happen, or not: the seed decides (semantics §6.4)."""
        for task in flight.tasks.values():
            if self._dangling.below(2):
                self._runtime.kernel.cancel(task)
        if names:
            listed = ", ".join(names)
            text = (
                f"{len(names)} unawaited operation(s): [{listed}]. Async operations should be awaited or they might "
                "not run. See https://docs.convex.dev/functions/actions#dangling-promises for more information."
            )
            self._log(run, "warn", text)
            self._runtime.find(
                "floating-promise",
                f"{run.function.path} returned before it awaited: {listed}.",
                run.function.path,
            )

    def _take_in(self, run: Run, step: Step) -> None:
        for query_id, count in step.consumed.items():
            consume(run, int(query_id), count)
        for line in step.logs:
            self._log(run, line.level, line.text)

    def _log(self, run: Run, level: str, text: str) -> None:
        self._runtime.trace.record("log", level, run.number, text)
        room = self._runtime.limits.log_lines - 1 - len(run.logs)
        if room > 0:
            run.logs.append(f"[{level.upper()}] {text}")
        elif room == 0:
            run.logs.append(
                f"[ERROR] Log overflow (maximum {self._runtime.limits.log_lines}). Remaining log lines omitted."
            )

    async def _perform(self, run: Run, call: Syscall) -> CallResult:
        table = TRANSACTION_SYSCALLS if run.transaction is not None else ACTION_SYSCALLS
        handler = table.get(call.op)
        try:
            if handler is None:
                raise DeveloperError("UnknownAsyncOperation", f"Unknown async operation {call.op}")
            result: str | CallResult | Coroutine[Any, Any, str | CallResult] = handler(
                self._runtime, run, call.arguments
            )
            if not isinstance(result, str | CallResult):
                result = await result
        except DeveloperError as error:
            return CallResult(call.id, error=error.message)
        if isinstance(result, str):
            return CallResult(call.id, result)
        return msgspec.structs.replace(result, id=call.id)
