"""Pages: `paginate` with opaque cursors, split cursors and limits of its own. Source: semantics §5.6."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

import msgspec
from biconvex.sim.values import DeveloperError

from .document import after_key
from .limits import READ_LIMIT_CODES
from .query import fingerprint
from .search import SearchScan
from .stream import RangeScan, pipeline

if TYPE_CHECKING:
    from .document import Document
    from .query import Plan, Query
    from .stream import Node
    from .table import Row
    from .transaction import Transaction

__all__ = ["InvalidCursor", "Page", "check_page_options", "read_page"]

SOFT_PAGE_LENGTH: Final = 6_144

# Positions: before all rows, after all rows, after the row with a key.
_START: Final = b""
_END: Final = b"e"
_AFTER: Final = b"a"
_MAGIC: Final = b"c1"


class Page(msgspec.Struct, frozen=True):
    """One page. `page_status` is None, `SplitRecommended` or `SplitRequired`."""

    documents: list[Document]
    is_done: bool
    continue_cursor: str
    split_cursor: str | None = None
    page_status: str | None = None


class InvalidCursor(DeveloperError):
    """A cursor of another query. `data` is what the function sees as the data of a `ConvexError`."""

    def __init__(self) -> None:
        super().__init__(
            "InvalidCursor",
            "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a "
            "different query.",
        )
        self.data = {"isConvexSystemError": True, "paginationError": "InvalidCursor"}


def check_page_options(
    page_size: int, maximum_rows_read: int | None, maximum_bytes_read: int | None, most: int
) -> None:
    """Raise the error for a page of impossible size: of none, or of more than `most`."""
    if page_size == 0:
        raise DeveloperError("NoDocumentsForPagination", "Must request at least 1 document while paginating")
    if page_size > most:
        raise DeveloperError("PageSizeTooLarge", f"Requested too many items: {page_size}")
    if maximum_rows_read == 0 or maximum_bytes_read == 0:
        raise DeveloperError(
            "InvalidPaginationLimit", "maximumRowsRead and maximumBytesRead must be greater than 0"
        )


class _PageFull(DeveloperError):
    """The page has scanned as much as the query wanted to."""


class _PageScan(RangeScan):
    """A scan that stops at the limits of a page and remembers where it has been."""

    __slots__ = ("bytes_read", "keys", "max_bytes", "max_rows")

    def __init__(
        self, transaction: Transaction, query: Query, plan: Plan, interval: tuple[bytes, bytes]
    ) -> None:
        super().__init__(transaction, query.table, plan, query.reverse, interval)
        self.keys: list[bytes] = []
        self.bytes_read = 0
        self.max_rows: int | None = None
        self.max_bytes: int | None = None

    def pull(self, hint: int) -> Row | None:
        if self.max_bytes is not None and self.bytes_read >= self.max_bytes:
            raise _PageFull(
                "QueryScannedTooMuchDataError",
                f"Query scanned too much data (fetched {self.bytes_read} bytes).",
            )
        if self.max_rows is not None and self.needs_fetch:
            if self.rows_fetched >= self.max_rows:
                raise _PageFull(
                    "QueryScannedTooManyDocumentsError",
                    f"Query scanned too many documents (fetched {self.rows_fetched}).",
                )
            hint = min(hint, self.max_rows - self.rows_fetched)
        return super().pull(hint)

    def count(self, row: Row) -> Row:
        super().count(row)
        self.keys.append(row[0])
        self.bytes_read += row[1].size
        return row

    def nears_limit(self, maximum_rows_read: int | None, maximum_bytes_read: int | None) -> bool:
        """Whether three quarters of what a page may read were read."""
        limits = self.transaction.limits
        return self.rows_fetched > _soft(maximum_rows_read, limits.page_size) or self.bytes_read > _soft(
            maximum_bytes_read, limits.bytes_read
        )

    def split_key(self) -> bytes | None:
        """Where the page could be split in two."""
        return self.keys[len(self.keys) // 2] if len(self.keys) > 2 else None


class _SearchPageScan(SearchScan):
    """A text search that remembers where it has been. The limits that a page names mean nothing to it."""

    __slots__ = ("bytes_read", "keys")

    def __init__(self, transaction: Transaction, query: Query, interval: tuple[bytes, bytes]) -> None:
        super().__init__(transaction, query, interval)
        self.keys: list[bytes] = []
        self.bytes_read = 0

    def count(self, row: Row) -> Row:
        row = super().count(row)
        self.keys.append(row[0])
        self.bytes_read += row[1].size
        return row

    def nears_limit(self, _rows: int | None, _bytes: int | None) -> bool:
        """Whether three quarters of what a search may look at were read."""
        limits = self.transaction.limits
        return len(self.keys) > _soft(None, limits.search.results) or self.bytes_read > _soft(
            None, limits.bytes_read
        )

    def split_key(self) -> None:
        """Splitting a search would spare it nothing."""


def read_page(
    transaction: Transaction,
    query: Query,
    plan: Plan,
    *,
    cursor: str | None,
    end_cursor: str | None,
    page_size: int,
    maximum_rows_read: int | None,
    maximum_bytes_read: int | None,
) -> Page:
    """Read one page of a query: from `cursor` on, and up to `end_cursor` if there is one, whatever the sizes."""
    mark = fingerprint(query, plan.fields)
    start = _parse_cursor(cursor, mark) if cursor is not None else _START
    stop = _parse_cursor(end_cursor, mark) if end_cursor is not None else None
    interval = _between(plan.interval, query.reverse, start, stop)
    scan: _PageScan | _SearchPageScan
    if query.search is not None:
        scan = _SearchPageScan(transaction, query, interval)
    else:
        scan = _PageScan(transaction, query, plan, interval)
        if stop is None:
            scan.max_rows, scan.max_bytes = maximum_rows_read, maximum_bytes_read
    documents, status = _read(scan, pipeline(scan, query.operators), page_size, whole=stop is not None)
    if status is None and (
        scan.nears_limit(maximum_rows_read, maximum_bytes_read) or len(documents) > SOFT_PAGE_LENGTH
    ):
        status = "SplitRecommended"
    position = stop or _position(scan, start)
    split = scan.split_key()
    return Page(
        documents,
        is_done=position == _END,
        continue_cursor=_cursor_text(mark, position),
        split_cursor=None if split is None else _cursor_text(mark, _AFTER + split),
        page_status=status,
    )


def _read(
    scan: _PageScan | _SearchPageScan, node: Node, page_size: int, *, whole: bool
) -> tuple[list[Document], str | None]:
    documents: list[Document] = []
    try:
        while whole or len(documents) < page_size:
            row = node.pull(page_size if whole else page_size - len(documents))
            if row is None:
                break
            documents.append(row[1])
    except DeveloperError as error:
        ends_page = isinstance(error, _PageFull) or error.code in READ_LIMIT_CODES
        # Without a single row there would be no place to go on from.
        if not ends_page or not scan.keys:
            raise
        return documents, "SplitRequired"
    return documents, None


def _soft(maximum: int | None, most: int) -> int:
    return min(most if maximum is None else maximum, most) * 3 // 4


def _position(scan: _PageScan | _SearchPageScan, start: bytes) -> bytes:
    if scan.ended:
        return _END
    if scan.keys:
        return _AFTER + scan.keys[-1]
    # Only a `limit(0)` reads nothing at all: there is nothing to go on with.
    return _END if start == _START else start


def _between(
    interval: tuple[bytes, bytes], reverse: bool, start: bytes, stop: bytes | None
) -> tuple[bytes, bytes]:
    low, high = interval
    if start == _END:
        return high, high
    if start != _START:
        key = start[len(_AFTER) :]
        low, high = (low, min(high, key)) if reverse else (max(low, after_key(key)), high)
    if stop is not None and stop != _END:
        key = stop[len(_AFTER) :]
        low, high = (max(low, key), high) if reverse else (low, min(high, after_key(key)))
    return low, high


def _cursor_text(mark: bytes, position: bytes) -> str:
    return base64.urlsafe_b64encode(_MAGIC + mark + position).decode()


def _parse_cursor(text: str, mark: bytes) -> bytes:
    try:
        data = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _unparsable() from error
    magic, found, position = (
        data[: len(_MAGIC)],
        data[len(_MAGIC) :][: len(mark)],
        data[len(_MAGIC) + len(mark) :],
    )
    if magic != _MAGIC or not (position == _END or position[:1] == _AFTER):
        raise _unparsable()
    if found != mark:
        raise InvalidCursor
    return position


def _unparsable() -> DeveloperError:
    return DeveloperError("InvalidCursor", "Failed to parse cursor")
