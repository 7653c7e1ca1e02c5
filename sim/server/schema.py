"""Defining tables in Python: `define_schema({"tasks": define_table({…}).index("by_owner", ["owner"])})`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from biconvex.sim.values import Validator, as_object_validator

__all__ = ["SchemaDefinition", "TableDefinition", "define_schema", "define_table"]


class TableDefinition:
    """A table: the validator of its documents, and its indexes. Its methods return it, for chaining."""

    def __init__(self, document: Validator) -> None:
        self.validator = document
        self._indexes: list[dict[str, Any]] = []
        self._search_indexes: list[dict[str, Any]] = []
        self._vector_indexes: list[dict[str, Any]] = []

    def index(self, name: str, fields: Sequence[str]) -> TableDefinition:
        """Add an index on fields, in this order; `_creationTime` follows them by itself."""
        self._indexes.append({"indexDescriptor": name, "fields": list(fields)})
        return self

    def search_index(
        self, name: str, *, search_field: str, filter_fields: Sequence[str] = ()
    ) -> TableDefinition:
        """Add a text search index."""
        self._search_indexes.append(
            {"indexDescriptor": name, "searchField": search_field, "filterFields": list(filter_fields)}
        )
        return self

    def vector_index(
        self, name: str, *, vector_field: str, dimensions: int, filter_fields: Sequence[str] = ()
    ) -> TableDefinition:
        """Add a vector index."""
        self._vector_indexes.append(
            {
                "indexDescriptor": name,
                "vectorField": vector_field,
                "dimensions": dimensions,
                "filterFields": list(filter_fields),
            }
        )
        return self

    def export(self, name: str) -> dict[str, Any]:
        """The table as the schema's exported JSON has it (semantics §3.4)."""
        return {
            "tableName": name,
            "indexes": self._indexes,
            "stagedDbIndexes": [],
            "searchIndexes": self._search_indexes,
            "stagedSearchIndexes": [],
            "vectorIndexes": self._vector_indexes,
            "stagedVectorIndexes": [],
            "documentType": self.validator.json,
        }


class SchemaDefinition:
    """The tables of a backend."""

    def __init__(self, tables: Mapping[str, TableDefinition], schema_validation: bool) -> None:
        self.tables = dict(tables)
        self.schema_validation = schema_validation

    def export(self) -> dict[str, Any]:
        """The schema's exported JSON (semantics §3.4)."""
        return {
            "tables": [table.export(name) for name, table in self.tables.items()],
            "schemaValidation": self.schema_validation,
        }


def define_table(document: Mapping[str, Validator] | Validator) -> TableDefinition:
    """Define a table whose documents match a validator (an object's fields, or a union of objects)."""
    return TableDefinition(as_object_validator(document))


def define_schema(
    tables: Mapping[str, TableDefinition], *, schema_validation: bool = True
) -> SchemaDefinition:
    """Define the schema of a backend. With `schema_validation=False` documents aren't checked."""
    return SchemaDefinition(tables, schema_validation)
