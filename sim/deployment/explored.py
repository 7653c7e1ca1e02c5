"""What a test does with a deployment beyond calling it: calls side by side, faults, and what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, TypeVar

from biconvex.sim.deployment.caller import Caller
from biconvex.sim.deployment.calls import Call, CallOutcome, Request, claims_of
from biconvex.sim.deployment.client import Client
from biconvex.sim.deployment.concurrency import run_together
from biconvex.sim.deployment.invariants import Check, Invariants
from biconvex.sim.deployment.phases import Phases
from biconvex.sim.deployment.webhooks import deliver
from biconvex.sim.faults import Faults
from biconvex.sim.kernel import Choices, duration_ns, parse_duration
from biconvex.sim.services import HttpResponse
from biconvex.sim.values import UsageError

__all__ = ["Explored"]

C = TypeVar("C", bound=Check)


class Explored(Caller):
    """A deployment as something to explore."""

    _phases: Phases
    _invariants: Invariants
    _client_choices: Choices
    _clients: int

    def client(self, *, as_user: Mapping[str, Any] | str | None = None) -> Client:
        """A client with a connection of its own: its mutations run in order, one at a time.

        `as_user` has the claims of who is logged in, or the subject alone.
        """
        self._clients += 1
        choices = self._client_choices.child(str(self._clients))
        return Client(self._deployment, claims_of(as_user), self._clients, choices)

    # --- side by side --------------------------------------------------------------------------------------

    def concurrently(self, *calls: Call | Request) -> list[CallOutcome]:
        """Run calls side by side, each going on in turns that the seed draws; what came of each, in the order given.

        Conflicts happen, and are retried, as in Convex. The clock moves by what the calls wait for. Raises `UsageError`
        for what is no call, and for arguments that aren't Convex values; errors of functions are outcomes.
        """
        self._deployment._require_open()
        return run_together(self._deployment, calls)

    def deliver(self, *requests: Request) -> list[HttpResponse]:
        """Deliver requests as the senders of webhooks do; the first response to each, in the order given.

        They arrive one after the other, unless the faults `repeated_webhook` and `reordered_webhook` strike.
        """
        self._deployment._require_open()
        return deliver(self._deployment, requests)

    # --- what goes wrong, and what must hold ---------------------------------------------------------------

    def faults(self, faults: Faults | Mapping[str, Any] | str) -> AbstractContextManager[None]:
        """Have these faults strike within a `with` block, in the place of what strikes outside of it."""
        return self._phases.during(faults)

    @property
    def fault_rates(self) -> dict[str, float]:
        """The probabilities of the faults that may strike now, by their names; what was drawn is settled here."""
        return self._phases.rates

    def calm(self, *, max_jobs: int = 10_000) -> None:
        """Have nothing go wrong any more, finish all scheduled work, and check what must hold eventually.

        Raises `InvariantViolation`, `StallError` for work that nothing can finish, and as `run_until_idle` does.
        """
        self._phases.end()
        self._deployment.run_until_idle(max_jobs=max_jobs)

    def invariant(self, check: C) -> C:
        """Hold the deployment to an invariant, after every commit from now on, and as it is: a decorator.

        `check` gets the committed documents (`db.table(…)`, `db.get(…)`, `db.names`), and asserts, or returns if it
        holds. It is asked again when a table it looked at has changed. Whatever was called then ends with
        `InvariantViolation`, or with `InvariantError` if `check` raises anything else.
        """
        self._invariants.always(check)
        return check

    def eventually(self, condition: C, *, within: str | timedelta | None = None) -> C:
        """Hold the deployment to a condition whenever it is idle, after `run_until_idle` or `calm`: a decorator.

        `condition` is as for `invariant`. With `within` (`"10m"`, `timedelta(minutes=10)`), counted from now, it may
        come true by itself until then: time passes, cron jobs run.
        """
        self._invariants.eventually(condition, None if within is None else _duration_ns(within))
        return condition


def _duration_ns(within: str | timedelta) -> int:
    try:
        return (
            parse_duration(within) if isinstance(within, str) else duration_ns(seconds=within.total_seconds())
        )
    except ValueError as error:
        raise UsageError(f"eventually(…, within={within!r}): {error}") from None
