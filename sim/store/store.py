"""The store: committed documents, snapshots, and commits that check for conflicts. Source: semantics §6.1."""

from __future__ import annotations

import math
from collections import deque
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from biconvex.sim.values import InternalError

from .building import resolve_document
from .commits import Commit, Conflict, Write
from .component import ComponentTransaction
from .definition_limits import DefinitionLimits
from .limits import TransactionLimits
from .search import parse_vector_search, search_vectors
from .table_map import TableMap
from .transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from .document import Document
    from .limits import SearchLimits
    from .schema import Schema
    from .search import VectorMatch
    from .table import Table

__all__ = ["Store"]

DEFAULT_LIMITS: Final = TransactionLimits()


class Store:
    """The database of one deployment.

    `new_internal_id` gives the 16 bytes of a fresh document id; the store has no other source of anything random.
    Raises DeveloperError for a schema that defines more than `limits`.
    """

    def __init__(
        self,
        schema: Schema,
        new_internal_id: Callable[[], bytes],
        limits: DefinitionLimits | None = None,
    ) -> None:
        limits = limits or DefinitionLimits()
        limits.check(schema)
        self.schema = schema
        self.tables = TableMap(schema, limits.tables)
        self._limits = limits
        self._components: dict[str, TableMap] = {}
        self.last_ts = 0
        self.new_internal_id = new_internal_id
        self._last_creation_time = 0.0
        self._open: dict[Transaction, None] = {}
        # What commits since the oldest open snapshot wrote, and which documents they left in several versions.
        self._log: deque[Commit] = deque()
        self._kept: deque[tuple[int, Table, str]] = deque()

    def mount(self, component: str, schema: Schema) -> None:
        """Give a component tables of its own, those of its schema to begin with. `component` is its path."""
        self._limits.check(schema)
        self._components[component] = TableMap(schema, self._limits.tables, component)

    def tables_of(self, component: str) -> TableMap:
        """The tables of a component; those of the app where the path is empty."""
        return self._components[component] if component else self.tables

    def inside(self, transaction: Transaction, component: str) -> Transaction:
        """A transaction as the functions of a component see it."""
        return ComponentTransaction(transaction, self._components[component])

    def begin(
        self, ts: int, limits: TransactionLimits = DEFAULT_LIMITS, writable: bool = True
    ) -> Transaction:
        """Begin a transaction on everything committed so far.

        `ts` (ns) is the time it begins, and what `_creationTime` counts from (semantics §5.2); a time before the
        last commit counts as that.
        """
        begin_ts = max(ts, self.last_ts)
        whole, rest = divmod(begin_ts, 1_000_000)
        creation_time = max(whole + rest * 1e-6, math.nextafter(self._last_creation_time, math.inf))
        transaction = Transaction(self, self.last_ts, begin_ts, creation_time, limits, writable)
        self._open[transaction] = None
        return transaction

    def commit(self, transaction: Transaction, ts: int, source: str | None = None) -> Commit:
        """End a transaction and make its writes visible to those that begin from now on.

        The commit's timestamp is `ts` (ns), or the least one after the last commit's. `source` says who wrote, for
        the error of others. Raises `Conflict`, and ends the transaction, if a commit since its snapshot touched what
        it read or wrote.
        """
        if not transaction.is_open:
            raise InternalError("a transaction was ended twice")
        writes = transaction.writes.writes()
        created = tuple(transaction.tables.created)
        try:
            if writes or created:
                self._check(transaction)
        finally:
            self.close(transaction)
        if not writes and not created:
            return Commit(transaction.snapshot, (), source)
        self.last_ts = ts = max(ts, self.last_ts + 1)
        self._last_creation_time = max(
            self._last_creation_time, math.nextafter(transaction.next_creation_time, -math.inf)
        )
        for table in created:
            self.tables_of(table.name.partition("@")[2]).add(table)
        keep = bool(self._open)
        if transaction.has_pending_values:
            writes = tuple(self._resolved(write, ts) for write in writes)
        if keep:
            for write in writes:
                table = self._table(write.table)
                table.write(write, ts, keep=True)
                self._kept.append((ts, table, write.id))
        else:
            self._replace(writes, ts)
        commit = Commit(ts, writes, source, tuple(table.name for table in created))
        if keep:
            self._log.append(commit)
        return commit

    def close(self, transaction: Transaction) -> None:
        """End a transaction that has not committed, and forget the versions that only its snapshot needed."""
        if not transaction.is_open:
            return
        transaction.is_open = False
        del self._open[transaction]
        if self._log:
            self._collect()

    def reader_at(self, transaction: Transaction) -> Transaction:
        """A read-only transaction on the snapshot of another one that is open."""
        if not transaction.is_open:
            raise InternalError("a transaction was used after its end")
        reader = Transaction(
            self,
            transaction.snapshot,
            transaction.begin_ts,
            transaction.next_creation_time,
            transaction.limits,
            False,
        )
        self._open[reader] = None
        return reader

    def is_current(self, transaction: Transaction) -> bool:
        """Whether an open transaction has read nothing that was changed since its snapshot."""
        reads = transaction.reads
        return not any(reads.is_touched_by(commit) for commit in self.commits_after(transaction.snapshot))

    def documents(self, table: str, component: str = "") -> list[dict[str, Any]]:
        """The committed documents of a table in creation order, as copies."""
        found = self.tables_of(component).get(table)
        return [_copy(document.value) for document in found.all()] if found is not None else []

    def count_at(self, table: Table, snapshot: int) -> int:
        """How many documents a snapshot sees in a table."""
        count = table.count
        for commit in reversed(self._log):
            if commit.ts <= snapshot:
                break
            for write in commit.writes:
                if write.table == table.name:
                    count -= (write.after is not None) - (write.before is not None)
        return count

    def commits_after(self, ts: int) -> list[Commit]:
        """What was committed after `ts`, the time of an open snapshot or a later one, oldest first."""
        if not self._log or self._log[-1].ts <= ts:
            return []
        later = list(takewhile(lambda commit: commit.ts > ts, reversed(self._log)))
        later.reverse()
        return later

    def vector_search(
        self, query_json: Any, limits: SearchLimits = DEFAULT_LIMITS.search, component: str = ""
    ) -> list[VectorMatch]:
        """The documents nearest to a vector among all that is committed, best first.

        `query_json` is the syscall's `query`; raises the errors of semantics §12.3.
        """
        search = parse_vector_search(query_json)
        return search_vectors(search, self.tables_of(component).get(search.table), limits)

    def _check(self, transaction: Transaction) -> None:
        reads, changes = transaction.reads, transaction.writes.changes
        for commit in self.commits_after(transaction.snapshot):
            if commit.new_tables and (transaction.tables.created or reads.tables_listed):
                raise Conflict(None, None, commit.source)
            found = reads.conflicts_with(commit)
            if found is None:
                found = next(
                    ((write.table, write.id) for write in commit.writes if write.id in changes), None
                )
            if found is not None:
                raise Conflict(*found, commit.source)

    def _collect(self) -> None:
        horizon = min((transaction.snapshot for transaction in self._open), default=self.last_ts)
        while self._log and self._log[0].ts <= horizon:
            self._log.popleft()
        while self._kept and self._kept[0][0] <= horizon:
            ts, table, document_id = self._kept.popleft()
            table.collect(document_id, ts)

    def _replace(self, writes: tuple[Write, ...], ts: int) -> None:
        """Make these the only versions: nobody needs those before."""
        inserted: dict[str, list[Document]] = {}
        for write in writes:
            if write.before is None and write.after is not None:
                inserted.setdefault(write.table, []).append(write.after)
            else:
                self._table(write.table).write(write, ts, keep=False)
        for name, documents in inserted.items():
            self._table(name).insert_all(documents)

    def _resolved(self, write: Write, ts: int) -> Write:
        if write.after is None:
            return write
        after = resolve_document(self._table(write.table).schema, write.after, ts)
        return Write(write.table, write.id, write.before, after)

    def _table(self, name: str) -> Table:
        table = self.tables.get(name)
        if table is None and "@" in name:
            name, _, component = name.partition("@")
            table = self._components[component].get(name)
        if table is None:
            raise InternalError(f"documents were written to table {name}, which does not exist")
        return table


def _copy(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {name: _copy(member) for name, member in value.items()}
    if kind is list:
        return [_copy(member) for member in value]
    return value
