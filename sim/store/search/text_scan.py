"""The results of a text search as the source of a query's stream. Source: semantics §12.2, §5.3, §5.8.

All results are found when the first is asked for. Each is read, counted and depended on when it is taken, as `db.get`
would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.sim.values import DeveloperError

from ..stream import PageEmpty

if TYPE_CHECKING:
    from ..query import Query
    from ..table import Row
    from ..transaction import Transaction

__all__ = ["SearchScan"]


class SearchScan:
    """A text search; `interval` holds the keys of the results that are wanted."""

    __slots__ = (
        "_counted", "_interval", "_next", "_query", "_rows", "ended", "looking_ahead", "transaction", "uncounted",
    )  # fmt: skip

    def __init__(self, transaction: Transaction, query: Query, interval: tuple[bytes, bytes]) -> None:
        self.transaction = transaction
        self.ended = False
        self.looking_ahead = False
        self.uncounted: list[Row] = []
        self._query = query
        self._interval = interval
        self._rows: list[Row] | None = None
        self._next = 0
        self._counted = 0

    @property
    def rows_taken(self) -> int:
        """How many results it has given."""
        return self._next

    def pull(self, hint: int) -> Row | None:
        """The next result, None at the end; raises beyond the last one that a search may look at."""
        if self.looking_ahead and (self._rows is None or self.transaction.writable):
            # What a mutation writes decides whether the next result can still be read.
            raise PageEmpty
        if self._rows is None:
            low, high = self._interval
            self._rows = [row for row in self.transaction.search(self._query) if low <= row[0] < high]
        most = self.transaction.limits.search.results
        if self._next == most:
            raise DeveloperError(
                "SearchQueryScannedTooManyDocumentsError",
                f"Search query scanned too many documents (fetched {most}). Consider using a smaller limit, "
                "paginating the query, or using a filter field to limit the number of documents pulled from the "
                "search index.",
            )
        if self._next == len(self._rows):
            self.ended = True
            return None
        row = self._rows[self._next]
        if self.looking_ahead:
            if not self.transaction.reserve_read(row[1]):
                raise PageEmpty
            self._next += 1
            self.uncounted.append(row)
            return row
        self._next += 1
        return self.count(row)

    def count(self, row: Row) -> Row:
        """Account for a result that is taken; returns it as it is now."""
        key, found = row
        self._counted += 1
        self.transaction.note_results(self._counted)
        document = self.transaction.read_result(found)
        if document is None:
            raise DeveloperError(
                "SearchResultChanged",
                f'Document "{found.id}" was found by the search of {self._query.table}.{self._query.index}, and this '
                "function changed it before it read it from the results. Convex fails there with an internal error: "
                "collect the results before you write to them.",
            )
        return key, document

    def count_end(self) -> None:
        """Account for the end; what a search depends on was recorded at its beginning."""
