"""The writes that a transaction has not committed yet, as its own reads see them, with savepoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .commits import Write
from .document import by_id_key
from .ordered import OrderedKeys, ordered_keys
from .search import TextView
from .table import BY_ID_POSITION

if TYPE_CHECKING:
    from .document import Document
    from .schema import SearchIndex
    from .table import Row, Table

__all__ = ["PendingWrites"]

Change = tuple["Document | None", "Document | None"]


class PendingWrites:
    """Changes by document id: the version of the snapshot, and what the transaction has made of it."""

    __slots__ = ("_journal", "_overlays", "_per_table", "_views", "changes")

    def __init__(self) -> None:
        self.changes: dict[str, Change] = {}
        self._per_table: dict[str, int] = {}
        # Keys of the new versions, only for indexes that were scanned since the first write to their table.
        self._overlays: dict[str, dict[int, OrderedKeys]] = {}
        # What the transaction sees of the text indexes that it has searched, by table and index.
        self._views: dict[str, dict[str, TextView]] = {}
        self._journal: list[tuple[str, str, Change | None]] | None = None

    def touches(self, table: str) -> bool:
        """Whether there is a change in this table."""
        return table in self._per_table

    def put(self, table: str, document_id: str, before: Document | None, after: Document | None) -> None:
        """Make `after` the transaction's version of a document that was `before` in its snapshot."""
        previous = self.changes.get(document_id)
        if self._journal is not None:
            self._journal.append((table, document_id, previous))
        self._set(table, document_id, previous, (before, after))

    def savepoint(self) -> int:
        """A place that `rollback_to` can return to."""
        if self._journal is None:
            self._journal = []
        return len(self._journal)

    def rollback_to(self, savepoint: int) -> None:
        """Undo every change since `savepoint`."""
        journal = self._journal
        while journal and len(journal) > savepoint:
            table, document_id, previous = journal.pop()
            self._set(table, document_id, self.changes.get(document_id), previous)

    def scan(
        self, table: Table, position: int, interval: tuple[bytes, bytes], reverse: bool, limit: int
    ) -> list[Row]:
        """Up to `limit` rows of an index that the transaction itself has written."""
        overlays = self._overlays.setdefault(table.name, {})
        keys = overlays.get(position)
        if keys is None:
            keys = overlays[position] = ordered_keys(
                _key(after, position)
                for _, after in self.changes.values()
                if after is not None and after.table == table.name
            )
        rows: list[Row] = []
        for key in keys.irange(interval[0], interval[1], (True, False), reverse):
            document = self.changes[table.id_of(key)][1]
            if document is not None:
                rows.append((key, document))
            if len(rows) == limit:
                break
        return rows

    def text_view(self, table: Table, index: SearchIndex, snapshot: int) -> TextView:
        """What the transaction sees of a text index; commits since its `ts` are not in it yet."""
        views = self._views.setdefault(table.name, {})
        view = views.get(index.name)
        if view is None:
            view = views[index.name] = TextView(table.name, table.text_index(index), snapshot)
            for document_id, (before, after) in self.changes.items():
                if _table_of(before, after) == table.name:
                    view.note_own(document_id, after)
        return view

    def count(self, table: str) -> int:
        """By how many documents a table has grown (or shrunk, if negative)."""
        if table not in self._per_table:
            return 0
        return sum(
            (after is not None) - (before is not None)
            for before, after in self.changes.values()
            if _table_of(before, after) == table
        )

    def writes(self) -> tuple[Write, ...]:
        """The changes to commit; a document that came and went leaves none."""
        return tuple(
            Write(_table_of(before, after), document_id, before, after)
            for document_id, (before, after) in self.changes.items()
            if before is not None or after is not None
        )

    def _set(self, table: str, document_id: str, previous: Change | None, change: Change | None) -> None:
        if previous is None:
            self._per_table[table] = self._per_table.get(table, 0) + 1
        if change is None:
            del self.changes[document_id]
            self._per_table[table] -= 1
            if not self._per_table[table]:
                del self._per_table[table]
        else:
            self.changes[document_id] = change
        if table in self._views:
            # The version of the snapshot, where a rollback leaves no change.
            seen = change[1] if change is not None else previous[0] if previous is not None else None
            for view in self._views[table].values():
                view.note_own(document_id, seen)
        overlays = self._overlays.get(table)
        if not overlays:
            return
        old = previous[1] if previous is not None else None
        new = change[1] if change is not None else None
        for position, keys in overlays.items():
            if old is not None:
                keys.remove(_key(old, position))
            if new is not None:
                keys.add(_key(new, position))


def _key(document: Document, position: int) -> bytes:
    return by_id_key(document) if position == BY_ID_POSITION else document.keys[position]


def _table_of(before: Document | None, after: Document | None) -> str:
    document = after if after is not None else before
    return document.table if document is not None else ""
