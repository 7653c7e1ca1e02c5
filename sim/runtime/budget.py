"""The limits of a nested call: a budget on top of what was used, within the limits there are (semantics §6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec
from biconvex.sim.runtime.execution import ScheduleLimits
from biconvex.sim.values import DeveloperError

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run

__all__ = ["narrowed"]

_KEYS: Final = (
    "bytesRead",
    "documentsRead",
    "databaseQueries",
    "documentsWritten",
    "bytesWritten",
    "functionsScheduled",
    "scheduledFunctionArgsBytes",
)


@contextmanager
def narrowed(run: Run, budget: Any) -> Iterator[None]:
    """Hold a run's transaction to a budget (`transactionLimits`) for the time of a nested call.

    Raises `DeveloperError` (`InvalidArgument`) for a budget that isn't one.
    """
    _check(budget)
    transaction, execution = run.tx, run.execution
    outer, schedule, usage = transaction.limits, execution.limits, transaction.usage

    def most(key: str, used: int, limit: int) -> int:
        return limit if key not in budget else min(limit, used + int(budget[key]))

    transaction.limits = msgspec.structs.replace(
        outer,
        bytes_read=most("bytesRead", usage.bytes_read, outer.bytes_read),
        documents_read=most("documentsRead", usage.documents_read, outer.documents_read),
        database_queries=most("databaseQueries", usage.database_queries, outer.database_queries),
        documents_written=most("documentsWritten", usage.documents_written, outer.documents_written),
        bytes_written=most("bytesWritten", usage.bytes_written, outer.bytes_written),
    )
    execution.limits = ScheduleLimits(
        most("functionsScheduled", execution.functions, schedule.functions),
        most("scheduledFunctionArgsBytes", execution.argument_bytes, schedule.argument_bytes),
    )
    try:
        yield
    finally:
        transaction.limits, execution.limits = outer, schedule


def _check(budget: Any) -> None:
    if not isinstance(budget, dict):
        raise DeveloperError(
            "InvalidArgument", "Invalid arguments for `runUdf`: transactionLimits must be an object"
        )
    for key in _KEYS:
        amount = budget.get(key, 0)
        if (
            not isinstance(amount, int | float)
            or isinstance(amount, bool)
            or amount < 0
            or amount != int(amount)
        ):
            raise DeveloperError(
                "InvalidArgument",
                f"Invalid arguments for `runUdf`: {key} must be a whole number that is not negative, got {amount!r}",
            )
