"""Queries: from their JSON to a source, an interval and operators. Source: semantics §1.6."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from biconvex.sim.values import UNDEFINED, DeveloperError, check_identifier, pending_from_json

from .definition import check_table_name, parse_field_path
from .document import after_prefix
from .expression import compile_predicate
from .ranges import Comparison, compile_range
from .schema import BY_CREATION_TIME, BY_ID, Path
from .table import BY_ID_POSITION

if TYPE_CHECKING:
    from collections.abc import Callable

    from .table import Table

__all__ = ["EVERYTHING", "Plan", "Query", "fingerprint", "parse_query", "plan_query"]

MAX_OPERATORS: Final = 256
EVERYTHING: Final = (b"", after_prefix(b""))

_CREATION_TIME: Final = ("_creationTime",)
_COMPARISONS: Final = frozenset(("Eq", "Gt", "Gte", "Lt", "Lte"))

Operator = tuple[Literal["filter"], "Callable[[dict[str, Any]], bool]"] | tuple[Literal["limit"], int]


class Query(msgspec.Struct, frozen=True):
    """A parsed query. `index` is None for a scan of the table; `json` is what it was parsed from."""

    table: str
    index: str | None
    range_: tuple[Comparison, ...]
    reverse: bool
    operators: tuple[Operator, ...]
    json: Any


class Plan(msgspec.Struct, frozen=True):
    """Where a query reads: `position` is the place of the index in a document's `keys`; `fields` are the index's."""

    index: str
    position: int
    fields: tuple[Path, ...]
    interval: tuple[bytes, bytes]


def parse_query(json: Any, operation: str) -> Query:
    """Parse a query; `operation` (`queryStream`, `queryPage`) is who is told what is wrong with it."""
    try:
        return _parse(json)
    except DeveloperError as error:
        if error.code == "SearchNotSupported":
            raise
        raise DeveloperError(
            "InvalidArgument", f"Invalid argument `query` for `{operation}`: {error.message}"
        ) from error


def plan_query(query: Query, table: Table | None) -> Plan:
    """Find the query's index and interval; raises the errors of semantics §5.4. `table` is None if there is none."""
    if query.index is None:
        return Plan(BY_CREATION_TIME, 0, (_CREATION_TIME,), EVERYTHING)
    name = f"{query.table}.{query.index}"
    if table is None:
        raise _not_found(name)
    position, fields = _find_index(table, query.index, name)
    return Plan(query.index, position, fields, compile_range(name, fields, query.range_))


def fingerprint(query: Query, fields: tuple[Path, ...]) -> bytes:
    """A digest of what a query reads: equal for the same query on the same index, for cursors."""
    source = dict(query.json["source"])
    source["order"] = "desc" if query.reverse else "asc"
    text = msgspec.json.encode([source, query.json["operators"], fields], order="deterministic")
    return hashlib.sha256(text).digest()[:16]


def _find_index(table: Table, index: str, name: str) -> tuple[int, tuple[Path, ...]]:
    if index == BY_ID:
        return BY_ID_POSITION, ()
    if index == BY_CREATION_TIME:
        return 0, (_CREATION_TIME,)
    schema = table.schema
    for position, candidate in enumerate(schema.indexes, 1):
        if candidate.name == index:
            return position, (*candidate.fields, _CREATION_TIME)
    if index in schema.staged:
        raise DeveloperError(
            "IndexStagedError",
            f"Index {name} is currently staged and not available to query until it is enabled.",
        )
    if index in [other.name for other in schema.search_indexes] + [
        other.name for other in schema.vector_indexes
    ]:
        raise DeveloperError("IndexNotADatabaseIndex", f"Index {name} is not a database index")
    raise _not_found(name)


def _not_found(name: str) -> DeveloperError:
    return DeveloperError("IndexNotFoundError", f"Index {name} not found.")


def _parse(json: Any) -> Query:
    source, operators = _fields(json, "query", "source", "operators")
    if len(operators) > MAX_OPERATORS:
        raise DeveloperError("InvalidArgument", f"Query has too many operators: {len(operators)}")
    (kind,) = _fields(source, "query source", "type")
    parsed = tuple(map(_parse_operator, operators))
    if kind == "FullTableScan":
        (table,) = _fields(source, "table scan", "tableName")
        check_identifier(table)
        return Query(table, None, (), _is_reverse(source), parsed, json)
    if kind == "IndexRange":
        name, comparisons = _fields(source, "index range", "indexName", "range")
        table, index = _parse_index_name(name)
        return Query(
            table, index, tuple(map(_parse_comparison, comparisons)), _is_reverse(source), parsed, json
        )
    if kind == "Search":
        raise DeveloperError("SearchNotSupported", "Text search is not supported by the simulator yet.")
    raise DeveloperError("InvalidArgument", f"unknown query source `{kind}`")


def _parse_index_name(name: str) -> tuple[str, str]:
    table, *parts = name.split(".")
    check_table_name(table)
    if not parts:
        raise DeveloperError("IndexNotEnoughNameComponents", f"Insufficient components in index name {name}")
    check_table_name(parts[0])
    if len(parts) > 1:
        raise DeveloperError("IndexTooManyNameComponents", f"Too many components in index name {name}")
    return table, parts[0]


def _parse_comparison(json: Any) -> Comparison:
    kind, field, value = _fields(json, "index range expression", "type", "fieldPath", "value")
    if kind not in _COMPARISONS:
        raise DeveloperError("InvalidArgument", f"unknown index range expression `{kind}`")
    # The commit's own timestamp may be asked for before it is known: `q.eq("at", db.vars.commitTs)`.
    decoded = UNDEFINED if value == {"$undefined": None} else pending_from_json(value)
    return Comparison(kind, parse_field_path(field), decoded)


def _parse_operator(json: Any) -> Operator:
    if type(json) is dict and len(json) == 1:
        if "filter" in json:
            return "filter", compile_predicate(json["filter"])
        limit = json.get("limit")
        if isinstance(limit, int | float) and limit >= 0 and limit == int(limit):
            return "limit", int(limit)
    raise DeveloperError("InvalidArgument", "expected a query operator: `filter` or `limit`")


def _is_reverse(source: dict[str, Any]) -> bool:
    order = source.get("order")
    if order not in (None, "asc", "desc"):
        raise DeveloperError("InvalidArgument", 'expected "asc" or "desc"')
    return bool(order == "desc")


def _fields(json: Any, what: str, *names: str) -> list[Any]:
    if type(json) is not dict:
        raise DeveloperError("InvalidArgument", f"expected a {what} as an object")
    for name in names:
        if name not in json:
            raise DeveloperError("InvalidArgument", f"missing field `{name}`")
    return [json[name] for name in names]
