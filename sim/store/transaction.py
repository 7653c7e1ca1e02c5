"""Transactions: one snapshot, their own writes on top, and an account of what they read and wrote.

Source: semantics §4 and §5 for what each operation does and says, §6.1 and §6.2 for transactions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from biconvex.sim.values import (
    UNDEFINED,
    DeveloperError,
    DocumentLimits,
    InternalError,
    check_identifier,
    decode_id,
    encode_id,
    is_pending,
)

from .building import build_document, rebuild_document
from .ids import normalize_id, resolve_id, resolve_writable_id
from .limits import TransactionUsage
from .pagination import Page, check_page_options, read_page
from .query import EVERYTHING, Plan, Query, parse_query, plan_query
from .reads import ReadSet
from .schema import BY_CREATION_TIME, BY_ID
from .search import SearchScan, compile_search
from .stream import QueryStream, RangeScan
from .table import BY_ID_POSITION
from .table_map import SYSTEM_TABLES, TransactionTables
from .writes import PendingWrites

if TYPE_CHECKING:
    from .document import Document
    from .limits import TransactionLimits
    from .store import Store
    from .stream import Scan
    from .table import Row, Table

__all__ = ["Transaction"]

# The arguments of a job may be larger than any document.
_SYSTEM_DOCUMENT: Final = DocumentLimits(size=1 << 40, nesting=1 << 10)
_BY_ID_PLAN = Plan(BY_ID, BY_ID_POSITION, (), EVERYTHING)


class Transaction:
    """A unit of reads and writes. It ends with `Store.commit` or `discard`.

    `component` is the path of the component whose tables it is about: empty for the app.
    """

    component = ""

    def __init__(
        self,
        store: Store,
        snapshot: int,
        begin_ts: int,
        creation_time: float,
        limits: TransactionLimits,
        writable: bool,
    ) -> None:
        self.snapshot = snapshot
        self.begin_ts = begin_ts
        self.limits = limits
        self.writable = writable
        self.tables = TransactionTables(store.tables)
        self.writes = PendingWrites()
        self.unrecorded: list[RangeScan] = []
        self.is_open = True
        self.pages_read = 0
        # Whether a document written holds `db.vars.commitTs`, which the commit has to replace.
        self.has_pending_values = False
        self._store = store
        self._usage = TransactionUsage()
        self._reserved = TransactionUsage()
        self._reads = ReadSet()
        self.next_creation_time = creation_time

    # What the transaction has done.

    @property
    def usage(self) -> TransactionUsage:
        """What was read and written so far (semantics §5.8)."""
        if self.unrecorded:
            self._record_scans()
        return self._usage

    @property
    def reads(self) -> ReadSet:
        """What the transaction depends on."""
        self._record_scans()
        self._reads.tables_listed = self.tables.missed
        return self._reads

    # Reading.

    def get(
        self, document_id: str, *, table: str | None = None, system: bool = False, op: str | None = None
    ) -> Document | None:
        """The document with this id, None if there is none.

        `table` is the name a two-argument call gives; `system` is for `db.system`. Raises for what is no id, for an
        id of another table than `table`, and for a system table without `system` or the reverse (semantics §4).
        """
        name = resolve_id(
            self.tables, document_id, table, system, op or ("db.system.get" if system else "db.get")
        )
        if name is None:
            return None
        return self._read(name, document_id)

    def query(self, query_json: Any) -> QueryStream:
        """Start a query (semantics §1.6); raises for a wrong index, range, filter or order."""
        query = parse_query(query_json, "queryStream")
        plan = self._plan(query)
        scan: Scan
        if query.search is not None:
            scan = SearchScan(self, query, plan.interval)
        else:
            scan = RangeScan(self, query.table, plan, query.reverse, plan.interval)
        return QueryStream(scan, query)

    def paginate(
        self,
        query_json: Any,
        cursor: str | None,
        end_cursor: str | None = None,
        page_size: int = 100,
        maximum_rows_read: int | None = None,
        maximum_bytes_read: int | None = None,
    ) -> Page:
        """Read one page of a query (semantics §5.6). `pages_read` counts the calls that succeeded."""
        query = parse_query(query_json, "queryPage")
        check_page_options(page_size, maximum_rows_read, maximum_bytes_read, self.limits.page_size)
        page = read_page(
            self,
            query,
            self._plan(query),
            cursor=cursor,
            end_cursor=end_cursor,
            page_size=page_size,
            maximum_rows_read=maximum_rows_read,
            maximum_bytes_read=maximum_bytes_read,
        )
        self.pages_read += 1
        return page

    def count(self, table: str) -> int:
        """The number of documents in a table; depends on all of it."""
        found = self._visible_table(table)
        if found is None:
            self.record_interval(table, Plan(BY_CREATION_TIME, 0, (), EVERYTHING), *EVERYTHING)
            return 0
        self.record_interval(table, _BY_ID_PLAN, *EVERYTHING)
        return self._store.count_at(found, self.snapshot) + self.writes.count(table)

    def normalize_id(self, table: str, text: str) -> str | None:
        """`text` if it is an id of `table`, else None; whether there is such a document doesn't matter."""
        return normalize_id(self.tables, table, text)

    # Writing.

    def insert(self, table: str, value: dict[str, Any]) -> str:
        """Insert a document and return its id; creates the table if need be (semantics §5.1)."""
        self._require_writable(table)
        try:
            check_identifier(table)
        except DeveloperError as error:
            raise DeveloperError(
                "InvalidArgument", f"Invalid argument `table` for `db.insert`: {error.message}"
            ) from error
        if table.startswith("_"):
            raise DeveloperError("SystemTableError", "System tables can only be accessed with db.system.")
        _require_object(value, "db.insert")
        return self._insert(table, value).id

    def patch(self, document_id: str, partial: dict[str, Any], table: str | None = None) -> Document:
        """Merge `partial` into a document; a field that is `UNDEFINED` is removed (semantics §5.1)."""
        name = self._resolve_writable(document_id, table, "db.patch")
        _require_object(partial, "db.patch")
        return self._patch(name, document_id, partial)

    def replace(self, document_id: str, value: dict[str, Any], table: str | None = None) -> Document:
        """Replace all of a document but `_id` and `_creationTime` (semantics §5.1)."""
        name = self._resolve_writable(document_id, table, "db.replace")
        _require_object(value, "db.replace")
        before = self._read_existing(name, document_id, "Replace")
        return self._update(before, value)

    def delete(self, document_id: str, table: str | None = None) -> Document:
        """Delete a document and return what it was (semantics §5.1)."""
        name = self._resolve_writable(document_id, table, "db.delete")
        return self._delete(self._read_existing(name, document_id, "Delete"))

    # System tables, for the services that keep their state here: no schema, no limits, not in `usage`.

    def insert_system(self, table: str, value: dict[str, Any]) -> str:
        """Insert a document into a table whose name begins with `_`; returns its id."""
        self._require_writable(table)
        if not table.startswith("_"):
            raise InternalError(f"{table} is no system table")
        return self._insert(table, value).id

    def get_system(self, table: str, document_id: str) -> Document | None:
        """The document of a system table, private ones included; the transaction depends on it."""
        return self._read(table, document_id)

    def patch_system(self, document_id: str, partial: dict[str, Any]) -> Document:
        """Merge `partial` into a document of a system table."""
        return self._patch(self._resolve_system(document_id), document_id, partial)

    def delete_system(self, document_id: str) -> Document:
        """Delete a document of a system table."""
        return self._delete(self._read_existing(self._resolve_system(document_id), document_id, "Delete"))

    # Parts of a transaction.

    def savepoint(self) -> tuple[int, int, int, int]:
        """A token for `rollback_to`: the beginning of a nested mutation (semantics §6.2)."""
        usage = self._usage
        return self.writes.savepoint(), len(self.tables.created), usage.documents_written, usage.bytes_written

    def rollback_to(self, token: tuple[int, int, int, int]) -> None:
        """Undo the writes since the token was made. Reads stay read, and creation times are not given twice."""
        position, tables, self._usage.documents_written, self._usage.bytes_written = token
        self.writes.rollback_to(position)
        self.tables.rollback_to(tables)

    def stale_reader(self) -> Transaction:
        """A reader of this transaction's snapshot that sees none of its writes and leaves it without a dependency."""
        return self._store.reader_at(self)

    def inside(self, component: str) -> Transaction:
        """The same transaction as the functions of another component see it, or those of the app."""
        return self._store.inside(self, component) if component else self

    @property
    def whole(self) -> Transaction:
        """The transaction itself, which is what ends, whatever component it is seen from."""
        return self

    def discard(self) -> None:
        """End the transaction without a commit; its snapshot may be forgotten. Harmless when it has ended."""
        self._store.close(self)

    # For streams.

    def fetch(
        self, table: str, position: int, interval: tuple[bytes, bytes], reverse: bool, limit: int
    ) -> list[Row]:
        """Up to `limit` rows of an index as the transaction sees them; records nothing."""
        found = self._visible_table(table)
        if found is None:
            return []
        writes = self.writes
        if not writes.touches(table):
            return found.scan(position, interval, reverse, limit, self.snapshot, ())
        rows = found.scan(position, interval, reverse, limit, self.snapshot, writes.changes)
        rows += writes.scan(found, position, interval, reverse, limit)
        rows.sort(key=_row_key, reverse=reverse)
        return rows[:limit]

    def count_read(self, document: Document) -> None:
        """Count a document that was read; raises at the limit."""
        if document.table[0] != "_":
            self._usage.add_read(document.size, self.limits)

    def note_results(self, count: int) -> None:
        """A text search has looked at so many documents."""
        self._usage.search_results = max(self._usage.search_results, count)

    def reserve_read(self, document: Document) -> bool:
        """Whether a document may be looked at ahead of its reading: all that were will be within the limits."""
        if document.table[0] == "_":
            return True
        usage, limits, reserved = self._usage, self.limits, self._reserved
        if (
            usage.documents_read + reserved.documents_read >= limits.documents_read
            or usage.bytes_read + reserved.bytes_read + document.size > limits.bytes_read
        ):
            return False
        reserved.documents_read += 1
        reserved.bytes_read += document.size
        return True

    def release_read(self, document: Document) -> None:
        """A document that was looked at ahead is now read."""
        if document.table[0] != "_":
            self._reserved.documents_read -= 1
            self._reserved.bytes_read -= document.size

    def record_interval(self, table: str, plan: Plan, start: bytes, end: bytes) -> None:
        """Depend on a part of an index; raises at the limit."""
        self._add_queries(self._reads.add_interval(table, plan.index, plan.position, start, end))

    def search(self, query: Query) -> list[Row]:
        """The results of a text search as the transaction sees them, best first; it depends on what it searched for.

        Raises the errors of semantics §12.2. The results count when they are read.
        """
        table = self._visible_table(query.table)
        search = compile_search(query, table, self.limits.search)
        if table is None or search is None:
            return []
        view = self.writes.text_view(table, search.index, self.snapshot)
        view.catch_up(self._store.commits_after(view.ts))
        self._reads.add_search(table.name, search)
        return view.search(search, self.limits.search.results)

    def read_result(self, found: Document) -> Document | None:
        """Read a document that a text search found; None if it can't be any more, because of a write since."""
        before, _ = self.writes.changes.get(found.id, (None, None))
        document = self._read(found.table, found.id)
        # A version that was committed has to be that still; one of the transaction's own may be a newer one.
        return document if document is found or before is not found else None

    # Inside.

    def _read(self, table: str, document_id: str) -> Document | None:
        change = self.writes.changes.get(document_id)
        if change is not None:
            document = change[1]
            if document is not None and document.table != table:
                document = None  # of another component, whose tables may have the same numbers
            if change[0] is None:
                # The id is the transaction's own: nobody else can touch it.
                if document is not None:
                    self.count_read(document)
                return document
        else:
            found = self.tables.get(table)
            document = found.get(document_id, self.snapshot) if found is not None else None
        if document is not None:
            self.count_read(document)
        self._add_queries(self._reads.add_document(table, document_id))
        return document

    def _add_queries(self, count: int) -> None:
        if count == 0:
            return
        if self._usage.database_queries + count > self.limits.database_queries and self.unrecorded:
            # Scans that went on may have grown into other intervals: then there are fewer.
            self._record_scans()
        self._usage.add_queries(count, self.limits)

    def _record_scans(self) -> None:
        scans, self.unrecorded = self.unrecorded, []
        for scan in scans:
            scan.record()

    def _visible_table(self, name: str) -> Table | None:
        if name[:1] == "_" and name not in SYSTEM_TABLES:
            return None
        return self.tables.get(name)

    def _plan(self, query: Query) -> Plan:
        table = self._visible_table(query.table)
        if table is None and query.index is not None:
            # The error that follows has no interval to depend on.
            self.tables.missed = True
        return plan_query(query, table)

    def _require_writable(self, table: str) -> None:
        if not self.writable:
            raise DeveloperError(
                "ReadOnlyTransaction", f'A query can only read: it can\'t write to table "{table}".'
            )

    def _resolve_writable(self, document_id: str, table: str | None, operation: str) -> str:
        name = resolve_writable_id(self.tables, document_id, table, operation)
        self._require_writable(name)
        return name

    def _resolve_system(self, document_id: str) -> str:
        name = self.tables.any_name_of(decode_id(document_id)[0])
        if name is None or not name.startswith("_"):
            raise InternalError(f"{document_id} is no id of a system table")
        self._require_writable(name)
        return name

    def _read_existing(self, table: str, document_id: str, verb: str) -> Document:
        document = self._read(table, document_id)
        if document is None:
            raise DeveloperError("NonexistentDocument", f"{verb} on nonexistent document ID {document_id}")
        return document

    def _insert(self, table_name: str, value: dict[str, Any]) -> Document:
        internal = self._store.new_internal_id()
        creation_time = self.next_creation_time
        self.next_creation_time = math.nextafter(creation_time, math.inf)
        table = self.tables.get(table_name) or self.tables.create(table_name)
        document_id = encode_id(table.number, internal)
        if document_id in self.writes.changes or table.get(document_id, self.snapshot) is not None:
            raise InternalError(f"the id {document_id} was generated twice")
        document = build_document(
            table.schema, self.tables, document_id, creation_time, value, self._limits_of(table)
        )
        self._write(table, document_id, None, document)
        return document

    def _patch(self, table: str, document_id: str, partial: dict[str, Any]) -> Document:
        before = self._read_existing(table, document_id, "Update")
        merged = before.value | partial
        removed = [name for name, field in partial.items() if field is UNDEFINED]
        for name in removed:
            del merged[name]
        return self._update(before, merged)

    def _update(self, before: Document, value: dict[str, Any]) -> Document:
        table = self._table(before.table)
        after = rebuild_document(table.schema, self.tables, before, value, self._limits_of(table))
        if after is before:
            return before
        self._write(table, before.id, before, after)
        return after

    def _delete(self, before: Document) -> Document:
        self._write(self._table(before.table), before.id, before, None)
        return before

    def _limits_of(self, table: Table) -> DocumentLimits:
        return self.limits.document if table.name[0] != "_" else _SYSTEM_DOCUMENT

    def _table(self, name: str) -> Table:
        table = self.tables.get(name)
        if table is None:
            raise InternalError(f"table {name} has documents but does not exist")
        return table

    def _write(self, table: Table, document_id: str, before: Document | None, after: Document | None) -> None:
        if table.name[0] != "_":
            self._usage.add_write(after.size if after is not None else 0, self.limits)
        if after is not None and after.may_be_pending and is_pending(after.value):
            self.has_pending_values = True
        change = self.writes.changes.get(document_id)
        self.writes.put(table.name, document_id, change[0] if change is not None else before, after)


def _require_object(value: Any, operation: str) -> None:
    if type(value) is not dict:
        raise DeveloperError(
            "InvalidArgument", f"Invalid argument `value` for `{operation}`: Value must be an Object"
        )


def _row_key(row: Row) -> bytes:
    return row[0]
