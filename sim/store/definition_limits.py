"""Limits on what a schema defines that are tighter than Convex's own. Source: semantics §7, rows 23 to 25 and 29."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.sim.values import DeveloperError

from .definition import MAX_FILTER_FIELDS, MAX_INDEX_FIELDS, MAX_INDEXES, MAX_TABLES

if TYPE_CHECKING:
    from .schema import Schema, TableSchema

__all__ = ["DefinitionLimits"]


class DefinitionLimits(msgspec.Struct, frozen=True):
    """How many there may be: tables, indexes of one, fields of an index (`_creationTime` included), filter fields."""

    tables: int = MAX_TABLES
    indexes: int = MAX_INDEXES
    index_fields: int = MAX_INDEX_FIELDS
    filter_fields: int = MAX_FILTER_FIELDS

    def check(self, schema: Schema) -> None:
        """Raise the error of a schema that defines more; parsing has held it to Convex's own limits already."""
        if len(schema.tables) > self.tables:
            raise DeveloperError("TooManyTables", f"Number of tables cannot exceed {self.tables}.")
        for table in schema.tables.values():
            self._check_table(table)

    def _check_table(self, table: TableSchema) -> None:
        count = len(table.indexes) + len(table.search_indexes) + len(table.vector_indexes) + len(table.staged)
        if count > self.indexes:
            raise DeveloperError(
                "TooManyIndexes", f'Table "{table.name}" cannot have more than {self.indexes} indexes.'
            )
        for index in table.indexes:
            if len(index.fields) + 1 > self.index_fields:
                raise DeveloperError(
                    "IndexTooManyFields",
                    f'In table "{table.name}": In index "{index.name}": Indexes may have up to {self.index_fields} '
                    "fields.",
                )
        filters = [index.filter_fields for index in table.search_indexes]
        filters += [index.filter_fields for index in table.vector_indexes]
        for fields in filters:
            if len(fields) > self.filter_fields:
                raise DeveloperError(
                    "IndexTooManyFilterFields",
                    f'In table "{table.name}": Search indexes may have up to {self.filter_fields} filter fields.',
                )
