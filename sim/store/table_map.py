"""Which tables there are and what numbers they have. Source: semantics §4, §5.7."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from biconvex.sim.values import DeveloperError

from .definition import MAX_TABLES
from .schema import TableSchema
from .table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .schema import Schema

__all__ = ["SYSTEM_TABLES", "TableMap", "TransactionTables"]

# The system tables that functions may read through db.system, with the numbers in their ids.
SYSTEM_TABLES: Final = {"_scheduled_functions": 513, "_storage": 514}

FIRST_USER_TABLE_NUMBER: Final = 10_001
FIRST_PRIVATE_TABLE_NUMBER: Final = 600


class TableMap:
    """The tables of an app, or of a component in it, `most` of the user's, by the names that functions know.

    Numbers are given in the order of creation and never again, by each component for itself.
    """

    __slots__ = ("_by_name", "_names", "_next_private", "_next_user", "component", "most")

    def __init__(self, schema: Schema, most: int = MAX_TABLES, component: str = "") -> None:
        self.most = most
        self.component = component
        self._by_name: dict[str, Table] = {}
        self._names: dict[int, str] = {}
        self._next_user = FIRST_USER_TABLE_NUMBER
        self._next_private = FIRST_PRIVATE_TABLE_NUMBER
        for name, number in SYSTEM_TABLES.items():
            self.add(self.new(name, number))
        for table_schema in schema.tables.values():
            self.add(self.new(table_schema.name, schema=table_schema))

    def get(self, name: str) -> Table | None:
        """The table of this name, system tables included."""
        return self._by_name.get(name)

    def number_of(self, name: str) -> int | None:
        """The number of a table that functions may see, None if there is no such table."""
        table = self._by_name.get(name)
        return table.number if table is not None and _is_visible(name) else None

    def name_of(self, number: int) -> str | None:
        """The name of the table that functions may see with this number, None if there is none."""
        name = self._names.get(number)
        return name if name is not None and _is_visible(name) else None

    def any_name_of(self, number: int) -> str | None:
        """The name of the table with this number, private system tables included."""
        return self._names.get(number)

    def names(self) -> list[str]:
        """The names of the user's tables, in the order of their creation."""
        return [name for name in self._by_name if not name.startswith("_")]

    def __iter__(self) -> Iterator[Table]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    @property
    def user_tables(self) -> int:
        """How many tables the user has."""
        return self._next_user - FIRST_USER_TABLE_NUMBER

    def new(
        self, name: str, number: int | None = None, schema: TableSchema | None = None, ahead: int = 0
    ) -> Table:
        """A table with the number that follows the next `ahead` ones; it is not yet in the map."""
        if number is None:
            number = ahead + (self._next_private if name.startswith("_") else self._next_user)
        schema = schema or TableSchema(name)
        if self.component:
            schema = msgspec.structs.replace(schema, key=f"{name}@{self.component}")
        return Table(schema.key, number, schema)

    def add(self, table: Table) -> None:
        """Put a table in the map."""
        name = table.schema.name
        self._by_name[name] = table
        self._names[table.number] = name
        if table.number == self._next_user:
            self._next_user += 1
        elif table.number == self._next_private:
            self._next_private += 1


class TransactionTables:
    """The tables of a deployment, and those that a transaction has created but not committed.

    `missed` tells that a table was looked for by its name or number and there was none.
    """

    __slots__ = ("_map", "created", "missed")

    def __init__(self, tables: TableMap) -> None:
        self._map = tables
        self.created: list[Table] = []
        self.missed = False

    def get(self, name: str) -> Table | None:
        """The table of this name, system tables included."""
        table = self._map.get(name)
        if table is None and self.created:
            return next((created for created in self._own() if created.schema.name == name), None)
        return table

    def number_of(self, name: str) -> int | None:
        """The number of a table that functions may see, None if there is no such table."""
        table = self.get(name)
        if table is not None and _is_visible(name):
            return table.number
        self.missed = True
        return None

    def name_of(self, number: int) -> str | None:
        """The name of the table that functions may see with this number, None if there is none."""
        name = self.any_name_of(number)
        if name is not None and _is_visible(name):
            return name
        self.missed = True
        return None

    def any_name_of(self, number: int) -> str | None:
        """The name of the table with this number, private system tables included."""
        name = self._map.any_name_of(number)
        if name is None and self.created:
            return next((created.schema.name for created in self._own() if created.number == number), None)
        return name

    def create(self, name: str) -> Table:
        """Create a table; it comes to be when the transaction commits."""
        if not name.startswith("_") and self._map.user_tables + len(self._own()) >= self._map.most:
            raise DeveloperError("TooManyTables", f"Number of tables cannot exceed {self._map.most}.")
        private = name.startswith("_")
        ahead = sum(table.name.startswith("_") == private for table in self._own())
        table = self._map.new(name, ahead=ahead)
        self.created.append(table)
        return table

    def rollback_to(self, count: int) -> None:
        """Undo the creation of all but the first `count` tables created."""
        del self.created[count:]

    def _own(self) -> list[Table]:
        """Those of `created` that are in the same component as these: all of a transaction's are in one list."""
        component = self._map.component
        return [table for table in self.created if table.name.partition("@")[2] == component]


def _is_visible(name: str) -> bool:
    return name[:1] != "_" or name in SYSTEM_TABLES
