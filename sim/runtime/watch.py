"""Watches runs for guidelines that are not kept, and notes each once for a function and what it did it to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from biconvex.sim.kernel import NS_PER_MS
from biconvex.sim.runtime.findings import RuntimeFinding
from biconvex.sim.runtime.repetition import Repetition, Rounds

if TYPE_CHECKING:
    from biconvex.sim.runtime.guidelines import Guidelines
    from biconvex.sim.runtime.outcome import Failure
    from biconvex.sim.runtime.registry import RegisteredFunction
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime
    from biconvex.sim.store import QueryStream

__all__ = ["Watch", "calls_of"]

_BY_CREATION_TIME: Final = "by_creation_time"


class Watch:
    """Notes findings. `repetition` knows which functions schedule which."""

    def __init__(self, runtime: Runtime, guidelines: Guidelines) -> None:
        self._runtime = runtime
        self._guidelines = guidelines
        self.findings: list[RuntimeFinding] = []
        self._known: set[tuple[str, str, str]] = set()
        self.repetition = Repetition(guidelines)
        # By action: with how many mutations a run failed half done, and the most that a run has committed.
        self._half_done: dict[str, tuple[int, str]] = {}
        self._most_committed: dict[str, int] = {}

    def tell(
        self, rule: str, message: str, function: str, *, target: str = "", run: Run | None = None
    ) -> None:
        """Note a finding, unless the rule, the function and the target were together in one before."""
        if (rule, function, target) in self._known:
            return
        self._known.add((rule, function, target))
        time_ms = self._runtime.kernel.clock.now_ns / NS_PER_MS
        calls = calls_of(run) if run is not None else (function,)
        self.findings.append(RuntimeFinding(rule, message, function, time_ms, calls))
        detail = {"function": function, "message": message}
        self._runtime.trace.record("finding", rule, run.number if run is not None else 0, detail)

    # --- schedules ---------------------------------------------------------------------------------------

    def scheduled(self, run: Run, function: RegisteredFunction, job_id: str, due_ms: float) -> None:
        """A run has scheduled a function. Components keep their own ways: nobody can change them."""
        now_ms = self._runtime.kernel.clock.now_ns / NS_PER_MS
        due_ms = max(due_ms, now_ms)
        rounds = self.repetition.scheduled(run, function.path, job_id, due_ms, now_ms)
        if run.function.component or function.component:
            return
        if function.visibility == "public":
            self.public_function(run.function.path, "schedules", function.path, run)
        if rounds is not None:
            self._repeated(run, function.path, rounds)
        due = run.execution.due
        count = due[function.path, due_ms] = due.get((function.path, due_ms), 0) + 1
        if count > self._guidelines.jobs_at_once:
            self.tell(
                "scheduling-in-loop",
                f"{run.function.path} scheduled {function.path} more than {self._guidelines.jobs_at_once} times in one "
                "run, all due at the same time: they conflict with each other and hold up all other jobs, and a "
                f"mutation may schedule {self._runtime.limits.functions_scheduled:,}. Give one job several things to "
                "do, and let it schedule the next batch.",
                run.function.path,
                target=function.path,
                run=run,
            )

    def public_function(self, by: str, how: str, target: str, run: Run | None = None) -> None:
        """The backend makes a public function run; `by` is a function, or a cron job."""
        self.tell(
            "public-function-from-server",
            f"{by} {how} {target}, which is public: any client can call it as well, with any arguments. Make it "
            "internal.",
            target if run is None else run.function.path,
            target=f"{by} {target}",
            run=run,
        )

    def _repeated(self, run: Run, path: str, rounds: Rounds) -> None:
        self.tell(
            "frequent-scheduling",
            f"{path} is scheduled by its own jobs ({' → '.join(rounds.circle)}) more often than every "
            f"{self._guidelines.repetition_ms / 1000:g} s: {rounds.count + 1} times in the last "
            f"{rounds.took_ms / 1000:g} s. Schedule it less often, or when there is something to do.",
            run.function.path,
            target=path,
            run=run,
        )

    # --- ends of runs ------------------------------------------------------------------------------------

    def ended(self, run: Run, failure: Failure | None) -> None:
        """A run is over that has read by queries, or is an action."""
        if run.function.component:
            return
        for stream in run.queries.values():
            if stream.rows_read > self._guidelines.scanned_documents:
                self._scanned(run, stream)
        if run.transaction is None:
            self._act(run, failure)

    def _scanned(self, run: Run, stream: QueryStream) -> None:
        query = stream.query
        if query.search is not None or query.range_ or query.table.startswith("_"):
            return
        filters = any(operator[0] == "filter" for operator in query.operators)
        if not filters and query.operators:
            return  # it says how many it wants
        path = run.function.path
        read = f"{path} read {stream.rows_read:,} documents of {query.table}"
        cost = f"A transaction may read {self._runtime.limits.documents_read:,}."
        if query.index not in {None, _BY_CREATION_TIME}:
            rule, target = "index-without-range", f"{query.table}.{query.index}"
            text = f"{read} through the index {query.index} without a range of it. {cost} Give it a range."
        elif filters:
            rule, target = "query-filter", query.table
            text = f"{read} for a filter to choose from. {cost} Use an index with a range."
        else:
            rule, target = "unbounded-collect", query.table
            text = f"{read}, the whole table. {cost} Use an index with a range, `take`, or `paginate`."
        self.tell(rule, text, path, target=target, run=run)

    def _act(self, run: Run, failure: Failure | None) -> None:
        """An action is over: it may have failed between two mutations.

        It did where something was still done after a mutation had committed, where it was ended from outside, and
        where another run of it went further. One that fails right after its last mutation knows what it does.
        """
        path, execution = run.function.path, run.execution
        committed = execution.committed
        if failure is None:
            most = self._most_committed.get(path, 0)
            self._most_committed[path] = max(most, committed)
            before, how = self._half_done.get(path, (committed, ""))
            if before < committed:
                self._half(run, before, how)
            return
        if not committed:
            return
        if execution.went_on or failure.is_terminal or self._most_committed.get(path, 0) > committed:
            self._half(run, committed, failure.headline)
        else:
            self._half_done.setdefault(path, (committed, failure.headline))

    def _half(self, run: Run, committed: int, headline: str) -> None:
        path = run.function.path
        what = "a mutation of it" if committed == 1 else f"{committed} mutations of it"
        self.tell(
            "sequential-runs",
            f"{path} failed after {what} had committed, and before what was to follow ({headline}). What it wrote "
            "stays, and nothing runs the action again. Let one mutation do it all, or make it possible to go on from "
            "there.",
            path,
            run=run,
        )


def calls_of(run: Run) -> tuple[str, ...]:
    """The paths of the functions from the one that was called from outside to the one that runs."""
    path = [run.function.path]
    while run.parent is not None:
        run = run.parent
        path.append(run.function.path)
    return tuple(reversed(path))
