"""Functions that call functions (semantics §6.2, §13.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.sim.hosts.protocol import CallResult, FunctionKind
from biconvex.sim.runtime.budget import narrowed
from biconvex.sim.runtime.components import Address
from biconvex.sim.runtime.syscalls.arguments import text_argument
from biconvex.sim.values import DeveloperError, Value, from_json

if TYPE_CHECKING:
    from biconvex.sim.runtime.outcome import Outcome
    from biconvex.sim.runtime.registry import RegisteredFunction
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime

__all__ = [
    "address_of",
    "arguments_of",
    "create_function_handle",
    "run_action",
    "run_mutation",
    "run_query",
    "run_udf",
]


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
    component, path = address_of(runtime, run, arguments, "runUdf")
    function = component.registry.find(path)
    if function is None:
        raise DeveloperError(
            "InvalidArgs", f"Could not find public function for '{path}'{component.in_component}."
        )
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
    function = target_of(runtime, run, arguments, "query")
    return _result(await runtime.query(function, arguments_of(arguments), run.identity_for(function), run))


async def run_mutation(runtime: Runtime, run: Run, arguments: Any) -> CallResult:
    """A mutation of an action: a transaction of its own, retried after conflicts."""
    function = target_of(runtime, run, arguments, "mutation")
    return _result(await runtime.mutation(function, arguments_of(arguments), run.identity_for(function), run))


async def run_action(runtime: Runtime, run: Run, arguments: Any) -> CallResult:
    """An action of an action."""
    function = target_of(runtime, run, arguments, "action")
    return _result(await runtime.action(function, arguments_of(arguments), run.identity_for(function), run))


def create_function_handle(runtime: Runtime, run: Run, arguments: Any) -> str:
    """A text by which other components can call a function (semantics §12.4)."""
    address = address_of(runtime, run, arguments, "createFunctionHandle")
    return msgspec.json.encode(runtime.components.handle(address)).decode()


def target_of(runtime: Runtime, run: Run, arguments: Any, kind: FunctionKind) -> RegisteredFunction:
    """The function that an action's call names, if it is of the kind that the call is for."""
    component, path = address_of(runtime, run, arguments, f"run{kind.capitalize()}")
    function = component.registry.require(path)
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


def address_of(runtime: Runtime, run: Run, arguments: Any, operation: str) -> Address:
    """What a call names; raises the errors of `Components.address`."""
    caller = run.function.component
    return runtime.components.address(caller, arguments, operation, in_action=run.transaction is None)


def arguments_of(arguments: Any) -> Value:
    """The arguments that a call passes on."""
    return from_json(arguments.get("args", {}))


def _result(outcome: Outcome) -> CallResult:
    if outcome.failure is not None:
        return CallResult(0, error=outcome.failure.caught, error_data=outcome.failure.data)
    return CallResult(0, outcome.json)
