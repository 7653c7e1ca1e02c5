"""The runtime: Convex's rules of execution, for functions in any language.

A query or mutation runs on one snapshot; a mutation commits at the end or not at all, and starts over when
it conflicted. An action runs outside of transactions, and each of its calls is one of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

import msgspec
from biconvex.sim.hosts.protocol import (
    CallResult,
    HostCrashed,
    HostTimeout,
    Invocation,
    Settled,
    Step,
    Syscall,
)
from biconvex.sim.kernel import NS_PER_MS, Choices, Kernel, Trace
from biconvex.sim.runtime.findings import RuntimeFinding
from biconvex.sim.runtime.flight import Flight
from biconvex.sim.runtime.limits import Limits
from biconvex.sim.runtime.outcome import Failure, Outcome, Terminated
from biconvex.sim.runtime.registry import RegisteredFunction, Registry
from biconvex.sim.runtime.run import Identity, Run
from biconvex.sim.runtime.syscalls import ACTION_SYSCALLS, BATCHED, SYNC_SYSCALLS, TRANSACTION_SYSCALLS
from biconvex.sim.store import Commit, Conflict, Store, Transaction
from biconvex.sim.values import DeveloperError, Tables, Value, display, dumps, from_json, size_of

__all__ = ["Runtime"]

_MAX_BATCH: Final = 16
_BACKOFF_FIRST_MS: Final = 100
_BACKOFF_LAST_MS: Final = 2_000
_decode = msgspec.json.decode


class Runtime:
    """Runs functions of one deployment on its store.

    `on_commit` callbacks hear of every commit, in order; `external` has the operations that services perform for
    actions (`fetch`). Both are where services hook in.
    """

    def __init__(
        self,
        *,
        kernel: Kernel,
        store: Store,
        registry: Registry,
        choices: Choices,
        trace: Trace,
        limits: Limits,
        environment: Mapping[str, str],
    ) -> None:
        self.kernel = kernel
        self.store = store
        self.registry = registry
        self.trace = trace
        self.limits = limits
        self.environment = environment
        self.findings: list[RuntimeFinding] = []
        self.on_commit: list[Callable[[Commit], None]] = []
        self.external: dict[str, Callable[[Run, Any], Coroutine[Any, Any, str]]] = {}
        self._seeds = choices.child("run seeds")
        self._backoff = choices.child("retry backoff")
        self._dangling = choices.child("dangling operations")
        self._transaction_limits = limits.transaction()
        self._runs = 0

    # --- calls -------------------------------------------------------------------------------------------

    async def query(
        self, function: RegisteredFunction, args: Value, identity: Identity, parent: Run | None = None
    ) -> Outcome:
        """Run a query on a snapshot of its own."""
        transaction = self.begin(writable=False)
        run = self.new_run(function, transaction, identity, parent)
        try:
            return await self.execute(run, args)
        finally:
            transaction.discard()

    async def mutation(
        self, function: RegisteredFunction, args: Value, identity: Identity, parent: Run | None = None
    ) -> Outcome:
        """Run a mutation and commit it; after a conflict, again from scratch (semantics §6.1)."""
        retries = 0
        while True:
            transaction = self.begin()
            run = self.new_run(function, transaction, identity, parent)
            try:
                outcome = await self.execute(run, args)
                if outcome.failure is None:
                    self.commit(transaction, run)
            except Conflict as conflict:
                if retries == self.limits.mutation_retries:
                    return Outcome(failure=occ_failure(conflict), logs=outcome.logs)
            else:
                return outcome
            finally:
                transaction.discard()
            await self.back_off(retries)
            retries += 1

    async def action(
        self,
        function: RegisteredFunction,
        args: Value,
        identity: Identity,
        parent: Run | None = None,
        job: str | None = None,
    ) -> Outcome:
        """Run an action: no transaction, no retry; its operations proceed side by side."""
        run = self.new_run(function, None, identity, parent, job)
        return await self._guarded(run, args, self._run_action)

    async def execute(self, run: Run, args: Value) -> Outcome:
        """Run a query's or mutation's handler within the run's transaction, without committing it."""
        return await self._guarded(run, args, self._run_in_transaction)

    async def nested(self, caller: Run, function: RegisteredFunction, args: Value) -> Outcome:
        """Run a query or mutation as a subtransaction of its caller's (semantics §6.2)."""
        transaction = caller.tx
        run = self._nested_run(caller, function, transaction)
        savepoint = transaction.savepoint()
        outcome = await self.execute(run, args)
        if outcome.failure is not None and outcome.failure.code != "InvalidReturnValue":
            transaction.rollback_to(savepoint)
        return outcome

    async def stale_query(self, caller: Run, function: RegisteredFunction, args: Value) -> Outcome:
        """Run a query as of the start of its caller's transaction, without its writes and read set."""
        reader = caller.tx.stale_reader()
        try:
            return await self.execute(self._nested_run(caller, function, reader), args)
        finally:
            reader.discard()

    def _nested_run(self, caller: Run, function: RegisteredFunction, transaction: Transaction) -> Run:
        run = self.new_run(function, transaction, caller.identity, caller)
        if run.depth >= self.limits.call_depth:
            raise DeveloperError(
                "MaximumCallDepthExceeded",
                "Cross component call depth limit exceeded. Do you have an infinite loop in your app?",
            )
        return run

    # --- transactions ------------------------------------------------------------------------------------

    def begin(self, *, writable: bool = True) -> Transaction:
        """A transaction on the newest snapshot."""
        return self.store.begin(self._timestamp(), self._transaction_limits, writable)

    def commit(self, transaction: Transaction, run: Run | None = None, source: str = "") -> Commit:
        """Commit; raises `Conflict`. Listeners hear of it before this returns."""
        label = run.function.path if run is not None else source
        number = run.number if run is not None else 0
        try:
            commit = self.store.commit(transaction, self._timestamp() + 1, label)
        except Conflict as conflict:
            self.trace.record("conflict", label, number, {"table": conflict.table, "with": conflict.by})
            raise
        if commit.writes:
            written = [[write.table, write.id] for write in commit.writes]
            self.trace.record("commit", label, number, written)
            for listener in self.on_commit:
                listener(commit)
        return commit

    async def back_off(self, attempt: int, *, cap_ms: int = _BACKOFF_LAST_MS) -> None:
        """Wait before the next attempt: exponential, with full jitter (semantics §6.1)."""
        delay_ms = min(_BACKOFF_FIRST_MS * 2**attempt, cap_ms) * self._backoff.fraction()
        await self.kernel.sleep(round(delay_ms * NS_PER_MS))

    def _timestamp(self) -> int:
        return max(self.kernel.clock.now_ns, self.store.last_ts)

    # --- runs --------------------------------------------------------------------------------------------

    def new_run(
        self,
        function: RegisteredFunction,
        transaction: Transaction | None,
        identity: Identity = None,
        parent: Run | None = None,
        job: str | None = None,
    ) -> Run:
        """Number a new run; nothing happens yet."""
        self._runs += 1
        return Run(self._runs, function, transaction, identity, parent, job)

    async def _guarded(self, run: Run, args: Value, body: Callable[[Run, Value], Any]) -> Outcome:
        function = run.function
        detail = {"kind": function.kind, "parent": run.parent.number if run.parent else 0}
        self.trace.record("start", function.path, run.number, detail)
        try:
            self._check_arguments(run, args)
            settled: Settled = await body(run, args)
            if settled.error is not None:
                outcome = Outcome(failure=Failure.from_thrown(settled.error), logs=tuple(run.logs))
            else:
                outcome = self._returned(run, settled.value or "null")
        except (DeveloperError, Terminated) as error:
            outcome = Outcome(failure=Failure.from_developer_error(error), logs=tuple(run.logs))
        except HostTimeout:
            seconds = 1 if run.transaction is not None else 1800
            message = f"Function execution timed out (maximum duration: {seconds}s)"
            outcome = Outcome(failure=Failure(message, None, "UserTimeout"), logs=tuple(run.logs))
        except HostCrashed as crash:
            message = f"The process that ran {function.path} ended before the function did: {crash}"
            outcome = Outcome(failure=Failure(message, None, "HostCrashed"), logs=tuple(run.logs))
        failure = outcome.failure
        self.trace.record("end", function.path, run.number, failure and {"error": failure.headline})
        return outcome

    def _check_arguments(self, run: Run, args: Value) -> None:
        function = run.function
        if not isinstance(args, dict):
            raise DeveloperError(
                "InvalidArgs",
                f"Expected to receive an object as the function's argument. Instead received: {display(args)}",
            )
        size = size_of([args])
        if size > self.limits.arguments_bytes:
            raise Terminated(
                f"Arguments for {function.path} are too large "
                f"(actual: {_mebibytes(size)}, limit: {_mebibytes(self.limits.arguments_bytes)})",
                "ArgumentsTooLarge",
            )
        if function.args is not None:
            problem = function.args.check(args, self._tables(run))
            if problem is not None:
                raise DeveloperError("InvalidArgs", f"ArgumentValidationError: {problem}")

    def _tables(self, run: Run) -> Tables:
        """The tables that ids may be of: those that the run's own transaction has created count."""
        return self.store.tables if run.transaction is None else run.transaction.tables

    def _returned(self, run: Run, json: str) -> Outcome:
        function = run.function
        value = from_json(_decode(json))
        size = size_of(value)
        if size > self.limits.return_bytes:
            raise Terminated(
                f"Function {function.path} return value is too large "
                f"(actual: {_mebibytes(size)}, limit: {_mebibytes(self.limits.return_bytes)})",
                "ReturnTooLarge",
            )
        if function.returns is not None:
            problem = function.returns.check(value, self._tables(run))
            if problem is not None:
                raise DeveloperError("InvalidReturnValue", f"ReturnsValidationError: {problem}")
        return Outcome(value, json, None, tuple(run.logs))

    # --- driving a host ----------------------------------------------------------------------------------

    def _start(self, run: Run, args: Value) -> tuple[int, Step]:
        function = run.function
        invocation = Invocation(
            module=function.module,
            function=function.name,
            kind=function.kind,
            arguments=dumps(args),
            now_ms=self.kernel.clock.now_ms,
            seed=self._seeds.bits(53),
            environment=self.environment,
        )
        return function.host.start(invocation, lambda op, arguments: self._sync(run, op, arguments))

    def _sync(self, run: Run, op: str, arguments: Any) -> Any:
        handler = SYNC_SYSCALLS.get(op)
        if handler is None or run.transaction is None:
            raise DeveloperError("UnknownOperation", f"Unknown operation {op}")
        return handler(self, run, arguments)

    async def _run_in_transaction(self, run: Run, args: Value) -> Settled:
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
                await self.kernel.turn()
                step = host.resume(host_run, results, self.kernel.clock.now_ms)
        except BaseException:
            host.abandon(host_run)
            raise

    async def _run_action(self, run: Run, args: Value) -> Settled:
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
                        flight.tasks[call.id] = self.kernel.spawn(
                            operation, f"{call.op} of {run.function.path}"
                        )
                flight.forget(step.cancelled)
                results = await flight.landed()
                step = host.resume(host_run, results, self.kernel.clock.now_ms)
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
        due_ns = self.kernel.clock.now_ns + max(0, round(call.arguments["ms"] * NS_PER_MS))
        flight.timers[call.id] = self.kernel.call_at(due_ns, lambda: flight.land(CallResult(call.id, "null")))

    def _leave_dangling(self, run: Run, flight: Flight, names: Sequence[str]) -> None:
        """What an action did not wait for may still happen, or not: the seed decides (semantics §6.4)."""
        for task in flight.tasks.values():
            if self._dangling.below(2):
                self.kernel.cancel(task)
        if names:
            listed = ", ".join(names)
            text = (
                f"{len(names)} unawaited operation(s): [{listed}]. Async operations should be awaited or they might "
                "not run. See https://docs.convex.dev/functions/actions#dangling-promises for more information."
            )
            self._log(run, "warn", text)
            self.find(
                "floating-promise",
                f"{run.function.path} returned before it awaited: {listed}.",
                run.function.path,
            )

    def _take_in(self, run: Run, step: Step) -> None:
        for query_id, count in step.consumed.items():
            run.queries[int(query_id)].consume(count)
        for line in step.logs:
            self._log(run, line.level, line.text)

    def _log(self, run: Run, level: str, text: str) -> None:
        self.trace.record("log", level, run.number, text)
        room = self.limits.log_lines - 1 - len(run.logs)
        if room > 0:
            run.logs.append(f"[{level.upper()}] {text}")
        elif room == 0:
            run.logs.append(
                f"[ERROR] Log overflow (maximum {self.limits.log_lines}). Remaining log lines omitted."
            )

    async def _perform(self, run: Run, call: Syscall) -> CallResult:
        table = TRANSACTION_SYSCALLS if run.transaction is not None else ACTION_SYSCALLS
        handler = table.get(call.op)
        try:
            if handler is None:
                raise DeveloperError("UnknownAsyncOperation", f"Unknown async operation {call.op}")
            result: str | CallResult | Coroutine[Any, Any, str | CallResult] = handler(
                self, run, call.arguments
            )
            if not isinstance(result, str | CallResult):
                result = await result
        except DeveloperError as error:
            return CallResult(call.id, error=error.message)
        if isinstance(result, str):
            return CallResult(call.id, result)
        return msgspec.structs.replace(result, id=call.id)

    def find(self, rule: str, message: str, function: str) -> None:
        """Note a guideline that was not kept."""
        self.findings.append(RuntimeFinding(rule, message, function, self.kernel.clock.now_ns / NS_PER_MS))
        self.trace.record("finding", rule, 0, {"function": function, "message": message})


def occ_failure(conflict: Conflict) -> Failure:
    source = (
        f' A call to "{conflict.by}" changed the document with ID "{conflict.id}".' if conflict.by else ""
    )
    return Failure(
        f'Documents read from or written to the "{conflict.table}" table changed while this mutation was being run '
        f"and on every subsequent retry.{source} See https://docs.convex.dev/error#1",
        None,
        "OptimisticConcurrencyControlFailure",
    )


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):.4g} MiB"
