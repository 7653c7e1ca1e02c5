"""Finding an index by its name, and the errors where there is none. Source: semantics §5.4, §12.2, §12.3."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from biconvex.sim.values import DeveloperError

from .definition import check_table_name
from .schema import BY_CREATION_TIME, BY_ID, Index, SearchIndex, VectorIndex

if TYPE_CHECKING:
    from .schema import TableSchema

__all__ = ["find_index", "index_not_found", "parse_index_name"]

AnyIndex = TypeVar("AnyIndex", Index, SearchIndex, VectorIndex)


def find_index(
    schema: TableSchema, kind: tuple[AnyIndex, ...], index: str, otherwise: tuple[str, str]
) -> AnyIndex:
    """The index among those of one `kind`.

    `otherwise` is the code of the error for an index of another kind, and what the index is not (`a search index`).
    """
    for candidate in kind:
        if candidate.name == index:
            return candidate
    name = f"{schema.name}.{index}"
    if index in schema.staged:
        raise DeveloperError(
            "IndexStagedError",
            f"Index {name} is currently staged and not available to query until it is enabled.",
        )
    defined = [BY_ID, BY_CREATION_TIME, *(other.name for other in schema.indexes)]
    defined += [other.name for other in schema.search_indexes]
    defined += [other.name for other in schema.vector_indexes]
    if index in defined:
        code, expected = otherwise
        raise DeveloperError(code, f"Index {name} is not {expected}")
    raise index_not_found(name)


def index_not_found(name: str) -> DeveloperError:
    """The error for `table.index` where there is no such table or index."""
    return DeveloperError("IndexNotFoundError", f"Index {name} not found.")


def parse_index_name(name: str) -> tuple[str, str]:
    """`table.index` in its parts; raises DeveloperError for what is no such name."""
    table, *parts = name.split(".")
    check_table_name(table)
    if not parts:
        raise DeveloperError("IndexNotEnoughNameComponents", f"Insufficient components in index name {name}")
    check_table_name(parts[0])
    if len(parts) > 1:
        raise DeveloperError("IndexTooManyNameComponents", f"Too many components in index name {name}")
    return table, parts[0]
