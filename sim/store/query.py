"""Queries: from their JSON to a source, an interval and operators. Source: semantics §1.6."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from biconvex.sim.values import UNDEFINED, DeveloperError, check_identifier, pending_from_json

from .definition import parse_field_path
from .document import after_prefix
from .expression import compile_predicate
from .lookup import find_index, index_not_found, parse_index_name
from .ranges import Comparison, compile_range
from .schema import BY_CREATION_TIME, BY_ID, Path
from .search import SearchExpression, parse_search_expressions
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
    """A parsed query. `index` is None for a scan of the table; `json` is what it was parsed from.

    `search` has the steps of a text search, None for a query over a database index.
    """

    table: str
    index: str | None
    range_: tuple[Comparison, ...]
    reverse: bool
    operators: tuple[Operator, ...]
    json: Any
    search: tuple[SearchExpression, ...] | None = None


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
        raise DeveloperError(
            "InvalidArgument", f"Invalid argument `query` for `{operation}`: {error.message}"
        ) from error


def plan_query(query: Query, table: Table | None) -> Plan:
    """Find the query's index and interval; raises the errors of semantics §5.4. `table` is None if there is none."""
    if query.index is None:
        return Plan(BY_CREATION_TIME, 0, (_CREATION_TIME,), EVERYTHING)
    if query.search is not None:
        # The keys of results are the search's own.
        return Plan(query.index, 0, (), EVERYTHING)
    name = f"{query.table}.{query.index}"
    if table is None:
        raise index_not_found(name)
    position, fields = _find_index(table, query.index)
    return Plan(query.index, position, fields, compile_range(name, fields, query.range_))


def fingerprint(query: Query, fields: tuple[Path, ...]) -> bytes:
    """A digest of what a query reads: equal for the same query on the same index, for cursors."""
    source = dict(query.json["source"])
    source["order"] = "desc" if query.reverse else "asc"
    text = msgspec.json.encode([source, query.json["operators"], fields], order="deterministic")
    return hashlib.sha256(text).digest()[:16]


def _find_index(table: Table, index: str) -> tuple[int, tuple[Path, ...]]:
    if index == BY_ID:
        return BY_ID_POSITION, ()
    if index == BY_CREATION_TIME:
        return 0, (_CREATION_TIME,)
    schema = table.schema
    found = find_index(schema, schema.indexes, index, ("IndexNotADatabaseIndex", "a database index"))
    return schema.indexes.index(found) + 1, (*found.fields, _CREATION_TIME)


def _parse(json: Any) -> Query:
    source, operators = _fields(json, "query", "source", "operators")
    _require(operators, list, "operators", "an array")
    if len(operators) > MAX_OPERATORS:
        raise DeveloperError("InvalidArgument", f"Query has too many operators: {len(operators)}")
    (kind,) = _fields(source, "query source", "type")
    parsed = tuple(map(_parse_operator, operators))
    if kind == "FullTableScan":
        (table,) = _fields(source, "table scan", "tableName")
        _require(table, str, "tableName", "a string")
        check_identifier(table)
        return Query(table, None, (), _is_reverse(source), parsed, json)
    if kind == "IndexRange":
        name, comparisons = _fields(source, "index range", "indexName", "range")
        _require(name, str, "indexName", "a string")
        _require(comparisons, list, "range", "an array")
        table, index = parse_index_name(name)
        return Query(
            table, index, tuple(map(_parse_comparison, comparisons)), _is_reverse(source), parsed, json
        )
    if kind == "Search":
        name, filters = _fields(source, "search", "indexName", "filters")
        _require(name, str, "indexName", "a string")
        table, index = parse_index_name(name)
        return Query(table, index, (), False, parsed, json, parse_search_expressions(filters))
    raise DeveloperError("InvalidArgument", f"unknown query source `{kind}`")


def _parse_comparison(json: Any) -> Comparison:
    kind, field, value = _fields(json, "index range expression", "type", "fieldPath", "value")
    if type(kind) is not str or kind not in _COMPARISONS:
        raise DeveloperError("InvalidArgument", f"unknown index range expression `{kind}`")
    # The commit's own timestamp may be asked for before it is known: `q.eq("at", db.vars.commitTs)`.
    decoded = UNDEFINED if value == {"$undefined": None} else pending_from_json(value)
    return Comparison(kind, parse_field_path(field), decoded)


def _parse_operator(json: Any) -> Operator:
    if type(json) is dict and len(json) == 1:
        if "filter" in json:
            return "filter", compile_predicate(json["filter"])
        limit = json.get("limit")
        if isinstance(limit, int | float) and 0 <= limit < math.inf and limit == int(limit):
            return "limit", int(limit)
    raise DeveloperError("InvalidArgument", "expected a query operator: `filter` or `limit`")


def _is_reverse(source: dict[str, Any]) -> bool:
    order = source.get("order")
    if order not in (None, "asc", "desc"):
        raise DeveloperError("InvalidArgument", 'expected "asc" or "desc"')
    return bool(order == "desc")


def _require(value: Any, kind: type, field: str, what: str) -> None:
    if type(value) is not kind:
        raise DeveloperError("InvalidArgument", f"expected `{field}` as {what}")


def _fields(json: Any, what: str, *names: str) -> list[Any]:
    if type(json) is not dict:
        raise DeveloperError("InvalidArgument", f"expected a {what} as an object")
    for name in names:
        if name not in json:
            raise DeveloperError("InvalidArgument", f"missing field `{name}`")
    return [json[name] for name in names]
