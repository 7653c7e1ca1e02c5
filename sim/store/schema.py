"""The schema: which tables and indexes there are, and what documents must look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from biconvex.sim.values import DeveloperError

if TYPE_CHECKING:
    from biconvex.sim.values import Validator

__all__ = [
    "BY_CREATION_TIME",
    "BY_ID",
    "Index",
    "Schema",
    "SearchIndex",
    "TableNames",
    "TableSchema",
    "VectorIndex",
]

BY_ID: Final = "by_id"
BY_CREATION_TIME: Final = "by_creation_time"

Path = tuple[str, ...]


class TableNames(Protocol):
    """What validators ask of the tables of a deployment."""

    def number_of(self, name: str) -> int | None:
        """The number of a table, None if there is no such table."""

    def name_of(self, number: int) -> str | None:
        """The name of the table with this number, None if there is none."""


class Index(msgspec.Struct, frozen=True):
    """A database index. `fields` are those of its definition; `_creationTime` and `_id` follow by themselves."""

    name: str
    fields: tuple[Path, ...]


class SearchIndex(msgspec.Struct, frozen=True):
    """A text search index."""

    name: str
    search_field: Path
    filter_fields: tuple[Path, ...]


class VectorIndex(msgspec.Struct, frozen=True):
    """A vector index."""

    name: str
    vector_field: Path
    dimensions: int
    filter_fields: tuple[Path, ...]


class TableSchema(msgspec.Struct, frozen=True):
    """What is known of a table before it has documents.

    `validator` is None where any document will do; it knows nothing of the fields that begin with `_`. `staged` are
    the names of indexes, of any kind, that can't be queried yet. `key` is what the table is called in the store: its
    name, and that with `@` and the path of the component that it is in.
    """

    name: str
    indexes: tuple[Index, ...] = ()
    search_indexes: tuple[SearchIndex, ...] = ()
    vector_indexes: tuple[VectorIndex, ...] = ()
    staged: frozenset[str] = frozenset()
    validator: Validator | None = None
    key: str = ""

    def __post_init__(self) -> None:
        if not self.key:
            msgspec.structs.force_setattr(self, "key", self.name)

    def admits(self, value: dict[str, Any], tables: TableNames) -> bool:
        """Whether `value`, without system fields, is as the schema says; if not, `check` of all of it says why."""
        return self.validator is None or self.validator.matches(value, tables)

    def check(self, value: dict[str, Any], tables: TableNames) -> None:
        """Raise `SchemaEnforcementError` unless `value`, a whole document, is as the schema says (semantics §3.3)."""
        if self.validator is None:
            return
        user_fields = {name: field for name, field in value.items() if name[:1] != "_"}
        problem = self.validator.check(user_fields, tables)
        if problem is not None:
            raise DeveloperError(
                "SchemaEnforcementError",
                f'Failed to insert or update a document in table "{self.name}" because it does not match '
                f"the schema: {problem}",
            )


class Schema(msgspec.Struct, frozen=True):
    """The tables of a schema definition by name."""

    tables: dict[str, TableSchema]
    validation: bool = True

    @staticmethod
    def from_json(exported: dict[str, Any] | None) -> Schema:
        """The schema that a project exports (semantics §3.4); None is a project without one.

        Raises DeveloperError, with Convex's code and message, where the definition is wrong.
        """
        from .definition import parse_schema  # noqa: PLC0415 - the parser builds what is defined here

        return parse_schema(exported)
