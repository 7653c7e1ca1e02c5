"""The scheduler: runs scheduled functions when they are due (semantics §8.3).

Mutations run exactly once: the job's state, the function's writes and the job's completion are one
transaction. Actions run at most once: the job is marked as in progress first. Neither has an identity.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from biconvex.sim.kernel import NS_PER_MS, NS_PER_SECOND, Choices, Timer
from biconvex.sim.runtime import CRASHED, LOST_ACTION, Outcome, RegisteredFunction, Runtime
from biconvex.sim.store import Conflict
from biconvex.sim.values import DeveloperError, UsageError, Value

if TYPE_CHECKING:
    from biconvex.sim.store import Commit, Document, Transaction

__all__ = ["Scheduler"]

_JOBS: Final = "_scheduled_functions"
_LONGEST_BACKOFF_MS: Final = 60_000
_MOST_WITHOUT_TIME: Final = 10_000
_RETENTION_NS: Final = 7 * 86_400 * NS_PER_SECOND


class Scheduler:
    """Watches commits for jobs and runs them on the kernel, so many at a time.

    A job that has ended is deleted a week later, as in Convex.
    """

    def __init__(self, runtime: Runtime, choices: Choices) -> None:
        """`choices` is what the ids of requests are drawn from."""
        self._runtime = runtime
        self._kernel = runtime.kernel
        self._choices = choices
        self._ended: deque[tuple[int, str]] = deque()
        self._jobs: dict[str, Document] = {}
        self._timers: dict[str, Timer] = {}
        self._due: deque[str] = deque()
        self._running: dict[str, str] = {}
        # A component has scheduled functions of its own; all of them take turns.
        self._tables = frozenset(
            f"{_JOBS}@{component.path}" if component.path else _JOBS for component in runtime.components
        )
        self.started = 0
        self._last_started = ""
        runtime.on_commit.append(self._heed)

    @property
    def busy(self) -> bool:
        """Whether a job is pending or in progress."""
        return bool(self._timers or self._due or self._running)

    @property
    def loop(self) -> str:
        """Which functions schedule each other in a circle, from the last one that ran, in words; empty if none do."""
        circle = self._runtime.watch.repetition.circle_from(self._last_started)
        if len(circle) == 2:
            return f"{circle[0]} schedules itself"
        return f"{' → '.join(circle)} schedule each other" if circle else ""

    def _heed(self, commit: Commit) -> None:
        for write in commit.writes:
            if write.table not in self._tables:
                continue
            state = _state(write.after)
            if state == "pending" and write.before is None and write.after is not None:
                self._arm(write.id, write.after)
            elif state != "pending":
                self._disarm(write.id)
                if write.after is not None and "completedTime" in write.after.value:
                    self._expire_later(write.id)

    def _arm(self, job_id: str, job: Document) -> None:
        scheduled_ms: Any = job.value["scheduledTime"]
        due_ns = max(round(scheduled_ms * NS_PER_MS), self._kernel.clock.now_ns)
        if self._runtime.faults is not None:
            due_ns += self._runtime.faults.delay_ns("late_job", str(job.value["name"]))
        self._jobs[job_id] = job
        self._timers[job_id] = self._kernel.call_at(due_ns, lambda: self._came_due(job_id))

    def _disarm(self, job_id: str) -> None:
        self._jobs.pop(job_id, None)
        timer = self._timers.pop(job_id, None)
        if timer is not None:
            timer.cancel()

    def _expire_later(self, job_id: str) -> None:
        due_ns = self._kernel.clock.now_ns + _RETENTION_NS
        self._ended.append((due_ns, job_id))
        if len(self._ended) == 1:
            self._kernel.call_at(due_ns, self._expire)

    def _expire(self) -> None:
        transaction = self._runtime.begin()
        try:
            while self._ended and self._ended[0][0] <= self._kernel.clock.now_ns:
                job_id = self._ended.popleft()[1]
                transaction.inside(self._home(job_id)).delete_system(job_id)
                self._runtime.components.jobs.pop(job_id, None)
            self._runtime.commit(transaction, source="retention of scheduled functions")
        finally:
            transaction.discard()
        if self._ended:
            self._kernel.call_at(self._ended[0][0], self._expire)

    def _came_due(self, job_id: str) -> None:
        if self._runtime.watch.repetition.same_instant(job_id) > _MOST_WITHOUT_TIME:
            raise UsageError(
                f"{_MOST_WITHOUT_TIME:,} scheduled functions ran one after the other while no virtual time passed: "
                f"{self.loop or 'each schedules the next'}. This would never end: let them wait between two runs, or "
                "stop."
            )
        del self._timers[job_id]
        self._due.append(job_id)
        self._start_due()

    def _start_due(self) -> None:
        while self._due and len(self._running) < self._runtime.limits.concurrent_jobs:
            job_id = self._due.popleft()
            self._running[job_id] = job_id
            self._kernel.spawn(self._run(job_id), f"scheduled function {job_id}")

    async def _run(self, job_id: str) -> None:
        try:
            job = self._jobs.pop(job_id, None)
            if job is None:  # it was cancelled while it waited for its turn
                return
            name = str(job.value["name"])
            args: Any = job.value["args"]
            self.started += 1
            try:
                place = self._runtime.components.jobs.get(job_id)
                target = place.target if place is not None else ""
                function = self._runtime.components[target].registry.require(name)
                self._last_started = function.path
            except DeveloperError as error:
                await self._fail(job_id, error.message)
                return
            if function.kind == "mutation":
                await self._run_mutation(job_id, function, args[0])
            elif function.kind == "action":
                await self._run_action(job_id, function, args[0])
            else:
                await self._fail(
                    job_id,
                    f'Unsupported function type. "{function.name}" in module "{function.module}.js" is defined as a '
                    f"{function.kind_name}. Only Mutation and Action can be scheduled.",
                )
        finally:
            del self._running[job_id]
            self._runtime.watch.repetition.ended(job_id)
            self._start_due()

    async def _run_mutation(self, job_id: str, function: RegisteredFunction, args: Value) -> None:
        attempt = 0
        while True:
            await self._runtime.write_turn()
            transaction = self._runtime.begin()
            jobs = transaction.inside(self._home(job_id))
            try:
                if _pending(jobs, job_id) is None:
                    return
                jobs.patch_system(job_id, {"state": self._in_progress()})
                savepoint = transaction.savepoint()
                run = self._runtime.new_run(function, transaction, job=job_id)
                outcome = await self._runtime.execute(run, args)
                if outcome.failure is not None:
                    transaction.rollback_to(savepoint)
                jobs.patch_system(job_id, self._completion(outcome))
                self._runtime.commit(transaction, run)
            except Conflict:
                await self._runtime.back_off(attempt, cap_ms=_LONGEST_BACKOFF_MS)
                attempt += 1
            else:
                self._record(job_id, function.path, outcome)
                return
            finally:
                transaction.discard()

    async def _run_action(self, job_id: str, function: RegisteredFunction, args: Value) -> None:
        if not await self._change(job_id, "pending", {"state": self._in_progress()}):
            return
        outcome = await self._runtime.action(function, args, None, job=job_id)
        if outcome.failure is not None and outcome.failure.code == CRASHED:
            outcome = LOST_ACTION
        await self._change(job_id, "inProgress", self._completion(outcome))
        self._record(job_id, function.path, outcome)

    async def _fail(self, job_id: str, message: str) -> None:
        completion = {"state": {"kind": "failed", "error": message}, "completedTime": self._now_ms()}
        await self._change(job_id, "pending", completion)
        self._runtime.trace.record("job", job_id, 0, {"error": message})

    async def _change(self, job_id: str, expected: str, change: dict[str, Any]) -> bool:
        """Patch a job in a transaction of its own if it is in the expected state."""
        attempt = 0
        while True:
            transaction = self._runtime.begin()
            jobs = transaction.inside(self._home(job_id))
            try:
                if _state(jobs.get_system(_JOBS, job_id)) != expected:
                    return False
                jobs.patch_system(job_id, change)
                self._runtime.commit(transaction, source="scheduler")
            except Conflict:
                await self._runtime.back_off(attempt, cap_ms=_LONGEST_BACKOFF_MS)
                attempt += 1
            else:
                return True
            finally:
                transaction.discard()

    def _home(self, job_id: str) -> str:
        """The component whose job it is."""
        place = self._runtime.components.jobs.get(job_id)
        return place.home if place is not None else ""

    def _in_progress(self) -> dict[str, str]:
        """The state of a running job; the two ids leak through in Convex, too (semantics §8.2)."""
        request, execution = self._choices.octets(8).hex(), UUID(bytes=self._choices.octets(16), version=4)
        return {"kind": "inProgress", "request_id": request, "execution_id": str(execution)}

    def _completion(self, outcome: Outcome) -> dict[str, Any]:
        if outcome.failure is None:
            state: dict[str, Any] = {"kind": "success"}
        else:
            state = {"kind": "failed", "error": outcome.failure.text}
        return {"state": state, "completedTime": self._now_ms()}

    def _record(self, job_id: str, path: str, outcome: Outcome) -> None:
        error = None if outcome.failure is None else {"error": outcome.failure.headline}
        self._runtime.trace.record("job", path, 0, {"id": job_id, **(error or {})})

    def _now_ms(self) -> float:
        return self._kernel.clock.now_ns / NS_PER_MS


def _state(job: Document | None) -> str | None:
    if job is None:
        return None
    state: Any = job.value["state"]
    return str(state["kind"])


def _pending(transaction: Transaction, job_id: str) -> Document | None:
    job = transaction.get_system(_JOBS, job_id)
    return job if _state(job) == "pending" else None
