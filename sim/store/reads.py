"""Read sets: which intervals of which indexes a transaction depends on. Source: semantics §5.8, §6.1."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from biconvex.sim.values import index_key

from .document import after_key, by_id_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .commits import Commit
    from .document import Document
    from .search import TextSearch

__all__ = ["TABLE_LIST", "IntervalSet", "ReadSet"]

BY_ID = "by_id"
TABLE_LIST: Final = "_tables"
"""What `ReadSet.tables` names for the list of tables itself."""


class IntervalSet:
    """Intervals `[start, end)` of keys; those that touch or overlap are one."""

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[bytes] = []
        self._ends: list[bytes] = []

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return zip(self._starts, self._ends, strict=True)

    def __contains__(self, key: bytes) -> bool:
        at = bisect_right(self._starts, key) - 1
        return at >= 0 and key < self._ends[at]

    def add(self, start: bytes, end: bytes) -> int:
        """Add `[start, end)`; returns by how many the number of intervals changed."""
        if start >= end:
            return 0
        starts, ends = self._starts, self._ends
        first = bisect_left(ends, start)
        last = bisect_right(starts, end)
        if first == last:
            starts.insert(first, start)
            ends.insert(first, end)
            return 1
        starts[first:last] = [min(start, starts[first])]
        ends[first:last] = [max(end, ends[last - 1])]
        return first + 1 - last


class ReadSet:
    """What a transaction has read, by table: single documents, intervals of indexes, and text searches.

    `tables_listed` tells that it looked for a table and there was none.
    """

    __slots__ = ("_documents", "_intervals", "_searches", "tables_listed")

    def __init__(self) -> None:
        # Documents read by id are kept apart from other intervals of by_id: most reads are of this kind, and cheap.
        self._documents: dict[str, dict[str, None]] = {}
        self._intervals: dict[str, dict[str, tuple[int, IntervalSet]]] = {}
        self._searches: dict[str, dict[TextSearch, None]] = {}
        self.tables_listed = False

    def add_document(self, table: str, document_id: str) -> int:
        """Depend on the document with this id, there or not; returns the change in the number of intervals."""
        indexes = self._intervals.get(table)
        if indexes is not None and BY_ID in indexes:
            key = index_key(document_id)
            return indexes[BY_ID][1].add(key, after_key(key))
        documents = self._documents.setdefault(table, {})
        if document_id in documents:
            return 0
        documents[document_id] = None
        return 1

    def add_interval(self, table: str, index: str, position: int, start: bytes, end: bytes) -> int:
        """Depend on `[start, end)` of an index; returns the change in the number of intervals.

        `position` is where a document's `keys` have its key in this index, or -1 for by_id.
        """
        indexes = self._intervals.setdefault(table, {})
        entry = indexes.get(index)
        if entry is not None:
            return entry[1].add(start, end)
        intervals = IntervalSet()
        indexes[index] = (position, intervals)
        if index == BY_ID:
            for document_id in self._documents.pop(table, ()):
                key = index_key(document_id)
                intervals.add(key, after_key(key))
        return intervals.add(start, end)

    def add_search(self, table: str, search: TextSearch) -> None:
        """Depend on whatever a text search may find; it counts as no interval."""
        self._searches.setdefault(table, {})[search] = None

    def intervals(self, table: str, index: str) -> list[tuple[bytes, bytes]]:
        """The intervals read in an index, in order."""
        if index == BY_ID and table in self._documents:
            keys = sorted(index_key(document_id) for document_id in self._documents[table])
            return [(key, after_key(key)) for key in keys]
        entry = self._intervals.get(table, {}).get(index)
        return list(entry[1]) if entry is not None else []

    def contains(self, document: Document) -> bool:
        """Whether this version of a document lies in anything that was read."""
        documents = self._documents.get(document.table)
        if documents is not None and document.id in documents:
            return True
        searches = self._searches.get(document.table)
        if searches is not None and any(search.may_match(document) for search in searches):
            return True
        indexes = self._intervals.get(document.table)
        if indexes is None:
            return False
        for position, intervals in indexes.values():
            key = by_id_key(document) if position < 0 else document.keys[position]
            if key in intervals:
                return True
        return False

    @property
    def tables(self) -> list[str]:
        """The tables whose changes can matter; `TABLE_LIST` where a new table can."""
        found = dict.fromkeys((*self._documents, *self._intervals, *self._searches))
        return [*found, TABLE_LIST] if self.tables_listed else list(found)

    def is_touched_by(self, commit: Commit) -> bool:
        """Whether a commit may change what reading all of this again would give."""
        if self.tables_listed and commit.new_tables:
            return True
        return self.conflicts_with(commit) is not None

    def conflicts_with(self, commit: Commit) -> tuple[str, str] | None:
        """The table and id of the first document of `commit` that changes what was read, or None."""
        if not self._documents and not self._intervals and not self._searches:
            return None
        for write in commit.writes:
            after, before = write.after, write.before
            if (after is not None and self.contains(after)) or (before is not None and self.contains(before)):
                return write.table, write.id
        return None
