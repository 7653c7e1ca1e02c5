"""Checks around a handler: the size and shape of what goes in and of what comes out (semantics §3.3, §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.sim.runtime.outcome import Outcome
from biconvex.sim.runtime.run import Run
from biconvex.sim.values import DeveloperError, Tables, Value, display, from_json, size_of
from biconvex.sim.values.rust import format_bytes
from biconvex.sim.values.surrogates import lone_surrogate

if TYPE_CHECKING:
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["check_arguments", "checked_outcome"]

_decode = msgspec.json.decode


def check_arguments(run: Run, args: Value, runtime: Runtime) -> None:
    """Refuse arguments that are no object, too large, or not what the function's validator says.

    Raises `DeveloperError` (`InvalidArgs`, `ArgumentsTooLarge`).
    """
    function = run.function
    if not isinstance(args, dict):
        raise DeveloperError(
            "InvalidArgs",
            f"Expected to receive an object as the function's argument. Instead received: {display(args)}",
        )
    if runtime.value_limits is not None:
        runtime.value_limits.check(args)
    run.arguments_bytes = size = 2 + size_of(args)  # they travel as a list of one
    limit = runtime.limits.arguments_bytes
    if size > limit:
        raise DeveloperError(
            "ArgumentsTooLarge",
            f"Arguments for {function.canonical} are too large "
            f"(actual: {format_bytes(size)}, limit: {format_bytes(limit)})",
        )
    if function.args is not None:
        problem = function.args.check(args, _tables(run, runtime))
        if problem is not None:
            raise DeveloperError("InvalidArgs", f"ArgumentValidationError: {problem}")
    if function.uses_node and size > runtime.limits.node_arguments_bytes:
        raise DeveloperError(
            "ArgumentsTooLarge",
            "Node actions arguments size is too large. The maximum size is "
            f"{format_bytes(runtime.limits.node_arguments_bytes)}. Reduce the size of the arguments or consider using "
            f"Convex runtime actions instead, which have a {format_bytes(limit)} limit. "
            "See https://docs.convex.dev/functions/runtimes",
        )


def checked_outcome(run: Run, json: str, runtime: Runtime) -> Outcome:
    """The outcome of a handler that returned this JSON text.

    Raises `DeveloperError`: `InvalidReturnValue` when the function's validator refuses it, `ReturnTooLarge`.
    """
    function = run.function
    try:
        value = from_json(_decode(json))
        if runtime.value_limits is not None:
            runtime.value_limits.check(value)
    except msgspec.DecodeError as error:
        raise DeveloperError(
            "FunctionReturnInvalidJson",
            f"Function {function.canonical} failed. Could not parse return value as json: "
            f"{lone_surrogate(json) or error}",
        ) from error
    except DeveloperError as error:
        raise DeveloperError(
            error.code, f"Function {function.canonical} return value invalid: {error.message}"
        ) from error
    run.return_bytes = size = size_of(value)
    limit = runtime.limits.return_bytes
    if size > limit:
        raise DeveloperError(
            "ReturnTooLarge",
            f"Function {function.canonical} return value is too large "
            f"(actual: {format_bytes(size)}, limit: {format_bytes(limit)})",
        )
    if function.returns is not None:
        problem = function.returns.check(value, _tables(run, runtime))
        if problem is not None:
            raise DeveloperError("InvalidReturnValue", f"ReturnsValidationError: {problem}")
    return Outcome(value, json)


def _tables(run: Run, runtime: Runtime) -> Tables:
    """The tables that ids may be of: those that the run's own transaction has created count."""
    if run.transaction is None:
        return runtime.store.tables_of(run.function.component)
    return run.transaction.tables
