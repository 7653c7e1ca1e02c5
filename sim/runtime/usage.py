"""How close each function has come to each limit, over all its runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import gt
from typing import Final

import msgspec

__all__ = ["FunctionUsage", "Measure", "Usage"]


class Measure(msgspec.Struct, frozen=True):
    """The most that any run has used of something, and the limit that it had then; bytes, milliseconds or a count."""

    used: float = 0
    limit: float = 0

    @property
    def fraction(self) -> float:
        """How much of the limit that is: 1 is all of it, more than 1 failed."""
        return self.used / self.limit if self.limit else float(self.used > 0)

    def __str__(self) -> str:
        return f"{self.used:,} of {self.limit:,} ({self.fraction:.0%})"


_NOTHING: Final = Measure()


class FunctionUsage:
    """What runs of one function have used, each measure that of the run that came closest to its limit.

    What a query or mutation reads, writes and schedules is counted with everything that it calls; the functions it
    calls have measures of their own for arguments, return values and the depth of calls. An action has those and its
    time. A measure that was never taken is 0 of 0: those of pages, searches, documents and the like are of functions
    that have some.
    """

    MEASURES: Final = (
        "arguments_bytes",
        "return_bytes",
        "documents_read",
        "bytes_read",
        "database_queries",
        "documents_written",
        "bytes_written",
        "functions_scheduled",
        "scheduled_arguments_bytes",
        "user_time_ms",
        "system_time_ms",
        "call_depth",
        "log_lines",
        "document_bytes",
        "document_nesting",
        "one_scheduled_arguments_bytes",
        "page_size",
        "search_results",
        "vector_search_results",
        "concurrent_action_operations",
        "mutation_retries",
        "audit_log_lines",
        "audit_log_line_bytes",
        "audit_log_bytes",
    )

    arguments_bytes: Measure
    return_bytes: Measure
    documents_read: Measure
    bytes_read: Measure
    database_queries: Measure
    documents_written: Measure
    bytes_written: Measure
    functions_scheduled: Measure
    scheduled_arguments_bytes: Measure
    user_time_ms: Measure
    system_time_ms: Measure
    call_depth: Measure
    log_lines: Measure
    document_bytes: Measure
    document_nesting: Measure
    one_scheduled_arguments_bytes: Measure
    page_size: Measure
    search_results: Measure
    vector_search_results: Measure
    concurrent_action_operations: Measure
    mutation_retries: Measure
    audit_log_lines: Measure
    audit_log_line_bytes: Measure
    audit_log_bytes: Measure

    def __init__(self) -> None:
        self.runs = 0
        # The most that `note_all` was given, measure by measure.
        self._most: tuple[float, ...] = ()
        for name in self.MEASURES:
            setattr(self, name, _NOTHING)

    def note(self, name: str, used: float, limit: float) -> None:
        """Take a measure of a run."""
        known: Measure = getattr(self, name)
        if known is _NOTHING or used * known.limit > known.used * limit:
            setattr(self, name, Measure(used, limit))

    def note_all(self, names: tuple[str, ...], used: tuple[float, ...], limits: tuple[float, ...]) -> None:
        """Take several measures of a run; of a function these have to be the same each time, under the same limits."""
        most = self._most
        if most and not any(map(gt, used, most)):
            return
        self._most = tuple(map(max, used, most)) if most else used
        for name, amount, limit in zip(names, used, limits, strict=True):
            self.note(name, amount, limit)

    @property
    def closest(self) -> tuple[str, Measure]:
        """The measure that came closest to its limit, and its name."""
        return max(self.items(), key=lambda item: item[1].fraction)

    def items(self) -> Iterator[tuple[str, Measure]]:
        """All measures by name."""
        return ((name, getattr(self, name)) for name in self.MEASURES)

    def __str__(self) -> str:
        return "\n".join(f"{name}: {measure}" for name, measure in self.items() if measure.limit)


class Usage(Mapping[str, FunctionUsage]):
    """The usage of every function that has run, by its path (`messages:list`)."""

    def __init__(self) -> None:
        self._functions: dict[str, FunctionUsage] = {}

    def of(self, path: str) -> FunctionUsage:
        """The usage to add a run of a function to."""
        found = self._functions.get(path)
        if found is None:
            found = self._functions[path] = FunctionUsage()
        return found

    def __getitem__(self, path: str) -> FunctionUsage:
        try:
            return self._functions[path]
        except KeyError:
            known = ", ".join(sorted(self._functions)) or "none"
            raise KeyError(f"{path} has not run; functions that have: {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._functions))

    def __len__(self) -> int:
        return len(self._functions)
