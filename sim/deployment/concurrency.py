"""Calls that run side by side: at every operation, which of them goes on is a seeded choice."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from biconvex.sim.deployment.calls import Call, CallOutcome, Request
from biconvex.sim.kernel import NS_PER_MS, Kernel, Task
from biconvex.sim.runtime import Outcome, RegisteredFunction
from biconvex.sim.values import FunctionError, UsageError, Value

if TYPE_CHECKING:
    from biconvex.sim.deployment.deployment import Deployment

__all__ = ["outcome_of", "run_together"]

Resolved = tuple[RegisteredFunction, Value] | FunctionError


def run_together(deployment: Deployment, calls: Sequence[Call | Request]) -> list[CallOutcome]:
    """Run calls and requests to their ends; what came of each, in the order given.

    Mutations of one client wait for each other, in the order given.
    """
    for made in calls:
        if not isinstance(made, Call | Request):
            raise UsageError(
                'concurrently takes calls that are not run yet, call("module:function", {…}) or request("/path"); '
                f"got {made!r}"
            )
        if isinstance(made, Call) and made.client is not None and not made.client.is_of(deployment):
            raise UsageError(f"{made!r} is by a client of another deployment")
    # What makes no sense is refused before anybody takes a place in a client's order.
    resolved = [_resolved(deployment, made) if isinstance(made, Call) else None for made in calls]
    tasks = [
        deployment._kernel.spawn(_prepared(deployment, made, found), repr(made))
        for made, found in zip(calls, resolved, strict=True)
    ]
    return deployment._await(_gathered(tasks), "calls")


def _resolved(deployment: Deployment, made: Call) -> Resolved:
    try:
        return deployment._resolve(None, made.function, made.args, admin=made.admin)
    except FunctionError as error:
        return error


def _prepared(
    deployment: Deployment, made: Call | Request, found: Resolved | None
) -> Coroutine[Any, Any, CallOutcome]:
    if isinstance(made, Request):
        return _respond(deployment, made)
    if not isinstance(found, tuple):
        return _failed(found)
    return _run(deployment, made, *found) if made.client is None else made.client.prepared(*found)


async def _gathered(tasks: Sequence[Task[CallOutcome]]) -> list[CallOutcome]:
    return [await task for task in tasks]


async def _respond(deployment: Deployment, made: Request) -> CallOutcome:
    return CallOutcome(await deployment._respond(made))


async def _failed(error: FunctionError | None) -> CallOutcome:
    return CallOutcome(error=error)


async def _run(deployment: Deployment, made: Call, function: RegisteredFunction, value: Value) -> CallOutcome:
    deployment.trace.record("call", function.path, 0, {"kind": function.kind})
    outcome = await deployment._start(function, value, made.identity)
    return outcome_of(outcome, function.path, deployment._kernel)


def outcome_of(outcome: Outcome, path: str, kernel: Kernel) -> CallOutcome:
    """What came of a call, as the test sees it."""
    if outcome.failure is None:
        return CallOutcome(outcome.value)
    return CallOutcome(error=outcome.failure.to_error(path, outcome.logs, kernel.clock.now_ns / NS_PER_MS))
