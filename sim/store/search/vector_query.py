"""Vector searches: what `ctx.vectorSearch` asks for. Source: semantics §12.3."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec
from biconvex.sim.values import DeveloperError, from_json_or_undefined, index_key

from ..definition import DIMENSIONS, parse_field_path
from ..lookup import find_index, parse_index_name
from ..schema import Path

if TYPE_CHECKING:
    from ..limits import SearchLimits
    from ..table import Table
    from .vector_index import VectorMatch

__all__ = ["VectorSearch", "parse_vector_search", "search_vectors"]

DEFAULT_LIMIT: Final = 10

_UINT32: Final = range(1 << 32)
_GREATEST: Final = sys.float_info.max


class VectorSearch(msgspec.Struct, frozen=True):
    """A parsed vector search. `filters` has the values that each field may have: one of all these is enough."""

    table: str
    index: str
    vector: tuple[float, ...]
    limit: int
    filters: tuple[tuple[Path, tuple[bytes, ...]], ...]


def parse_vector_search(json: Any) -> VectorSearch:
    """Parse the `query` of a vector search; raises `InvalidArgument`, `InvalidVectorSearchFilter`."""
    if type(json) is not dict:
        _invalid("query", "expected an object")
    name = json.get("indexName")
    if type(name) is not str:
        _invalid("indexName", "expected a string")
    table, index = parse_index_name(name)
    limit = json.get("limit")
    if limit is not None and (type(limit) is not int or limit not in _UINT32):
        _invalid("limit", f"expected a whole number from 1 to 256, got {limit}")
    vector = json.get("vector")
    if type(vector) is not list:
        _invalid("vector", "expected an array of numbers")
    for at, element in enumerate(vector):
        # In JSON, NaN and the infinities are null.
        if type(element) not in (int, float) or not -_GREATEST <= element <= _GREATEST:
            _invalid("vector", f"expected an array of finite numbers, but the one at index {at} is none")
    expressions = json.get("expressions")
    filters = _collect(expressions) if expressions is not None else {}
    # As the backend goes through them: fields with one value first.
    ordered = sorted(filters.items(), key=lambda item: (len(item[1]) > 1, item[0]))
    return VectorSearch(
        table,
        index,
        tuple(map(float, vector)),
        DEFAULT_LIMIT if limit is None else limit,
        tuple((field, tuple(values)) for field, values in ordered),
    )


def search_vectors(search: VectorSearch, table: Table | None, limits: SearchLimits) -> list[VectorMatch]:
    """Run a search on the newest documents of its table; a table that there isn't has none."""
    if table is None:
        return []
    schema = table.schema
    index = find_index(
        schema, schema.vector_indexes, search.index, ("IndexNotAVectorIndexError", "a vector index")
    )
    name = f"{search.table}.{search.index}"
    if len(search.vector) not in range(DIMENSIONS.stop):
        raise _wrong_dimensions(DIMENSIONS.stop - 1, len(search.vector))
    if search.limit > limits.vector_results:
        raise DeveloperError(
            "VectorLimitTooLargeError",
            f"Vector queries can fetch at most {limits.vector_results} results, requested {search.limit}.",
        )
    conditions: list[tuple[int, bytes]] = []
    for field, values in search.filters:
        if field not in index.filter_fields:
            raise DeveloperError(
                "IncorrectVectorFilterField",
                f'Vector query against {name} contains a filter on "{".".join(field)}" but that field isn\'t indexed '
                "for filtering in `filterFields`.",
            )
        conditions += [(index.filter_fields.index(field), value) for value in values]
    if len(conditions) > limits.vector_filters:
        raise DeveloperError(
            "TooManyElementsInVectorQueryError",
            f"Vector query against {name} has too many conditions. Max: {limits.vector_filters} "
            f"Actual: {len(conditions)}",
        )
    if len(search.vector) != index.dimensions:
        raise _wrong_dimensions(index.dimensions, len(search.vector))
    return table.vectors(index).search(search.vector, search.limit, conditions)


def _collect(expression: Any) -> dict[Path, dict[bytes, None]]:
    """The values that a filter allows for each field; all of a filter is one big `or`."""
    (operator, operand), *more = (
        expression.items() if type(expression) is dict and expression else [("", None)]
    )
    if operator == "$eq" and not more:
        field, value = _equality(operand)
        return {field: {value: None}}
    if operator != "$or" or more or type(operand) is not list:
        raise DeveloperError(
            "InvalidVectorSearchFilter", "Filters should be a combination of `q.eq` and `q.or`."
        )
    found: dict[Path, dict[bytes, None]] = {}
    for member in operand:
        for field, values in _collect(member).items():
            found.setdefault(field, {}).update(values)
    return found


def _equality(operands: Any) -> tuple[Path, bytes]:
    if type(operands) is list and len(operands) == 2:
        left, right = operands
        if type(left) is dict and [*left] == ["$field"] and type(right) is dict and [*right] == ["$literal"]:
            return parse_field_path(left["$field"]), index_key(from_json_or_undefined(right["$literal"]))
    raise DeveloperError(
        "InvalidVectorSearchFilter",
        "`q.eq` must take a field path as its first argument and a value as its second",
    )


def _wrong_dimensions(expected: int, received: int) -> DeveloperError:
    return DeveloperError(
        "VectorDimensionsMismatch", f"Expected a vector with dimensions {expected}, received {received}."
    )


def _invalid(argument: str, problem: str) -> NoReturn:
    raise DeveloperError("InvalidArgument", f"Invalid argument `{argument}` for `vectorSearch`: {problem}")
