"""Checks around a handler: the size and shape of what goes in and of what comes out (semantics §3.3, §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.sim.runtime.outcome import Outcome, Terminated
from biconvex.sim.runtime.run import Run
from biconvex.sim.values import DeveloperError, Tables, Value, display, from_json, size_of

if TYPE_CHECKING:
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["check_arguments", "checked_outcome"]

_decode = msgspec.json.decode


def check_arguments(run: Run, args: Value, runtime: Runtime) -> None:
    """Refuse arguments that are no object, too large, or not what the function's validator says.

    Raises `DeveloperError` (`InvalidArgs`), or `Terminated` for the size.
    """
    function = run.function
    if not isinstance(args, dict):
        raise DeveloperError(
            "InvalidArgs",
            f"Expected to receive an object as the function's argument. Instead received: {display(args)}",
        )
    size, limit = size_of([args]), runtime.limits.arguments_bytes
    if size > limit:
        raise Terminated(
            f"Arguments for {function.path} are too large "
            f"(actual: {_mebibytes(size)}, limit: {_mebibytes(limit)})",
            "ArgumentsTooLarge",
        )
    if function.args is not None:
        problem = function.args.check(args, _tables(run, runtime))
        if problem is not None:
            raise DeveloperError("InvalidArgs", f"ArgumentValidationError: {problem}")


def checked_outcome(run: Run, json: str, runtime: Runtime) -> Outcome:
    """The outcome of a handler that returned this JSON text.

    Raises `DeveloperError` (`InvalidReturnValue`) when the function's validator refuses it, `Terminated` for the size.
    """
    function = run.function
    value = from_json(_decode(json))
    size, limit = size_of(value), runtime.limits.return_bytes
    if size > limit:
        raise Terminated(
            f"Function {function.path} return value is too large "
            f"(actual: {_mebibytes(size)}, limit: {_mebibytes(limit)})",
            "ReturnTooLarge",
        )
    if function.returns is not None:
        problem = function.returns.check(value, _tables(run, runtime))
        if problem is not None:
            raise DeveloperError("InvalidReturnValue", f"ReturnsValidationError: {problem}")
    return Outcome(value, json, None, tuple(run.logs))


def _tables(run: Run, runtime: Runtime) -> Tables:
    """The tables that ids may be of: those that the run's own transaction has created count."""
    return runtime.store.tables if run.transaction is None else run.transaction.tables


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):.4g} MiB"
