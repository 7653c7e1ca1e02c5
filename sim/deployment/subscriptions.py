"""Subscriptions: queries whose results are kept up to date, as a Convex client has them (semantics §6.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from biconvex.sim.kernel import NS_PER_MS, Kernel
from biconvex.sim.runtime import Answer, Identity, Outcome, RegisteredFunction, Runtime
from biconvex.sim.store import TABLE_LIST, Commit
from biconvex.sim.values import FunctionError, Value

__all__ = ["Subscription", "Subscriptions", "Update"]


@dataclass(frozen=True, slots=True)
class Update:
    """A result that a subscriber got: the virtual time in ms since the epoch, and a value, or an error."""

    time_ms: float
    value: Any = None
    error: FunctionError | None = None


class Subscription:
    """A subscribed query. Iterating gives every result so far: values, and errors where the query failed."""

    def __init__(
        self,
        owner: Subscriptions,
        number: int,
        function: RegisteredFunction,
        args: Value,
        identity: Identity,
    ) -> None:
        self.updates: list[Update] = []
        self._owner = owner
        self._number = number
        self._function = function
        self._args = args
        self._identity = identity
        self._answer: Answer | None = None
        # Whether the query is to be run, or being run.
        self._stale = True

    @property
    def value(self) -> Any:
        """The newest result; None when the query failed."""
        return self.updates[-1].value

    @property
    def error(self) -> FunctionError | None:
        """Why the query failed when it ran last (`ConvexError` where it threw one), or None."""
        return self.updates[-1].error

    def _depends_on(self, commit: Commit) -> bool:
        return not self._stale and self._answer is not None and self._answer.reads.is_touched_by(commit)

    def unsubscribe(self) -> None:
        """Have the query run no more; what came so far stays. Harmless when done twice."""
        self._owner._remove(self)

    def __iter__(self) -> Iterator[Any]:
        return iter([update.value if update.error is None else update.error for update in self.updates])

    def __len__(self) -> int:
        return len(self.updates)

    def __repr__(self) -> str:
        return f"<subscription to {self._function.path}: {len(self.updates)} results>"


class Subscriptions:
    """The subscriptions of a deployment. Each runs its query anew after commits that touched what it read.

    A commit looks only at subscriptions that read a table it has changed. The query runs as a task of the kernel;
    several commits before its turn are one reason to run, not several.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._kernel: Kernel = runtime.kernel
        self._last_number = 0
        self._by_table: dict[str, dict[Subscription, None]] = {}
        self._active: dict[Subscription, None] = {}
        runtime.on_commit.append(self._heed)

    def add(self, function: RegisteredFunction, args: Value, identity: Identity) -> Subscription:
        """Subscribe to a query and wait for its first result."""
        self._last_number += 1
        subscription = Subscription(self, self._last_number, function, args, identity)
        self._active[subscription] = None
        self._record("subscribed", subscription, 0)
        name = f"first result of {subscription!r}"
        self._kernel.run_until_done(self._kernel.spawn(self._run(subscription), name))
        return subscription

    def _remove(self, subscription: Subscription) -> None:
        if subscription in self._active:
            del self._active[subscription]
            self._unregister(subscription)
            self._record("unsubscribed", subscription, 0)

    def _heed(self, commit: Commit) -> None:
        tables = dict.fromkeys(write.table for write in commit.writes)
        if commit.new_tables:
            tables[TABLE_LIST] = None
        touched = {
            subscription: None
            for table in tables
            for subscription in self._by_table.get(table, ())
            if subscription._depends_on(commit)
        }
        for subscription in touched:
            subscription._stale = True
            self._kernel.spawn(self._run(subscription), f"update of {subscription!r}")

    async def _run(self, subscription: Subscription) -> None:
        """Run the query until it has seen everything that it reads as it is now."""
        while subscription in self._active:
            before = subscription._answer
            journal = before.journal if before is not None else None
            answer = await self._runtime.answer(
                subscription._function, subscription._args, subscription._identity, journal=journal
            )
            if subscription not in self._active:
                return
            self._unregister(subscription)
            subscription._answer = answer
            for table in answer.reads.tables:
                self._by_table.setdefault(table, {})[subscription] = None
            if before is None or not _is_same(before.outcome, answer.outcome):
                self._publish(subscription, answer)
            if answer.is_current:
                subscription._stale = False
                return

    def _publish(self, subscription: Subscription, answer: Answer) -> None:
        outcome, time_ms = answer.outcome, self._kernel.clock.now_ns / NS_PER_MS
        error = None
        if outcome.failure is not None:
            error = outcome.failure.to_error(subscription._function.path, outcome.logs, time_ms)
        subscription.updates.append(Update(time_ms, outcome.value, error))
        self._record("update", subscription, answer.run, error)

    def _unregister(self, subscription: Subscription) -> None:
        answer = subscription._answer
        if answer is not None:
            for table in answer.reads.tables:
                self._by_table[table].pop(subscription, None)

    def _record(
        self, kind: str, subscription: Subscription, run: int, error: FunctionError | None = None
    ) -> None:
        detail: dict[str, Any] = {"subscription": subscription._number}
        if error is not None:
            detail["error"] = error.message.partition("\n")[0]
        self._runtime.trace.record(kind, subscription._function.path, run, detail)


def _is_same(before: Outcome, after: Outcome) -> bool:
    return before.json == after.json and before.failure == after.failure
