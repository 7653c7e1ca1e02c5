"""What a run has brought to light so far, for later calls to build on: documents, texts, cursors."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from biconvex.sim.deployment import Deployment
from biconvex.sim.store import Commit
from biconvex.sim.values import DeveloperError, decode_id, encode_id

__all__ = ["CursorReference", "IdReference", "Seen", "TextReference"]

_MOST_TEXTS: Final = 200
_LONGEST_TEXT: Final = 64
_LONGEST_ID: Final = 37
_SHORTEST_ID: Final = 31


class IdReference(msgspec.Struct, frozen=True):
    """The id of a table's document, the first again after the last; of one that doesn't exist if it is `missing`."""

    table: str
    number: int
    missing: bool


class TextReference(msgspec.Struct, frozen=True):
    """A text that stands in some document, or another one where there is none."""

    number: int
    otherwise: str


class CursorReference(msgspec.Struct, frozen=True):
    """A cursor that a page ended with, or none."""

    number: int


class Seen:
    """The documents of a deployment by table, those that are gone, texts in them, and cursors in results."""

    def __init__(self, convex: Deployment) -> None:
        self._ids: dict[str, dict[str, None]] = {}
        self._gone: dict[str, dict[str, None]] = {}
        self._texts: dict[str, None] = {}
        self._cursors: dict[str, None] = {}
        for table in convex.db.names:
            for document in convex.db.table(table):
                self._note(table, document["_id"], document)
        self._tables = convex._runtime.store.tables_of("")
        convex._runtime.on_commit.append(self._heed)

    def resolved(self, value: Any) -> Any:
        """A value with what its references stand for now."""
        if isinstance(value, dict):
            return {self.resolved(name): self.resolved(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self.resolved(member) for member in value]
        if isinstance(value, IdReference):
            return self._id(value)
        if isinstance(value, TextReference):
            found = _nth(self._texts, value.number)
            return value.otherwise if found is None else found
        return _nth(self._cursors, value.number) if isinstance(value, CursorReference) else value

    def _id(self, reference: IdReference) -> str:
        """Of a table that nobody knows there are no ids: then it is an empty text, which no validator accepts."""
        table, number = reference.table, reference.number
        found = None if reference.missing else _nth(self._ids.get(table), number)
        if found is None:
            found = _nth(self._gone.get(table), number)
        known = self._tables.number_of(table)
        if found is None and known is not None:
            found = encode_id(known, (number % 256).to_bytes(16, "big"))
        return found or ""

    def take_in(self, result: Any) -> None:
        """Look for cursors in a result."""
        if isinstance(result, dict):
            cursor = result.get("continueCursor")
            if isinstance(cursor, str) and not result.get("isDone"):
                self._cursors[cursor] = None

    def _heed(self, commit: Commit) -> None:
        for write in commit.writes:
            if write.after is None:
                self._ids.get(write.table, {}).pop(write.id, None)
                self._gone.setdefault(write.table, {})[write.id] = None
            else:
                self._note(write.table, write.id, write.after.value)

    def _note(self, table: str, document_id: str, document: dict[str, Any]) -> None:
        self._ids.setdefault(table, {})[document_id] = None
        if table.startswith("_") or len(self._texts) >= _MOST_TEXTS:
            return
        for member in document.values():
            if isinstance(member, str) and 0 < len(member) <= _LONGEST_TEXT and not _is_id(member):
                self._texts[member] = None


def _nth(found: dict[str, None] | None, number: int) -> str | None:
    return list(found)[number % len(found)] if found else None


def _is_id(text: str) -> bool:
    if not _SHORTEST_ID <= len(text) <= _LONGEST_ID:
        return False
    try:
        decode_id(text)
    except DeveloperError:
        return False
    return True
