"""Calls that run side by side: at every operation, which of them goes on is a seeded choice."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from biconvex.sim.deployment.calls import Call, CallOutcome, Request
from biconvex.sim.kernel import NS_PER_MS, Kernel, Task
from biconvex.sim.runtime import Outcome
from biconvex.sim.values import FunctionError, UsageError

if TYPE_CHECKING:
    from biconvex.sim.deployment.deployment import Deployment

__all__ = ["outcome_of", "run_together"]


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
    kernel = deployment._kernel
    tasks = [
        kernel.spawn(work, repr(made))
        for made, work in zip(calls, [_prepared(deployment, made) for made in calls], strict=True)
    ]
    return deployment._await(_gathered(tasks), "calls")


def _prepared(deployment: Deployment, made: Call | Request) -> Coroutine[Any, Any, CallOutcome]:
    if isinstance(made, Request):
        return _respond(deployment, made)
    if made.client is None:
        return _run(deployment, made)
    return made.client.prepared(made)


async def _gathered(tasks: Sequence[Task[CallOutcome]]) -> list[CallOutcome]:
    return [await task for task in tasks]


async def _respond(deployment: Deployment, made: Request) -> CallOutcome:
    return CallOutcome(await deployment._respond(made))


async def _run(deployment: Deployment, made: Call) -> CallOutcome:
    try:
        function, value = deployment._resolve(None, made.function, made.args, admin=made.admin)
    except FunctionError as error:
        return CallOutcome(error=error)
    deployment.trace.record("call", function.path, 0, {"kind": function.kind})
    outcome = await deployment._start(function, value, made.identity)
    return outcome_of(outcome, function.path, deployment._kernel)


def outcome_of(outcome: Outcome, path: str, kernel: Kernel) -> CallOutcome:
    """What came of a call, as the test sees it."""
    if outcome.failure is None:
        return CallOutcome(outcome.value)
    return CallOutcome(error=outcome.failure.to_error(path, outcome.logs, kernel.clock.now_ns / NS_PER_MS))
