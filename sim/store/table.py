"""One table: its documents in versions and its indexes.

A document has one version, the newest, unless a snapshot is open that may still need an older one. Then its entry is a
`History`, and its keys of all these versions stay in the indexes until the oldest snapshot has moved on.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from biconvex.sim.values import encode_id

from .document import Document, by_id_key
from .ordered import OrderedKeys, add_keys, ordered_keys
from .search import NearestVectors, TextIndex

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from .commits import Write
    from .schema import SearchIndex, TableSchema, VectorIndex

__all__ = ["BY_ID_POSITION", "History", "Row", "Table"]

Row = tuple[bytes, Document]

# Where the key of by_id would be in a document's `keys`: it isn't there, it is cut from that of by_creation_time.
BY_ID_POSITION: Final = -1


class History:
    """The versions of a document that open snapshots may see: (commit timestamp, document or None), oldest first."""

    __slots__ = ("versions",)

    def __init__(self, versions: list[tuple[int, Document | None]]) -> None:
        self.versions = versions

    def at(self, snapshot: int) -> Document | None:
        """The version that a snapshot sees."""
        for ts, document in reversed(self.versions):
            if ts <= snapshot:
                return document
        return None


class Table:
    """The committed documents of one table."""

    __slots__ = (
        "_by_id",
        "_entries",
        "_id_slice",
        "_indexes",
        "_searches",
        "count",
        "name",
        "number",
        "schema",
    )

    def __init__(self, name: str, number: int, schema: TableSchema) -> None:
        self.name = name
        self.number = number
        self.schema = schema
        self.count = 0
        self._entries: dict[str, Document | History] = {}
        self._indexes: tuple[OrderedKeys, ...] = tuple(ordered_keys() for _ in range(len(schema.indexes) + 1))
        # Documents are found by id without it, so it is made when somebody first scans it.
        self._by_id: OrderedKeys | None = None
        # Text and vector indexes by name, of the newest versions; each is made when it is first searched.
        self._searches: dict[str, TextIndex | NearestVectors] = {}
        # Every key ends with that of the id: a tag, the text, a zero.
        self._id_slice = slice(-len(encode_id(number, bytes(16))) - 1, -1)

    def get(self, document_id: str, snapshot: int) -> Document | None:
        """The document as `snapshot` sees it."""
        entry = self._entries.get(document_id)
        if isinstance(entry, History):
            return entry.at(snapshot)
        return entry

    def id_of(self, key: bytes) -> str:
        """The document id in a key of any index of this table."""
        return key[self._id_slice].decode()

    def scan(
        self,
        position: int,
        interval: tuple[bytes, bytes],
        reverse: bool,
        limit: int,
        snapshot: int,
        skip: Container[str],
    ) -> list[Row]:
        """Up to `limit` rows of an index within `interval`, but for the ids in `skip`; O(log n + rows)."""
        entries, cut = self._entries, self._id_slice
        rows: list[Row] = []
        for key in self._keys(position).irange(interval[0], interval[1], (True, False), reverse):
            document_id = key[cut].decode()
            entry = entries[document_id]
            if isinstance(entry, History):
                document = entry.at(snapshot)
                if document is None or _key_at(document, position) != key:
                    continue
            else:
                document = entry
            if document_id in skip:
                continue
            rows.append((key, document))
            if len(rows) == limit:
                break
        return rows

    def all(self) -> Iterator[Document]:
        """The newest version of every document, in creation order."""
        for key in self._indexes[0]:
            entry = self._entries[self.id_of(key)]
            document = entry.versions[-1][1] if isinstance(entry, History) else entry
            if document is not None and document.keys[0] == key:
                yield document

    def text_index(self, index: SearchIndex) -> TextIndex:
        """The text index of the newest versions."""
        found = self._searches.get(index.name)
        if not isinstance(found, TextIndex):
            found = self._searches[index.name] = TextIndex(index, self.all())
        return found

    def vectors(self, index: VectorIndex) -> NearestVectors:
        """The vector index of the newest versions."""
        found = self._searches.get(index.name)
        if not isinstance(found, NearestVectors):
            found = self._searches[index.name] = NearestVectors(index, self.all())
        return found

    def write(self, write: Write, ts: int, keep: bool) -> None:
        """Make `write.after` the newest version; with `keep`, the one before stays for older snapshots."""
        before, after = write.before, write.after
        self.count += (after is not None) - (before is not None)
        if keep:
            self._add_version(write.id, after, ts)
        else:
            self._replace(before, after)
        for index in self._searches.values():
            index.put(write.id, after)

    def insert_all(self, documents: list[Document]) -> None:
        """Add new documents, when no snapshot is open that must not see them."""
        self.count += len(documents)
        entries = self._entries
        for document in documents:
            entries[document.id] = document
        for position, keys in enumerate(self._indexes):
            add_keys(keys, [document.keys[position] for document in documents])
        if self._by_id is not None:
            add_keys(self._by_id, list(map(by_id_key, documents)))
        for index in self._searches.values():
            for document in documents:
                index.put(document.id, document)

    def collect(self, document_id: str, horizon: int) -> None:
        """Forget the versions of a document that no snapshot from `horizon` on can see."""
        entry = self._entries.get(document_id)
        if not isinstance(entry, History):
            return
        versions = entry.versions
        first = 0
        for at, (_, (ts, _document)) in enumerate(pairwise(versions), 1):
            if ts <= horizon:
                first = at
        kept, forgotten = versions[first:], versions[:first]
        for _, document in forgotten:
            self._remove_keys(document, kept)
        newest = kept[-1][1]
        if len(kept) > 1 or kept[0][0] > horizon:
            entry.versions = kept
        elif newest is None:
            del self._entries[document_id]
        else:
            self._entries[document_id] = newest

    def _replace(self, before: Document | None, after: Document | None) -> None:
        if before is None and after is not None:
            self._entries[after.id] = after
            for keys, key in zip(self._indexes, after.keys, strict=True):
                keys.add(key)
            if self._by_id is not None:
                self._by_id.add(by_id_key(after))
        elif after is None and before is not None:
            del self._entries[before.id]
            for keys, key in zip(self._indexes, before.keys, strict=True):
                keys.remove(key)
            if self._by_id is not None:
                self._by_id.remove(by_id_key(before))
        elif before is not None and after is not None:
            self._entries[after.id] = after
            for keys, old, new in zip(self._indexes, before.keys, after.keys, strict=True):
                if old != new:
                    keys.remove(old)
                    keys.add(new)

    def _add_version(self, document_id: str, document: Document | None, ts: int) -> None:
        entry = self._entries.get(document_id)
        if entry is None:
            entry = self._entries[document_id] = History([])
        elif not isinstance(entry, History):
            entry = self._entries[document_id] = History([(0, entry)])
        self._add_keys(document, entry.versions)
        entry.versions.append((ts, document))

    def _add_keys(self, document: Document | None, others: list[tuple[int, Document | None]]) -> None:
        if document is None:
            return
        present = [other for _, other in others if other is not None]
        for position, (keys, key) in enumerate(zip(self._indexes, document.keys, strict=True)):
            if all(other.keys[position] != key for other in present):
                keys.add(key)
        if self._by_id is not None and not present:
            self._by_id.add(by_id_key(document))

    def _remove_keys(self, document: Document | None, others: list[tuple[int, Document | None]]) -> None:
        if document is None:
            return
        present = [other for _, other in others if other is not None]
        for position, (keys, key) in enumerate(zip(self._indexes, document.keys, strict=True)):
            if all(other.keys[position] != key for other in present):
                keys.discard(key)
        if self._by_id is not None and not present:
            self._by_id.discard(by_id_key(document))

    def _keys(self, position: int) -> OrderedKeys:
        if position != BY_ID_POSITION:
            return self._indexes[position]
        if self._by_id is None:
            self._by_id = ordered_keys(key[self._id_slice.start - 1 :] for key in self._indexes[0])
        return self._by_id


def _key_at(document: Document, position: int) -> bytes:
    return by_id_key(document) if position == BY_ID_POSITION else document.keys[position]
