"""Cron jobs at work: each is run when it is due, one run of a job at a time (semantics §9.2).

A mutation is retried until it commits or fails by itself; an action runs at most once. Neither has an identity. The
next run is decided when a run has ended, and what was due meanwhile is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from biconvex.sim.kernel import NS_PER_MS, Choices
from biconvex.sim.runtime import CRASHED, LOST_ACTION, Outcome, Runtime
from biconvex.sim.services.crons.jobs import CronJob, CronRun, CronSpec
from biconvex.sim.store import Conflict
from biconvex.sim.values import UsageError

__all__ = ["Crons"]

_LONGEST_BACKOFF_MS: Final = 15_000
OVERLAP: Final = "overlapping-cron"


class Crons(Mapping[str, CronJob]):
    """The cron jobs of a deployment, by name."""

    def __init__(
        self, runtime: Runtime, specs: Sequence[CronSpec], choices: Choices, *, splay: bool = True
    ) -> None:
        """Start them: an interval is due at once. `splay` delays others within their minute, as Convex does."""
        self._runtime = runtime
        self._kernel = runtime.kernel
        self._waiting: list[CronJob] = []
        self._running = 0
        now_ns = self._kernel.clock.now_ns
        self._jobs = {spec.name: CronJob(spec, now_ns, choices if splay else None) for spec in specs}
        for job in self._jobs.values():
            self._arm(job)

    def __getitem__(self, name: str) -> CronJob:
        try:
            return self._jobs[name]
        except KeyError:
            known = ", ".join(map(repr, self._jobs)) or "none"
            raise UsageError(f"There is no cron job {name!r}. The backend's are: {known}.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._jobs)

    def __len__(self) -> int:
        return len(self._jobs)

    def _arm(self, job: CronJob) -> None:
        faults = self._runtime.faults
        late_ns = faults.delay_ns("late_cron", job.name) if faults is not None else 0
        self._kernel.call_at(job.next_ns + late_ns, lambda: self._came_due(job))

    def _came_due(self, job: CronJob) -> None:
        faults = self._runtime.faults
        if faults is not None and faults.strikes("skipped_cron", job.name):
            job.skipped += 1
            job.advance(self._kernel.clock.now_ns)
            self._arm(job)
            return
        self._waiting.append(job)
        self._start_due()

    def _start_due(self) -> None:
        while self._waiting and self._running < self._runtime.limits.concurrent_jobs:
            job = self._waiting.pop(0)
            self._running += 1
            self._kernel.spawn(self._run(job), f"cron job {job.name!r}")

    async def _run(self, job: CronJob) -> None:
        started_ns = self._kernel.clock.now_ns
        self._runtime.trace.record("cron", job.name, 0, {"function": job.function, "due_ms": job.next_ms})
        if job.spec.function.visibility == "public" and not job.spec.function.component:
            self._runtime.watch.public_function(f"The cron job {job.name!r}", "runs", job.function)
        try:
            outcome = await (self._mutate(job) if job.spec.function.kind == "mutation" else self._act(job))
            self._ended(job, started_ns, outcome)
        finally:
            self._running -= 1
        self._arm(job)
        self._start_due()

    async def _mutate(self, job: CronJob) -> Outcome:
        attempt = 0
        while True:
            await self._runtime.write_turn()
            transaction = self._runtime.begin()
            run = self._runtime.new_run(job.spec.function, transaction)
            try:
                outcome = await self._runtime.execute(run, job.spec.args)
                if outcome.failure is None:
                    await self._runtime.time.commit(run)
                    self._runtime.commit(transaction, run)
            except Conflict:
                await self._runtime.back_off(attempt, cap_ms=_LONGEST_BACKOFF_MS)
                attempt += 1
            else:
                return outcome
            finally:
                transaction.discard()

    async def _act(self, job: CronJob) -> Outcome:
        outcome = await self._runtime.action(job.spec.function, job.spec.args, None)
        if outcome.failure is not None and outcome.failure.code == CRASHED:
            return LOST_ACTION
        return outcome

    def _ended(self, job: CronJob, started_ns: int, outcome: Outcome) -> None:
        now_ns = self._kernel.clock.now_ns
        error = None if outcome.failure is None else outcome.failure.text
        job.runs.append(CronRun(job.next_ms, started_ns / NS_PER_MS, now_ns / NS_PER_MS, error))
        job.completed += 1
        skipped = job.advance(now_ns)
        detail: dict[str, Any] = {"next_ms": job.next_ms}
        if outcome.failure is not None:
            detail["error"] = outcome.failure.headline
        if skipped:
            detail["skipped"] = skipped
            took_s = (now_ns - started_ns) / NS_PER_MS / 1000
            self._runtime.find(
                OVERLAP,
                f"The cron job {job.name!r} ({job.schedule}) was still running when it was due again: the run took "
                f"{took_s:g} s, and {skipped} run{'s were' if skipped > 1 else ' was'} left out. Make the run shorter, "
                "or the schedule longer.",
                job.function,
                target=job.name,
            )
        self._runtime.trace.record("cron end", job.name, 0, detail)
