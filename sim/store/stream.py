"""Query streams: lazy pipelines over an index range, with pages fetched ahead. Source: semantics §5.3, §5.5, §5.8.

A stream fetches rows in pages, and what a page holds is not changed by later writes of the same transaction. A row
counts, and the read set grows, when the row is taken from the page.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from biconvex.sim.values import DeveloperError, InternalError

from .document import after_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from .document import Document
    from .query import Operator, Plan, Query
    from .table import Row
    from .transaction import Transaction

__all__ = ["DEFAULT_PREFETCH", "Node", "PageEmpty", "QueryStream", "RangeScan", "Scan", "pipeline"]

DEFAULT_PREFETCH: Final = 100
MAX_PREFETCH: Final = 1024


class Node(Protocol):
    """A step of a pipeline."""

    def pull(self, hint: int) -> Row | None:
        """The next row, None at the end; `hint` is how many rows the caller may want."""


class PageEmpty(Exception):
    """A look ahead has reached the end of the fetched page."""


class Scan(Node, Protocol):
    """The source of a stream, which accounts for the rows that it gives.

    While `looking_ahead`, rows are taken without being counted, and only as many as the limits allow; they are put in
    `uncounted`, and `PageEmpty` is raised where nothing can be said.
    """

    transaction: Transaction
    looking_ahead: bool
    uncounted: list[Row]
    ended: bool

    @property
    def rows_taken(self) -> int:
        """How many rows it has given, counted or not."""

    def count(self, row: Row) -> Row:
        """Account for a row that is taken; returns it."""

    def count_end(self) -> None:
        """Account for the end."""


class RangeScan:
    """One interval of one index, from one end to the other."""

    __slots__ = (
        "_counted",
        "_exhausted",
        "_interval",
        "_mark",
        "_page",
        "_unfetched",
        "ended",
        "looking_ahead",
        "plan",
        "reverse",
        "rows_fetched",
        "table",
        "transaction",
        "uncounted",
    )

    def __init__(
        self, transaction: Transaction, table: str, plan: Plan, reverse: bool, interval: tuple[bytes, bytes]
    ) -> None:
        self.transaction = transaction
        self.table = table
        self.plan = plan
        self.reverse = reverse
        self.rows_fetched = 0
        self.ended = False
        self.looking_ahead = False
        self.uncounted: list[Row] = []
        self._interval = self._unfetched = interval
        self._exhausted = interval[0] >= interval[1]
        self._page: deque[Row] = deque()
        self._counted = False
        self._mark: bytes | None = None

    @property
    def rows_taken(self) -> int:
        """How many rows it has given."""
        return self.rows_fetched - len(self._page)

    @property
    def needs_fetch(self) -> bool:
        """Whether the next row, if there is one, has to be fetched."""
        return not self._page and not self._exhausted

    def pull(self, hint: int) -> Row | None:
        """The next row, None at the end; fetches up to `hint` rows when the page is empty."""
        page = self._page
        if self.needs_fetch:
            if self.looking_ahead:
                raise PageEmpty
            self._fetch(min(max(hint, 1), MAX_PREFETCH))
        if not page:
            self.ended = True
            if not self.looking_ahead:
                self.count_end()
            return None
        if self.looking_ahead:
            if not self.transaction.reserve_read(page[0][1]):
                raise PageEmpty
            row = page.popleft()
            self.uncounted.append(row)
        else:
            row = self.count(page.popleft())
        return row

    def count(self, row: Row) -> Row:
        """Account for a row taken from the page: it was read, and the interval up to it."""
        key, document = row
        transaction = self.transaction
        transaction.count_read(document)
        if not self._counted:
            self._counted = True
            transaction.record_interval(self.table, self.plan, *self._interval_to(key))
            return row
        # Growing the interval can't make it two, so the read set hears of it once, later.
        if self._mark is None:
            transaction.unrecorded.append(self)
        self._mark = key
        return row

    def count_end(self) -> None:
        """Account for the end of the range: all of the interval was read."""
        self._mark = None
        self.transaction.record_interval(self.table, self.plan, *self._interval)

    def record(self) -> None:
        """Tell the read set how far the scan has come."""
        if self._mark is not None:
            key, self._mark = self._mark, None
            self.transaction.record_interval(self.table, self.plan, *self._interval_to(key))

    def _fetch(self, limit: int) -> None:
        rows = self.transaction.fetch(self.table, self.plan.position, self._unfetched, self.reverse, limit)
        self._page.extend(rows)
        self.rows_fetched += len(rows)
        if len(rows) < limit:
            self._exhausted = True
            return
        start, end = self._unfetched
        key = rows[-1][0]
        self._unfetched = (start, key) if self.reverse else (after_key(key), end)
        self._exhausted = self._unfetched[0] >= self._unfetched[1]

    def _interval_to(self, key: bytes) -> tuple[bytes, bytes]:
        start, end = self._interval
        return (key, end) if self.reverse else (start, min(after_key(key), end))


class _Filter:
    __slots__ = ("_inner", "_predicate")

    def __init__(self, inner: Node, predicate: Callable[[dict[str, Any]], bool]) -> None:
        self._inner = inner
        self._predicate = predicate

    def pull(self, hint: int) -> Row | None:
        while (row := self._inner.pull(DEFAULT_PREFETCH)) is not None:
            if self._predicate(row[1].value):
                return row
        return None


class _Limit:
    __slots__ = ("_inner", "_left")

    def __init__(self, inner: Node, limit: int) -> None:
        self._inner = inner
        self._left = limit

    def pull(self, hint: int) -> Row | None:
        if self._left <= 0:
            return None
        row = self._inner.pull(min(hint, self._left))
        if row is not None:
            self._left -= 1
        return row


def pipeline(source: Node, operators: tuple[Operator, ...]) -> Node:
    """`source` with the operators of a query on top, in their order."""
    node = source
    for operator in operators:
        node = _Filter(node, operator[1]) if operator[0] == "filter" else _Limit(node, operator[1])
    return node


class _Ahead(msgspec.Struct, frozen=True, eq=False):
    """An outcome that was looked up but not consumed: a document, the end (None) or an error, and the rows it cost."""

    document: Document | None
    rows: list[Row]
    error: DeveloperError | None = None


class QueryStream:
    """The results of a query, one at a time."""

    __slots__ = ("_ahead", "_node", "_scan", "query")

    def __init__(self, scan: Scan, query: Query) -> None:
        """`query` is what `scan` is the source of."""
        self.query = query
        self._scan = scan
        self._node = pipeline(scan, query.operators)
        self._ahead: deque[_Ahead] = deque()

    @property
    def rows_read(self) -> int:
        """How many rows have counted, whether a filter let them pass or not."""
        ahead = sum(len(outcome.rows) for outcome in self._ahead)
        return self._scan.rows_taken - ahead

    def next(self) -> Document | None:
        """Consume the next document; None at the end. Raises at a read limit and where a filter can't be computed."""
        if self._ahead:
            return self._deliver(self._ahead.popleft())
        scan = self._scan
        if scan.uncounted:
            self._count(scan.uncounted)
        row = self._node.pull(DEFAULT_PREFETCH)
        return None if row is None else row[1]

    def peek(self, count: int) -> list[Document]:
        """Up to `count` documents that `next` will return whatever else the transaction does; consumes nothing.

        These are the rows that the stream has fetched already, as far as the read limits allow them; there are none
        before the first `next`.
        """
        scan, ahead = self._scan, self._ahead
        scan.looking_ahead = True
        try:
            while len(ahead) < count and not (ahead and ahead[-1].document is None):
                error = None
                row = None
                try:
                    row = self._node.pull(DEFAULT_PREFETCH)
                except DeveloperError as problem:
                    error = problem
                ahead.append(_Ahead(None if row is None else row[1], scan.uncounted, error))
                scan.uncounted = []
        except PageEmpty:
            pass
        finally:
            scan.looking_ahead = False
        found: list[Document] = []
        for outcome in ahead:
            if outcome.document is None or len(found) == count:
                break
            found.append(outcome.document)
        return found

    @property
    def done_ahead(self) -> bool:
        """Whether it is known that nothing follows the documents that were peeked at."""
        last = self._ahead[-1] if self._ahead else None
        return last is not None and last.document is None and last.error is None

    def consume(self, count: int, *, end: bool = False) -> None:
        """Consume `count` documents that were peeked at; with `end` also the end that `done_ahead` told of."""
        for _ in range(count):
            if not self._ahead or self._ahead[0].document is None:
                raise InternalError("a host handed out more rows of a query than it was given")
            self._deliver(self._ahead.popleft())
        if end and self.next() is not None:
            raise InternalError("a host ended a query that has more rows")

    def _deliver(self, outcome: _Ahead) -> Document | None:
        self._count(outcome.rows)
        if outcome.error is not None:
            raise outcome.error
        if outcome.document is None and self._scan.ended:
            self._scan.count_end()
        return outcome.document

    def _count(self, rows: list[Row]) -> None:
        # Taken from the list one by one: a row that meets the limit is counted, and once.
        while rows:
            row = rows.pop(0)
            self._scan.transaction.release_read(row[1])
            self._scan.count(row)
