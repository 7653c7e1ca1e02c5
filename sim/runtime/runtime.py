"""The runtime: Convex's rules of execution, for functions in any language.

A query or mutation runs on one snapshot; a mutation commits at the end or not at all, and starts over when
it conflicted. An action runs outside of transactions, and each of its calls is one of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

import msgspec
from biconvex.sim.faults import Injector
from biconvex.sim.hosts.protocol import HostCrashed, HostOutOfMemory, HostTimeout, Settled
from biconvex.sim.kernel import NS_PER_MS, Choices, Kernel, Trace
from biconvex.sim.runtime.accounting import Accounting
from biconvex.sim.runtime.cache import Answer, QueryCache, Question
from biconvex.sim.runtime.checks import check_arguments, checked_outcome
from biconvex.sim.runtime.components import Components
from biconvex.sim.runtime.costs import Costs
from biconvex.sim.runtime.files import Files
from biconvex.sim.runtime.guidelines import Guidelines
from biconvex.sim.runtime.limits import Limits
from biconvex.sim.runtime.outcome import Failure, Outcome, Terminated
from biconvex.sim.runtime.permits import Permits, WriteRate
from biconvex.sim.runtime.registry import RegisteredFunction
from biconvex.sim.runtime.run import Identity, Run
from biconvex.sim.runtime.stepping import Stepper
from biconvex.sim.runtime.syscalls.audit import resolved_lines
from biconvex.sim.runtime.syscalls.metadata import request_id
from biconvex.sim.runtime.timekeeping import Timekeeper, out_of_time
from biconvex.sim.runtime.watch import Watch
from biconvex.sim.store import Commit, Conflict, Store, Transaction
from biconvex.sim.values import DeveloperError, Value, dumps

__all__ = ["Runtime", "crash_failure", "occ_failure"]

_BACKOFF_FIRST_MS: Final = 100
_BACKOFF_LAST_MS: Final = 2_000


class Runtime:
    """Runs functions of one deployment on its store: those of the app, and of its components.

    `on_commit` callbacks hear of every commit, in order; `external` has the operations that services perform for
    actions (`fetch`). Both are where services hook in. `convex_version` is that of the project's npm package: some
    rules of Convex depend on it.
    """

    def __init__(
        self,
        *,
        kernel: Kernel,
        store: Store,
        components: Components,
        choices: Choices,
        trace: Trace,
        limits: Limits,
        query_cache: bool = True,
        costs: Costs | None = None,
        convex_version: tuple[int, int] = (1, 48),
        guidelines: Guidelines | None = None,
    ) -> None:
        self.kernel = kernel
        self.convex_version = convex_version
        self.store = store
        self.components = components
        self.registry = components.app.registry
        self.trace = trace
        self.limits = limits
        self.environment = components.app.environment
        self.watch = Watch(self, guidelines or Guidelines())
        self.audit_log: list[Any] = []
        self.on_commit: list[Callable[[Commit], None]] = []
        self.external: dict[str, Callable[[Run, Any], Coroutine[Any, Any, str]]] = {}
        self.time = Timekeeper(kernel, costs or Costs(), limits)
        self.accounting = Accounting(self)
        self._permits = Permits(kernel, limits)
        # Where nothing takes time there is no rate at which things happen.
        is_free = costs is None or costs.are_free
        self._write_rate = None if is_free else WriteRate(limits.bytes_written_per_second)
        self.files = Files(
            kernel.clock, choices.child("upload tokens"), self.environment.get("CONVEX_CLOUD_URL", "")
        )
        self.on_commit.append(self.files.heed)
        self.request_ids = choices.child("request ids")
        self._backoff = choices.child("retry backoff")
        # What makes things go wrong, while something is to go wrong.
        self.faults: Injector | None = None
        self._refused = "a transaction"
        self._stepper = Stepper(self, choices)
        self.transaction_limits = limits.transaction()
        self.value_limits = limits.values()
        self._cache = QueryCache(store, kernel.clock) if query_cache else None
        if self._cache is not None:
            self.on_commit.append(self._cache.heed)
        self._runs = 0

    # --- calls -------------------------------------------------------------------------------------------

    async def query(
        self, function: RegisteredFunction, args: Value, identity: Identity, parent: Run | None = None
    ) -> Outcome:
        """Run a query on a snapshot of its own, unless the query cache knows what it answers."""
        return (await self.answer(function, args, identity, parent)).outcome

    async def answer(
        self,
        function: RegisteredFunction,
        args: Value,
        identity: Identity,
        parent: Run | None = None,
        journal: str | None = None,
    ) -> Answer:
        """Do as `query`, and tell what the outcome depends on. `journal` is that of the answer before, if any."""
        arguments_json = dumps(args)
        question = Question(function.path, arguments_json, journal)
        known = self._cache.find(question, identity) if self._cache is not None else None
        if known is not None:
            self.trace.record("cached", function.path, parent.number if parent else 0, {"run": known.run})
            return known
        transaction = self.begin(writable=False)
        run = self.new_run(function, transaction, identity, parent)
        run.journal = journal
        run.permit_wait_ms = self.limits.permit_wait_ms
        run.arguments_json = arguments_json
        time_ns = self.kernel.clock.now_ns
        try:
            outcome = await self.execute(run, args)
            if outcome.failure is None:
                self.keep_audit_lines(run)
            answer = Answer(
                outcome,
                run.number,
                transaction.reads,
                run.page_end,
                is_current=self.store.is_current(transaction),
                is_personal=run.observed.identity,
                time_ns=time_ns if run.observed.time else None,
            )
        finally:
            transaction.discard()
        if self._cache is not None:
            self._cache.add(question, identity, answer)
        return answer

    async def mutation(
        self, function: RegisteredFunction, args: Value, identity: Identity, parent: Run | None = None
    ) -> Outcome:
        """Run a mutation and commit it; after a conflict, again from scratch (semantics §6.1)."""
        retries = 0
        while True:
            refused = self._too_many_writes()
            if refused is not None:
                if retries == self.limits.mutation_retries:
                    return Outcome(failure=Failure.from_developer_error(refused))
                await self.back_off(retries)
                retries += 1
                continue
            transaction = self.begin()
            run = self.new_run(function, transaction, identity, parent)
            run.permit_wait_ms = self.limits.permit_wait_ms
            try:
                outcome = await self.execute(run, args)
                if outcome.failure is None:
                    await self.time.commit(run)
                    commit = self.commit(transaction, run)
                    if parent is not None and commit.writes:
                        parent.execution.has_committed()
            except Conflict as conflict:
                if retries == self.limits.mutation_retries:
                    self.accounting.note_retries(run, retries)
                    return Outcome(failure=occ_failure(conflict), logs=outcome.logs)
            else:
                if retries:
                    self.accounting.note_retries(run, retries)
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
        run.permit_wait_ms = self.limits.action_permit_wait_ms if job is None else None
        return await self._guarded(run, args, self._stepper.run_action)

    async def http_action(
        self, function: RegisteredFunction, request: Value, identity: Identity
    ) -> tuple[Outcome, str]:
        """Run an HTTP action: an action whose request and response are as `Invocation` describes them.

        The answer is its outcome, with the response as JSON text, and the id of the request.
        """
        run = self.new_run(function, None, identity)
        return await self._guarded(run, request, self._stepper.run_action), request_id(self, run)

    def execute(self, run: Run, args: Value) -> Coroutine[Any, Any, Outcome]:
        """Run a query's or mutation's handler within the run's transaction, without committing it."""
        return self._guarded(run, args, self._stepper.run_in_transaction)

    async def nested(self, caller: Run, function: RegisteredFunction, args: Value) -> Outcome:
        """Run a query or mutation as a subtransaction of its caller's (semantics §6.2)."""
        transaction = caller.tx
        run = self._nested_run(caller, function, transaction)
        savepoint = transaction.savepoint()
        outcome = await self._execute_nested(caller, run, args)
        if outcome.failure is not None and outcome.failure.code != "InvalidReturnValue":
            transaction.rollback_to(savepoint)
        return outcome

    async def _execute_nested(self, caller: Run, run: Run, args: Value) -> Outcome:
        outcome = await self.execute(run, args)
        caller.log.add_nested(outcome.logs)
        failure = outcome.failure
        if failure is not None and failure.is_terminal:
            raise Terminated(failure.text, failure.code or "")
        return outcome

    async def stale_query(self, caller: Run, function: RegisteredFunction, args: Value) -> Outcome:
        """Run a query as of the start of its caller's transaction, without its writes and read set."""
        reader = caller.tx.stale_reader()
        try:
            return await self._execute_nested(caller, self._nested_run(caller, function, reader), args)
        finally:
            reader.discard()

    def _nested_run(self, caller: Run, function: RegisteredFunction, transaction: Transaction) -> Run:
        run = self.new_run(function, transaction, caller.identity_for(function), caller)
        if run.depth > self.limits.call_depth:
            raise DeveloperError(
                "MaximumCallDepthExceeded",
                "Cross component call depth limit exceeded. Do you have an infinite loop in your app?",
            )
        return run

    # --- transactions ------------------------------------------------------------------------------------

    def begin(self, *, writable: bool = True) -> Transaction:
        """A transaction on the newest snapshot."""
        return self.store.begin(self._timestamp(), self.transaction_limits, writable)

    def commit(self, transaction: Transaction, run: Run | None = None, source: str = "") -> Commit:
        """Commit; raises `Conflict`. Listeners hear of it before this returns."""
        label = run.function.path if run is not None else source
        number = run.number if run is not None else 0
        try:
            if self.faults is not None and run is not None:
                self._maybe_conflict(self.faults, transaction, run)
            commit = self.store.commit(transaction, self._timestamp() + 1, label)
        except Conflict as conflict:
            self._refused = label
            self.trace.record("conflict", label, number, {"table": conflict.table, "with": conflict.by})
            raise
        if commit.writes or commit.new_tables:
            written = [(write.table, write.id) for write in commit.writes]
            self.trace.record("commit", label, number, written)
            for listener in self.on_commit:
                listener(commit)
        if run is not None and run.transaction is not None:
            self.keep_audit_lines(run)
            if self._write_rate is not None:
                self._write_rate.add(self.kernel.clock.now_ns, transaction.usage.bytes_written)
        return commit

    def _maybe_conflict(self, faults: Injector, transaction: Transaction, run: Run) -> None:
        """Raise `Conflict` where that fault strikes: a mutation that has read and written may have one."""
        usage = transaction.usage
        if run.transaction is None or not usage.documents_written:
            return
        table = next((name for name in transaction.reads.tables if not name.startswith("_")), None)
        if table is None or not (usage.documents_read or usage.database_queries):
            return
        if faults.strikes("conflict", run.function.path, run.number, table=table):
            raise Conflict(table, None, None)

    def replace(self, function: RegisteredFunction) -> None:
        """Put a function in the place of the one at its path; nothing that was answered before counts."""
        self.components[function.component].registry.replace(function)
        if self._cache is not None:
            self._cache.clear()

    async def back_off(self, attempt: int, *, cap_ms: int = _BACKOFF_LAST_MS) -> None:
        """Wait before the next attempt: exponential, with full jitter (semantics §6.1)."""
        if self.faults is not None:
            self.faults.keep_going(
                "conflict", attempt, f"{self._refused} waits for a commit without conflict"
            )
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
        if transaction is not None and transaction.component != function.component:
            transaction = transaction.inside(function.component)
        now_ns = self.kernel.clock.now_ns
        return Run(
            self._runs, function, transaction, identity, parent, job, limits=self.limits, now_ns=now_ns
        )

    async def _guarded(self, run: Run, args: Value, body: Callable[[Run, Value], Any]) -> Outcome:
        function = run.function
        detail = {"kind": function.kind, "parent": run.parent.number if run.parent else 0}
        self.trace.record("start", function.path, run.number, detail)
        try:
            serves = function.kind == "httpAction"
            if not serves:
                check_arguments(run, args, self)
            settled: Settled = await (body(run, args) if run.depth else self._permitted(run, args, body))
            run.observed.time |= settled.observed_time
            if settled.error is not None:
                outcome = Outcome(failure=Failure.from_thrown(settled.error))
            elif serves:
                outcome = Outcome(json=settled.value or "null")
            else:
                outcome = checked_outcome(run, settled.value or "null", self)
                if run.execution.audit_lines and run.depth == 0:
                    run.execution.audit_lines = resolved_lines(self, run)
        except (DeveloperError, Terminated) as error:
            outcome = Outcome(failure=Failure.from_developer_error(error))
        except HostTimeout:
            outcome = Outcome(failure=Failure.from_developer_error(out_of_time(run)))
        except HostCrashed as crash:
            outcome = Outcome(failure=crash_failure(function, crash))
        self.accounting.close(run)
        if run.queries or run.transaction is None:
            self.watch.ended(run, outcome.failure)
        if run.log.lines:
            outcome = msgspec.structs.replace(outcome, logs=tuple(run.log.lines))
        failure = outcome.failure
        self.trace.record("end", function.path, run.number, failure and {"error": failure.headline})
        return outcome

    async def _permitted(self, run: Run, args: Value, body: Callable[[Run, Value], Any]) -> Settled:
        permits = self._permits.of(run)
        if not permits.take():
            await permits.wait(run.permit_wait_ms)
            run.execution.begin(self.kernel.clock.now_ns)
        try:
            settled: Settled = await body(run, args)
            return settled
        finally:
            permits.give_back()

    def _too_many_writes(self) -> Terminated | None:
        rate = self._write_rate
        return None if rate is None else rate.exceeded(self.kernel.clock.now_ns)

    async def write_turn(self) -> None:
        """Wait until mutations may write again: for services, whose mutations don't give up."""
        attempt = 0
        while self._too_many_writes() is not None:
            await self.back_off(attempt)
            attempt += 1

    def keep_audit_lines(self, run: Run) -> None:
        """A function that said audit lines has succeeded, and committed if it is a mutation."""
        for line in run.execution.audit_lines:
            self.audit_log.append(line)
            self.trace.record("audit", run.function.path, run.number, line)

    def find(
        self, rule: str, message: str, function: str, *, target: str = "", run: Run | None = None
    ) -> None:
        """Note a guideline that was not kept, once for a rule, a function and what it did it to."""
        self.watch.tell(rule, message, function, target=target, run=run)


def crash_failure(function: RegisteredFunction, crash: HostCrashed) -> Failure:
    """The failure of a function whose process ended while it ran (semantics §7, row 39)."""
    if isinstance(crash, HostOutOfMemory):
        what, most_mb = ("Node.js action", 512) if function.uses_node else ("JavaScript", 64)
        message = f"{what} execution ran out of memory (maximum memory usage: {most_mb} MB)"
        return Failure(message, None, "OutOfMemory", is_terminal=True)
    message = f"The process that ran {function.path} ended before the function did: {crash}"
    return Failure(message, None, "HostCrashed", is_terminal=True)


def occ_failure(conflict: Conflict) -> Failure:
    """The failure of a mutation whose every attempt conflicted (semantics §6.1)."""
    source = (
        f' A call to "{conflict.by}" changed the document with ID "{conflict.id}".' if conflict.by else ""
    )
    table = conflict.table and conflict.table.partition("@")[0]
    return Failure(
        f'Documents read from or written to the "{table}" table changed while this mutation was being run '
        f"and on every subsequent retry.{source} See https://docs.convex.dev/error#1",
        None,
        "OptimisticConcurrencyControlFailure",
    )
