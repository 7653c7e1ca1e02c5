"""Functions that call functions (semantics §6.2, §13.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from biconvex.sim.hosts.protocol import CallResult, FunctionKind
from biconvex.sim.runtime.budget import narrowed
from biconvex.sim.runtime.syscalls.arguments import text_argument
from biconvex.sim.values import DeveloperError, Value, from_json

if TYPE_CHECKING:
    from biconvex.sim.runtime.outcome import Outcome
    from biconvex.sim.runtime.registry import RegisteredFunction
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["arguments_of", "path_of", "run_action", "run_mutation", "run_query", "run_udf", "target_of"]


async def run_udf(runtime: Runtime, run: Run, arguments: Any) -> CallResult:
    """A query or mutation within the caller's transaction."""
    kind = text_argument(arguments, "udfType", "runUdf").lower()
    if kind not in {"query", "mutation", "snapshotquery"}:
        raise DeveloperError(
            "InvalidArgument",
            f"Only queries and mutations can be called as nested UDFs, got {arguments['udfType'].capitalize()}",
        )
    if run.function.kind == "query" and kind == "mutation":
        raise DeveloperError("InvalidFunctionCall", "Cannot call a Mutation function from a Query function")
    path = path_of(arguments)
    function = runtime.registry.find(path)
    if function is None:
        raise DeveloperError("InvalidArgs", f"Could not find public function for '{path}'.")
    check_kind(function, "mutation" if kind == "mutation" else "query")
    args = arguments_of(arguments)
    if kind == "snapshotquery":
        return _result(await runtime.stale_query(run, function, args))
    budget = arguments.get("transactionLimits")
    if budget is None:
        return _result(await runtime.nested(run, function, args))
    with narrowed(run, budget):
        return _result(await runtime.nested(run, function, args))


async def run_query(runtime: Runtime, run: Run, arguments: Any) -> CallResult:
    """A query of an action: a transaction of its own."""
    function = target_of(runtime, arguments, "query")
    return _result(await runtime.query(function, arguments_of(arguments), run.identity, run))


async def run_mutation(runtime: Runtime, run: Run, arguments: Any) -> CallResult:
    """A mutation of an action: a transaction of its own, retried after conflicts."""
    function = target_of(runtime, arguments, "mutation")
    return _result(await runtime.mutation(function, arguments_of(arguments), run.identity, run))


async def run_action(runtime: Runtime, run: Run, arguments: Any) -> CallResult:
    """An action of an action."""
    function = target_of(runtime, arguments, "action")
    return _result(await runtime.action(function, arguments_of(arguments), run.identity, run))


def target_of(runtime: Runtime, arguments: Any, kind: FunctionKind) -> RegisteredFunction:
    """The function that a call names, if it is of the kind that the call is for."""
    function = runtime.registry.require(path_of(arguments))
    check_kind(function, kind)
    return function


def check_kind(function: RegisteredFunction, kind: FunctionKind) -> None:
    """Raise `DeveloperError` when a function is called as something that it isn't."""
    if function.kind != kind:
        raise DeveloperError(
            "InvalidFunctionKind",
            f"Trying to execute {function.canonical} as {kind.capitalize()}, "
            f"but it is defined as {function.kind_name}.",
        )


def path_of(arguments: Any) -> str:
    """The path that a call names."""
    name = arguments.get("name")
    if isinstance(name, str):
        return name
    named = arguments.get("reference") or arguments.get("functionHandle")
    raise DeveloperError(
        "UnsupportedReference", f"{named}: components and function handles are not simulated yet."
    )


def arguments_of(arguments: Any) -> Value:
    """The arguments that a call passes on."""
    return from_json(arguments.get("args", {}))


def _result(outcome: Outcome) -> CallResult:
    if outcome.failure is not None:
        return CallResult(0, error=outcome.failure.caught, error_data=outcome.failure.data)
    return CallResult(0, outcome.json)
