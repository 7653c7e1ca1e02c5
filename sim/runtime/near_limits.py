"""Warnings of a run that came close to a limit, in Convex's words (semantics §6.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from biconvex.sim.kernel import NS_PER_MS
from biconvex.sim.values import nesting_of

if TYPE_CHECKING:
    from biconvex.sim.runtime.limits import Limits
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.store import Document, TransactionUsage

__all__ = ["RATIO", "duration_text", "near_limits"]

RATIO: Final = 0.8
_DOCUMENT_BYTES: Final = 1 << 20
_DOCUMENT_NESTING: Final = 16
_HELP: Final = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective "
    "index range expressions."
)
Warned = tuple[str, str]


def near_limits(
    run: Run, usage: TransactionUsage | None, limits: Limits, elapsed_ns: int
) -> Iterator[Warned]:
    """Code and text of each warning that a run deserves, in Convex's order; `usage` is None for an action.

    `elapsed_ns` is what counts to the limit of time.
    """
    if usage is None:
        yield from _of_action(run, limits)
    else:
        yield from _of_transaction(run, usage, limits)
    yield from _duration(elapsed_ns, run.time_limit_ms)


def _of_action(run: Run, limits: Limits) -> Iterator[Warned]:
    yield from _near(
        run.arguments_bytes, limits.arguments_bytes, "FunctionArgumentsTooLarge", "Large size of the action arguments",
        " bytes",
    )  # fmt: skip
    yield from _near(
        run.return_bytes, limits.return_bytes, "TooLargeFunctionResult", "Large size of the action return value",
        " bytes",
    )  # fmt: skip


def _of_transaction(run: Run, usage: TransactionUsage, limits: Limits) -> Iterator[Warned]:
    execution, here = run.execution, "in a single function execution"
    scheduled = "Large total size of the arguments of scheduled functions from this mutation"
    rows = (
        (run.arguments_bytes, limits.arguments_bytes, "TooLargeFunctionArguments",
         "Large size of the function arguments", " bytes", ""),
        (usage.documents_read, limits.documents_read, "TooManyDocumentsRead", f"Many documents read {here}", "", _HELP),
        (usage.database_queries, limits.database_queries, "TooManyReads", f"Many reads {here}", "", _HELP),
        (usage.bytes_read, limits.bytes_read, "TooManyBytesRead", f"Many bytes read {here}", " bytes", _HELP),
        (usage.documents_written, limits.documents_written, "TooManyWrites", f"Many writes {here}", "", ""),
        (usage.bytes_written, limits.bytes_written, "TooManyBytesWritten", f"Many bytes written {here}", " bytes", ""),
        (execution.functions, limits.functions_scheduled, "TooManyFunctionsScheduled",
         "Many functions scheduled by this mutation", "", ""),
        (execution.argument_bytes, limits.scheduled_arguments_bytes, "ScheduledFunctionsArgumentsTooLarge", scheduled,
         " bytes", ""),
    )  # fmt: skip
    for used, limit, code, message, unit, help_text in rows:
        yield from _near(used, limit, code, message, unit, help_text)
    yield from _one_schedule(execution.largest_arguments, limits.one_scheduled_arguments_bytes)
    if usage.documents_written:
        yield from _documents(run)
    yield from _near(
        run.return_bytes, limits.return_bytes, "TooLargeFunctionResult", "Large size of the function return value",
        " bytes",
    )  # fmt: skip


def _one_schedule(used: int, limit: int) -> Iterator[Warned]:
    if used <= int(RATIO * limit):
        return
    future = ". This will become a hard error in the future" if used > limit else ""
    message = f"Large arguments for a single scheduled function from this mutation{future}"
    yield "ScheduledFunctionsArgumentsTooLarge", _text(message, used, limit, " bytes")


def _documents(run: Run) -> Iterator[Warned]:
    written = [
        after for _, after in run.tx.writes.changes.values() if after is not None and after.table[0] != "_"
    ]
    if not written:
        return
    largest = max(written, key=lambda document: document.size)
    yield from _near(
        largest.size,
        _DOCUMENT_BYTES,
        "ValueTooLargeError",
        f'Large document written with ID "{largest.id}"',
        " bytes",
    )
    deep = [document for document in written if _may_be_deep(document)]
    if deep:
        deepest = max(deep, key=_nesting)
        yield from _near(
            _nesting(deepest), _DOCUMENT_NESTING, "TooNested",
            f'Deeply nested document written with ID "{deepest.id}"', " levels",
        )  # fmt: skip


def _may_be_deep(document: Document) -> bool:
    """Most documents are flat, and needn't be walked through."""
    return any(type(field) is dict or type(field) is list for field in document.value.values())


def _nesting(document: Document) -> int:
    return nesting_of(document.value)


def _near(
    used: int, limit: int, code: str, message: str, unit: str = "", help_text: str = ""
) -> Iterator[Warned]:
    if int(RATIO * limit) < used <= limit:
        yield code, _text(message, used, limit, unit) + (f" {help_text}" if help_text else "")


def _text(message: str, used: int, limit: int, unit: str) -> str:
    return f"{message} (actual: {used}{unit}, limit: {limit}{unit})."


def _duration(used_ns: int, limit_ms: int) -> Iterator[Warned]:
    limit_ns = limit_ms * NS_PER_MS
    if RATIO * limit_ns < used_ns <= limit_ns:
        yield (
            "UserTimeout",
            (
                f"Function execution took a long time. (maximum duration: {duration_text(limit_ns)}, "
                f"actual duration: {duration_text(used_ns)})."
            ),
        )


_UNITS: Final[tuple[tuple[int, str], ...]] = (
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1_000, "µs"),
    (1, "ns"),
)


def duration_text(time_ns: int) -> str:
    """A duration as Rust shows it for debugging, and Convex in these messages: `1s`, `1.5s`, `950ms`."""
    size, unit = next((pair for pair in _UNITS if time_ns >= pair[0]), _UNITS[-1])
    whole, rest = divmod(time_ns, size)
    digits = f"{rest:0{len(str(size)) - 1}}".rstrip("0") if rest else ""
    return f"{whole}.{digits}{unit}" if digits else f"{whole}{unit}"
