"""A transaction as the functions of a component see it. Source: semantics §12.4.

A component has tables of its own, which functions elsewhere can't name; but a function of the app and those that it
calls in components are one transaction. So there is one store, in which a component's table goes by a key of its own
(`shards@counter`), and views of a transaction that know tables by the names they have there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .table_map import TransactionTables
from .transaction import Transaction

if TYPE_CHECKING:
    from .document import Document
    from .query import Plan
    from .table import Row, Table
    from .table_map import TableMap

__all__ = ["ComponentTransaction"]


class ComponentTables(TransactionTables):
    """The tables of a component, with those that a transaction has created: they are found by name and by key."""

    __slots__ = ("_app",)

    def __init__(self, app: TransactionTables, tables: TableMap) -> None:
        self._app = app
        super().__init__(tables)
        self.created = app.created

    @property
    def missed(self) -> bool:
        """Whether a table was looked for and there was none: the transaction as a whole depends on that."""
        return self._app.missed

    @missed.setter
    def missed(self, value: bool) -> None:
        self._app.missed |= value

    def get(self, name: str) -> Table | None:
        """The table of this name or key, system tables included."""
        return super().get(name.partition("@")[0])


class ComponentTransaction(Transaction):
    """A view of a transaction: what it reads and writes are the component's tables, all else is the transaction's."""

    # These are the view's own; what is in the dictionary is the whole transaction's.
    __slots__ = ("_whole", "component", "tables")

    def __init__(self, transaction: Transaction, tables: TableMap) -> None:
        whole = transaction.whole
        self.__dict__ = whole.__dict__
        self._whole = whole
        self.component = tables.component
        self.tables = ComponentTables(whole.tables, tables)

    @property
    def whole(self) -> Transaction:
        """The transaction itself."""
        return self._whole

    def inside(self, component: str) -> Transaction:
        """The transaction as another component sees it, or the app."""
        return self._whole.inside(component)

    def discard(self) -> None:
        """End the transaction itself without a commit."""
        self._whole.discard()

    def count(self, table: str) -> int:
        """The number of documents in a table; depends on all of it."""
        return super().count(self._key(table))

    def fetch(
        self, table: str, position: int, interval: tuple[bytes, bytes], reverse: bool, limit: int
    ) -> list[Row]:
        """Up to `limit` rows of an index as the transaction sees them; records nothing."""
        return super().fetch(self._key(table), position, interval, reverse, limit)

    def record_interval(self, table: str, plan: Plan, start: bytes, end: bytes) -> None:
        """Depend on a part of an index; raises at the limit."""
        super().record_interval(self._key(table), plan, start, end)

    def _read(self, table: str, document_id: str) -> Document | None:
        return super()._read(self._key(table), document_id)

    def _visible_table(self, name: str) -> Table | None:
        return super()._visible_table(name.partition("@")[0])

    def _key(self, name: str) -> str:
        return name if "@" in name else f"{name}@{self.component}"
