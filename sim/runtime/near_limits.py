"""Warnings of a run that came close to a limit, in Convex's words (semantics §6.6)."""

from __future__ import annotations

from operator import gt
from typing import TYPE_CHECKING, Final

import msgspec
from biconvex.sim.kernel import NS_PER_MS
from biconvex.sim.values import Int64, nesting_of

if TYPE_CHECKING:
    from biconvex.sim.runtime.limits import Limits
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.store import Document, TransactionUsage

__all__ = ["RATIO", "NearLimits", "Warned", "duration_text"]

RATIO: Final = 0.8
_HELP: Final = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective "
    "index range expressions."
)
_BYTES: Final = " bytes"
_FLAT: Final = frozenset((str, float, bool, type(None), Int64, bytes))
Warned = tuple[str, str]


class _Row(msgspec.Struct, frozen=True):
    """A limit, from where on it is near, and what is said then."""

    limit: int
    near: int
    code: str
    message: str
    unit: str = ""
    help_text: str = ""


def _row(limit: int, code: str, message: str, unit: str = "", help_text: str = "") -> _Row:
    return _Row(limit, int(RATIO * limit), code, message, unit, help_text)


class NearLimits:
    """Finds what a run deserves to be warned of, under given limits."""

    def __init__(self, limits: Limits) -> None:
        here = "in a single function execution"
        scheduled = "Large total size of the arguments of scheduled functions from this mutation"
        self._one_scheduled = limits.one_scheduled_arguments_bytes
        self._document = limits.document_bytes, limits.document_nesting
        self._transaction = (
            _row(
                limits.arguments_bytes,
                "TooLargeFunctionArguments",
                "Large size of the function arguments",
                _BYTES,
            ),
            _row(limits.documents_read, "TooManyDocumentsRead", f"Many documents read {here}", "", _HELP),
            _row(limits.database_queries, "TooManyReads", f"Many reads {here}", "", _HELP),
            _row(limits.bytes_read, "TooManyBytesRead", f"Many bytes read {here}", _BYTES, _HELP),
            _row(limits.documents_written, "TooManyWrites", f"Many writes {here}"),
            _row(limits.bytes_written, "TooManyBytesWritten", f"Many bytes written {here}", _BYTES),
            _row(
                limits.functions_scheduled,
                "TooManyFunctionsScheduled",
                "Many functions scheduled by this mutation",
            ),
            _row(limits.scheduled_arguments_bytes, "ScheduledFunctionsArgumentsTooLarge", scheduled, _BYTES),
        )
        self._result = _row(
            limits.return_bytes, "TooLargeFunctionResult", "Large size of the function return value", _BYTES
        )
        # From where on any warning of a transaction is possible: most runs come near nothing.
        self._all_near = (
            *(row.near for row in self._transaction),
            self._result.near,
            int(RATIO * limits.one_scheduled_arguments_bytes),
            int(RATIO * limits.user_time_ms * NS_PER_MS),
        )
        self._action = (
            _row(
                limits.arguments_bytes,
                "FunctionArgumentsTooLarge",
                "Large size of the action arguments",
                _BYTES,
            ),
            _row(
                limits.return_bytes, "TooLargeFunctionResult", "Large size of the action return value", _BYTES
            ),
        )

    def of_action(self, run: Run, elapsed_ns: int) -> list[Warned]:
        """Code and text of each warning for an action, in Convex's order; `elapsed_ns` is all the time it took."""
        arguments, result = self._action
        found = _near((arguments,), (run.arguments_bytes,)) + _duration(elapsed_ns, run.time_limit_ms)
        return found + _near((result,), (run.return_bytes,))

    def of_transaction(self, run: Run, usage: TransactionUsage) -> list[Warned]:
        """Code and text of each warning for a query or mutation, in Convex's order."""
        execution = run.execution
        used = (
            run.arguments_bytes,
            usage.documents_read,
            usage.database_queries,
            usage.bytes_read,
            usage.documents_written,
            usage.bytes_written,
            execution.functions,
            execution.argument_bytes,
        )
        found = _documents(run, *self._document) if usage.documents_written else []
        others = (run.return_bytes, execution.largest_arguments, execution.user_ns)
        if not found and not any(map(gt, (*used, *others), self._all_near)):
            return found
        return [
            *_near(self._transaction, used),
            *_one_schedule(execution.largest_arguments, self._one_scheduled),
            *found,
            *_near((self._result,), (run.return_bytes,)),
            *_duration(execution.user_ns, run.time_limit_ms),
        ]


def _near(rows: tuple[_Row, ...], used: tuple[int, ...]) -> list[Warned]:
    return [
        (
            row.code,
            _text(row.message, amount, row.limit, row.unit) + (f" {row.help_text}" if row.help_text else ""),
        )
        for row, amount in zip(rows, used, strict=True)
        if row.near < amount <= row.limit
    ]


def _one_schedule(used: int, limit: int) -> list[Warned]:
    if used <= int(RATIO * limit):
        return []
    future = ". This will become a hard error in the future" if used > limit else ""
    message = f"Large arguments for a single scheduled function from this mutation{future}"
    return [("ScheduledFunctionsArgumentsTooLarge", _text(message, used, limit, _BYTES))]


def _documents(run: Run, most_bytes: int, most_nesting: int) -> list[Warned]:
    written = [
        after for _, after in run.tx.writes.changes.values() if after is not None and after.table[0] != "_"
    ]
    if not written:
        return []
    largest = max(written, key=_size)
    run.execution.peak("document_bytes", largest.size)
    found = []
    if largest.size > int(RATIO * most_bytes):
        message = f'Large document written with ID "{largest.id}"'
        found += _near((_row(most_bytes, "ValueTooLargeError", message, _BYTES),), (largest.size,))
    deep = [document for document in written if _may_be_deep(document)]
    if deep:
        deepest = max(deep, key=_nesting)
        run.execution.peak("document_nesting", _nesting(deepest))
        message = f'Deeply nested document written with ID "{deepest.id}"'
        found += _near((_row(most_nesting, "TooNested", message, " levels"),), (_nesting(deepest),))
    return found


def _size(document: Document) -> int:
    return document.size


def _may_be_deep(document: Document) -> bool:
    """Most documents are flat, and needn't be walked through."""
    return not _FLAT.issuperset(map(type, document.values))


def _nesting(document: Document) -> int:
    return nesting_of(document.value)


def _text(message: str, used: int, limit: int, unit: str) -> str:
    return f"{message} (actual: {used}{unit}, limit: {limit}{unit})."


def _duration(used_ns: int, limit_ms: int) -> list[Warned]:
    limit_ns = limit_ms * NS_PER_MS
    if not RATIO * limit_ns < used_ns <= limit_ns:
        return []
    limit, used = duration_text(limit_ns), duration_text(used_ns)
    text = f"Function execution took a long time. (maximum duration: {limit}, actual duration: {used})."
    return [("UserTimeout", text)]


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
