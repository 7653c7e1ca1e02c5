"""Driving a host: step a handler, perform its syscalls, hand back the answers, until it settles."""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from biconvex.sim.faults import Injector
from biconvex.sim.hosts.protocol import CallResult, Invocation, Settled, Step, Syscall
from biconvex.sim.kernel import NS_PER_MS, Choices, Task
from biconvex.sim.runtime.ahead import GET, Ahead, documents_ahead, first_gets
from biconvex.sim.runtime.flight import Flight
from biconvex.sim.runtime.outcome import Terminated, crashed
from biconvex.sim.runtime.run import Run
from biconvex.sim.runtime.syscalls import (
    ACTION_SYSCALLS,
    BATCHED,
    SYNC_SYSCALLS,
    TRANSACTION_SYSCALLS,
    WRITES,
    consume,
)
from biconvex.sim.runtime.syscalls.arguments import check_arguments_object
from biconvex.sim.runtime.timekeeping import Timekeeper, out_of_time
from biconvex.sim.store import InvalidCursor
from biconvex.sim.values import DeveloperError, NetworkError, Value, dumps

if TYPE_CHECKING:
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["Stepper"]

_NO_DOCUMENTS: Final[Ahead] = {}
_MAX_BATCH: Final = 16
_MAX_WRITES_AHEAD: Final = 256


class Stepper:
    """Runs handlers, whatever their language, for the runtime."""

    def __init__(self, runtime: Runtime, choices: Choices) -> None:
        self._runtime = runtime
        self._time: Timekeeper = runtime.time
        self._seeds = choices.child("run seeds")
        self._dangling = choices.decisions("dangling operations")

    def _start(self, run: Run, args: Value, ahead: Ahead = _NO_DOCUMENTS) -> tuple[int, Step]:
        function = run.function
        in_action = run.transaction is None
        now_ms = self._runtime.kernel.clock.now_ms if in_action else run.execution.now_ms
        invocation = Invocation(
            module=function.module,
            function=function.name,
            kind=function.kind,
            arguments=run.arguments_json or dumps(args),
            now_ms=now_ms,
            seed=self._seeds.bits(53),
            environment=self._runtime.components[function.component].environment,
            ahead=ahead,
        )
        return function.host.start(invocation, lambda op, arguments: self._sync(run, op, arguments))

    def _sync(self, run: Run, op: str, arguments: Any) -> Any:
        handler = SYNC_SYSCALLS.get(op)
        if handler is None or (run.transaction is None and op != "1.0/componentArgument"):
            raise DeveloperError("UnknownOperation", f"Unknown operation {op}")
        check_arguments_object(arguments, op)
        return handler(self._runtime, run, arguments)

    async def run_in_transaction(self, run: Run, args: Value) -> Settled:
        """Step the handler; perform its syscalls in the order they were issued (semantics §1.2)."""
        host, time = run.function.host, self._time
        if self._runtime.faults is not None:
            self._maybe_recycle(self._runtime.faults, run)
        charged = time.looks_after(run)
        if charged:
            await time.before(run)
        # Where somebody else may have a turn, or time passes, each read has a place of its own.
        if host.is_apart and not charged and run.depth == 0 and self._runtime.kernel.is_alone:
            host_run, step = self._start(run, args, documents_ahead(run, args))
            run.function.gets_first = first_gets(args, step)
        else:
            host_run, step = self._start(run, args)
        pending: deque[Syscall] = deque()
        try:
            while True:
                self._take_in(run, step)
                if charged:
                    await time.step(run)
                if isinstance(step, Settled):
                    if charged:
                        await time.documents(run)
                        await time.taken(run)
                    return step
                pending.extend(step.calls)
                call = pending.popleft()
                results = [await self._perform(run, call)]
                if call.op in BATCHED:
                    while pending and pending[0].op in BATCHED and len(results) < _MAX_BATCH:
                        results.append(await self._perform(run, pending.popleft()))
                if charged:
                    await time.operation(run, call.op)
                    await time.taken(run)
                elif pending and call.op in WRITES:
                    await self._write_ahead(run, pending, results)
                    await self._runtime.kernel.turn()
                    step = host.resume_each(host_run, results, self._runtime.kernel.clock.now_ms)
                    continue
                await self._runtime.kernel.turn()
                step = host.resume(host_run, results, self._runtime.kernel.clock.now_ms)
        except BaseException:
            host.abandon(host_run)
            raise

    async def _write_ahead(self, run: Run, pending: deque[Syscall], results: list[CallResult]) -> None:
        """Perform the writes that are next in line, after which the handler goes on one by one all the same.

        Convex performs a write when the handler has seen the result of the one before. What the handler does then can
        neither change this one nor come before it, unless the function fails, which undoes them all.
        """
        tables = run.tx.tables
        while pending and results[-1].error is None and len(results) < _MAX_WRITES_AHEAD:
            call = pending[0]
            if call.op not in WRITES:
                return
            table = call.arguments.get("table")
            # A new table would show itself too early (`normalizeId`).
            if table is not None and (type(table) is not str or tables.get(table) is None):
                return
            results.append(await self._perform(run, pending.popleft()))

    async def run_action(self, run: Run, args: Value) -> Settled:
        """Step the handler; perform its operations side by side, each resuming it when it is done."""
        host, kernel = run.function.host, self._runtime.kernel

        def begin(call: Syscall) -> Task[None]:
            return kernel.spawn(self._operation(run, call, flight), f"{call.op} of {run.function.path}")

        flight = Flight(self._runtime.limits.concurrent_action_operations, begin)
        deadline = kernel.call_at(self._time.deadline_ns(run), lambda: flight.fail(out_of_time(run)))
        try:
            if self._runtime.faults is not None:
                self._maybe_recycle(self._runtime.faults, run)
            self._time.looks_after(run)
            await self._time.before(run)
            host_run, step = self._start(run, args)
            try:
                while True:
                    self._take_in(run, step)
                    await self._time.step(run)
                    if isinstance(step, Settled):
                        await self._time.taken(run)
                        break
                    for call in step.calls:
                        if call.op == "sleep":
                            self._set_timer(run, call, flight)
                        else:
                            flight.issue(call)
                    flight.forget(step.cancelled)
                    results = await flight.landed()
                    await self._time.taken(run)
                    # What came at the same instant came one after the other all the same.
                    resume = host.resume if len(results) == 1 else host.resume_each
                    step = resume(host_run, results, kernel.clock.now_ms)
            except BaseException:
                host.abandon(host_run)
                raise
        except Terminated:
            self._leave_dangling(run, flight, ())
            raise
        finally:
            deadline.cancel()
            flight.end()
            run.execution.peak("concurrent_action_operations", flight.most_wanted)
        self._leave_dangling(run, flight, step.dangling)
        return step

    def _maybe_recycle(self, faults: Injector, run: Run) -> None:
        """Give the run a fresh context where that fault strikes; those under way keep theirs."""
        if faults.strikes("fresh_isolate", run.function.path, run.number):
            run.function.host.recycle()

    async def _operation(self, run: Run, call: Syscall, flight: Flight) -> None:
        faults, path = self._runtime.faults, run.function.path
        if faults is not None and faults.strikes("crash_before", path, run.number, before=call.op):
            flight.fail(crashed())
            return
        run.execution.went_on = True
        result = await self._perform(run, call)
        await self._time.operation(run, call.op)
        if faults is not None and faults.strikes("crash_after", path, run.number, after=call.op):
            flight.fail(crashed())
            return
        flight.land(result)

    def _set_timer(self, run: Run, call: Syscall, flight: Flight) -> None:
        run.execution.went_on = True
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
            kinds = ", ".join(sorted(set(names)))
            text = (
                f"{len(names)} unawaited operation{'' if len(names) == 1 else 's'}: [{kinds}]. Async operations should "
                "be awaited or they might not run. "
                "See https://docs.convex.dev/functions/actions#dangling-promises for more information."
            )
            run.log.add_system(text)
            self._runtime.trace.record("log", "warn", run.number, text)
            self._runtime.find(
                "floating-promise",
                f"{run.function.path} returned before it awaited: {', '.join(names)}.",
                run.function.path,
                target=kinds,
                run=run,
            )

    def _take_in(self, run: Run, step: Step) -> None:
        for arguments in step.got:
            TRANSACTION_SYSCALLS[GET](self._runtime, run, arguments)
        for query_id, count in step.consumed.items():
            consume(run, int(query_id), count)
        if isinstance(step, Settled):
            for made in step.never_begun:
                place = f"{made.place.file}:{made.place.line}"
                message = f"`{made.name}(…)` at {place} is never awaited, so that it never begins."
                self._runtime.find("floating-promise", message, run.function.path, target=place, run=run)
        for line in step.logs:
            self._runtime.trace.record("log", line.level, run.number, line.text)
            run.log.add(line.level, line.text)

    async def _perform(self, run: Run, call: Syscall) -> CallResult:
        table = TRANSACTION_SYSCALLS if run.transaction is not None else ACTION_SYSCALLS
        handler = table.get(call.op)
        try:
            if handler is None:
                raise DeveloperError("UnknownAsyncOperation", f"Unknown async operation {call.op}")
            check_arguments_object(call.arguments, call.op)
            result: str | CallResult | Coroutine[Any, Any, str | CallResult] = handler(
                self._runtime, run, call.arguments
            )
            if not isinstance(result, str | CallResult):
                result = await result
        except InvalidCursor as error:
            return CallResult(call.id, error=error.message, error_data=dumps(error.data))
        except NetworkError as error:
            return CallResult(call.id, error=error.message, error_code=error.code)
        except DeveloperError as error:
            return CallResult(call.id, error=error.message)
        if isinstance(result, str):
            return CallResult(call.id, result)
        return msgspec.structs.replace(result, id=call.id)
