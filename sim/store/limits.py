"""What a transaction may read and write, what it did, and the errors at the limit. Source: semantics §5.8, §7."""

from __future__ import annotations

from typing import Final

import msgspec
from biconvex.sim.values import DeveloperError, DocumentLimits

__all__ = [
    "READ_LIMIT_CODES",
    "SearchLimits",
    "TransactionLimits",
    "TransactionUsage",
    "format_bytes",
]

# The errors that end a page early instead of failing it (semantics §5.6).
READ_LIMIT_CODES: Final = frozenset({"TooManyDocumentsRead", "TooManyBytesRead", "TooManyReads"})

_HELP: Final = (
    "Consider using smaller limits in your queries, paginating your queries, "
    "or using indexed queries with a selective index range expressions."
)
_UNITS: Final = (
    (1 << 30, "GiB"),
    (1_000_000_000, "GB"),
    (1 << 20, "MiB"),
    (1_000_000, "MB"),
    (1 << 10, "KiB"),
    (1_000, "KB"),
)


class SearchLimits(msgspec.Struct, frozen=True):
    """How much one search may ask for (semantics §7, rows 27 to 33)."""

    terms: int = 16
    """Of a text search; those that follow are not looked for."""
    filters: int = 8
    results: int = 1_024
    """Documents that a text search looks at; whoever goes on gets an error."""
    vector_filters: int = 64
    vector_results: int = 256


class TransactionLimits(msgspec.Struct, frozen=True):
    """The most that one transaction may do (semantics §7, rows 3 to 7, and 41); sizes in bytes."""

    documents_read: int = 32_000
    bytes_read: int = 1 << 24
    database_queries: int = 4_096
    documents_written: int = 16_000
    bytes_written: int = 1 << 24
    page_size: int = 32_000
    document: DocumentLimits = DocumentLimits()
    search: SearchLimits = SearchLimits()


class TransactionUsage(msgspec.Struct):
    """What a transaction has done so far, counted as semantics §5.8 says; system tables are not counted."""

    bytes_read: int = 0
    documents_read: int = 0
    database_queries: int = 0
    documents_written: int = 0
    bytes_written: int = 0
    search_results: int = 0
    """The most that one text search has looked at."""

    def add_read(self, size: int, limits: TransactionLimits) -> None:
        """Count one document of `size` bytes; raises at the limit, the document included in the count."""
        self.documents_read += 1
        self.bytes_read += size
        if self.documents_read > limits.documents_read:
            raise DeveloperError(
                "TooManyDocumentsRead",
                "Too many documents read in a single function execution "
                f"(limit: {limits.documents_read}). {_HELP}",
            )
        if self.bytes_read > limits.bytes_read:
            raise DeveloperError(
                "TooManyBytesRead",
                "Too many bytes read in a single function execution "
                f"(limit: {limits.bytes_read} bytes). {_HELP}",
            )

    def add_queries(self, count: int, limits: TransactionLimits) -> None:
        """Count `count` more index intervals (less, where intervals have merged); raises at the limit."""
        self.database_queries += count
        if count > 0 and self.database_queries > limits.database_queries:
            raise DeveloperError(
                "TooManyReads",
                f"Too many reads in a single function execution (limit: {limits.database_queries}). {_HELP}",
            )

    def add_write(self, size: int, limits: TransactionLimits) -> None:
        """Count one write that leaves a document of `size` bytes (0 for a deletion); raises at the limit."""
        self.documents_written += 1
        self.bytes_written += size
        if self.documents_written > limits.documents_written:
            raise DeveloperError(
                "TooManyWrites",
                f"Too many writes in a single function execution (limit: {limits.documents_written})",
            )
        if self.bytes_written > limits.bytes_written:
            raise DeveloperError(
                "TooManyBytesWritten",
                "Too many bytes written in a single function execution "
                f"(limit: {format_bytes(limits.bytes_written)})",
            )


def format_bytes(count: int) -> str:
    """`count` in the unit that divides it most cleanly: `16 MiB`, `4.5 MiB`, `1534 bytes`."""
    for size, name in _UNITS:
        if count >= size and count * 10 % size == 0:
            tenths = count * 10 // size
            return f"{tenths // 10} {name}" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10} {name}"
    return f"{count} bytes"
