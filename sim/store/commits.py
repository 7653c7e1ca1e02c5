"""What a commit leaves behind: its writes, for subscribers and for the check of later commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from .document import Document

__all__ = ["Commit", "Conflict", "Write"]


class Write(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The change of one document by one commit: None before an insertion, None after a deletion."""

    table: str
    id: str
    before: Document | None
    after: Document | None


class Commit(msgspec.Struct, frozen=True, eq=False):
    """A committed transaction: its timestamp (ns), its writes in the order of each document's first write.

    `source` is the label of who wrote (a function's path); `new_tables` are tables that it created.
    """

    ts: int
    writes: tuple[Write, ...]
    source: str | None = None
    new_tables: tuple[str, ...] = ()


class Conflict(Exception):
    """Another commit has changed what a transaction read or wrote since its snapshot (semantics §6.1).

    `table` is None when both created a table; `by` is the `source` of the other commit.
    """

    def __init__(self, table: str | None, document_id: str | None, by: str | None) -> None:
        where = "the list of tables" if table is None else f'document "{document_id}" of table "{table}"'
        super().__init__(f"{where} was changed by {by or 'another commit'} since the transaction began")
        self.table = table
        self.id = document_id
        self.by = by
