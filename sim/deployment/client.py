"""A client as the npm package's: one connection, mutations in order, calls that are sent again after it was lost.

Sources: `RequestManager` and `WebSocketManager` of the package `convex` (what is sent again, and when); the backend's
records of session requests (a mutation that has committed is answered from its record, and not run again).
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

from biconvex.sim.deployment.caller import Arguments, Caller, Reference
from biconvex.sim.deployment.calls import Call, CallOutcome
from biconvex.sim.deployment.concurrency import outcome_of
from biconvex.sim.kernel import NS_PER_MS, Choices, Future
from biconvex.sim.runtime import Identity, Outcome, RegisteredFunction
from biconvex.sim.server.references import function_path
from biconvex.sim.values import FunctionError, Value

if TYPE_CHECKING:
    from biconvex.sim.deployment.deployment import Deployment

__all__ = ["Client"]

_FIRST_BACKOFF_MS: Final = 1_000
_LAST_BACKOFF_MS: Final = 16_000
_LOST: Final = "lost_connection"
_LOST_ACTION: Final = "Connection lost while action was in flight"


class Client(Caller):
    """One client's connection. Its mutations run one at a time, in the order they are sent; the rest side by side.

    Give several of its calls to `convex.concurrently` to have them under way together. Where the fault
    `lost_connection` strikes, it reconnects after a second or more: a mutation is sent again, and one that has
    committed is not run twice; queries are run again; an action fails, whether it has run or not.
    """

    def __init__(self, deployment: Deployment, identity: Identity, number: int, choices: Choices) -> None:
        super().__init__(deployment, identity)
        self.number = number
        self._choices = choices
        self._last_mutation: Future[None] | None = None

    def is_of(self, deployment: Deployment) -> bool:
        """Whether it is connected to this deployment."""
        return self._deployment is deployment

    def call(self, function: Reference, args: Arguments = None) -> Call:
        """A call by this client that is not run yet, for `convex.concurrently`."""
        return Call(function_path(function), args or {}, self._identity, client=self)

    def prepared(self, function: RegisteredFunction, value: Value) -> Coroutine[Any, Any, CallOutcome]:
        """Take a place in the order of mutations, if it is one, and answer what is to be run."""
        if function.kind != "mutation":
            return self._perform(function, value)
        before, done = self._last_mutation, Future[None]()
        self._last_mutation = done
        return self._in_turn(before, self._perform(function, value), done)

    async def _in_turn(
        self, before: Future[None] | None, work: Coroutine[Any, Any, CallOutcome], done: Future[None]
    ) -> CallOutcome:
        try:
            if before is not None:
                await before
            return await work
        finally:
            work.close()
            done.set_result(None)

    def _call(self, kind: str | None, reference: Reference, args: Arguments) -> Any:
        # What can't be called at all is refused in the words for everybody.
        self._deployment._resolve(kind, reference, args, admin=False)
        return self._deployment.concurrently(self.call(reference, args))[0].result()

    async def _perform(self, function: RegisteredFunction, value: Value) -> CallOutcome:
        deployment, path, attempt = self._deployment, function.path, 0
        deployment.trace.record("call", path, 0, {"kind": function.kind, "client": self.number})
        record: Outcome | None = None
        while True:
            lost = self._lost(path, attempt)
            if function.kind == "action" and lost is not None:
                if lost == "after":  # nobody waits for it any more, and it goes on
                    deployment._kernel.spawn(
                        deployment._start(function, value, self._identity), f"{path}, whose client is gone"
                    )
                await self._reconnect(attempt)
                return CallOutcome(error=FunctionError(_LOST_ACTION, function=path))
            if lost != "before":
                outcome = record or await deployment._start(function, value, self._identity)
                if function.kind == "mutation" and outcome.failure is None:
                    record = outcome
                if lost is None:
                    return outcome_of(outcome, path, deployment._kernel)
            await self._reconnect(attempt)
            attempt += 1

    def _lost(self, path: str, attempt: int) -> str | None:
        """Whether the connection is lost before the call arrives, or after it was performed."""
        faults = self._deployment._runtime.faults
        if faults is None:
            return None
        lost = faults.strikes_when(_LOST, path, ("before", "after"), client=self.number)
        if lost is not None:
            faults.keep_going(_LOST, attempt, f"client {self.number} waits for an answer from {path}")
        return lost

    async def _reconnect(self, attempt: int) -> None:
        backoff_ms = min(_FIRST_BACKOFF_MS * 2**attempt, _LAST_BACKOFF_MS) * (0.5 + self._choices.fraction())
        await self._deployment._kernel.sleep(round(backoff_ms * NS_PER_MS))
