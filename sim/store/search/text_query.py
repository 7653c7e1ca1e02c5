"""Text searches: what `withSearchIndex` asks for, and what depends on it. Source: semantics §12.2, §6.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from biconvex.sim.values import DeveloperError, from_json_or_undefined, index_key

from ..definition import parse_field_path
from ..document import value_at
from ..lookup import find_index, index_not_found
from ..schema import Path, SearchIndex
from .text_index import filter_key
from .tokens import distinct_tokens, tokenize

if TYPE_CHECKING:
    from ..document import Document
    from ..limits import SearchLimits
    from ..query import Query
    from ..table import Table

__all__ = ["SearchExpression", "TextSearch", "compile_search", "parse_search_expressions"]


class SearchExpression(msgspec.Struct, frozen=True):
    """One step of a search: `Search` with a text, or `Eq` with a value that a filter field must have."""

    kind: Literal["Search", "Eq"]
    field: Path
    value: Any


class TextSearch(msgspec.Struct, frozen=True):
    """A search that fits an index, and the account of what it depends on.

    The last of `tokens` also stands for every term that begins with it. `conditions` are the place of a field among
    the index's filter fields, and the key of the value that it must have.
    """

    index: SearchIndex
    tokens: tuple[str, ...]
    conditions: tuple[tuple[int, bytes], ...]

    def may_match(self, document: Document) -> bool:
        """Whether this version of a document can be among the results.

        A search for a text without any token finds nothing, and depends on all that its filters let in all the same.
        """
        fields = document.value
        for field, key in self.conditions:
            if filter_key(fields, self.index.filter_fields[field]) != key:
                return False
        if not self.tokens:
            return True
        text = value_at(fields, self.index.search_field)
        if type(text) is not str:
            return False
        found = distinct_tokens(text)
        prefix = self.tokens[-1]
        return any(token in found for token in self.tokens) or any(
            token.startswith(prefix) for token in found
        )


def parse_search_expressions(json: Any) -> tuple[SearchExpression, ...]:
    """Parse the `filters` of a query's JSON."""
    if type(json) is not list:
        raise DeveloperError("InvalidArgument", "expected the filters of a search as an array")
    return tuple(map(_parse_expression, json))


def compile_search(query: Query, table: Table | None, limits: SearchLimits) -> TextSearch | None:
    """Fit a query's search to its index; None is a search for the empty text. `table` is None if there is none.

    Raises the errors of semantics §12.2.
    """
    expressions, index_name = query.search or (), query.index or ""
    name = f"{query.table}.{index_name}"
    if table is None:
        raise index_not_found(name)
    texts = [expression.value for expression in expressions if expression.kind == "Search"]
    if not texts:
        raise DeveloperError(
            "MissingSearchFilterError",
            f"Search query against {name} does not contain any search filters. You must include a search filter like "
            '`q.search("field", searchText)`.',
        )
    # The backend looks at nothing else when there is nothing to search for, not even whether there is the index.
    if not texts[0]:
        return None
    index = find_index(
        table.schema, table.schema.search_indexes, index_name, ("IndexNotASearchIndexError", "a search index")
    )
    conditions = _conditions(name, index, expressions, limits.filters)
    return TextSearch(index, tuple(tokenize(texts[0])[: limits.terms]), conditions)


def _conditions(
    name: str, index: SearchIndex, expressions: tuple[SearchExpression, ...], most: int
) -> tuple[tuple[int, bytes], ...]:
    conditions: list[tuple[int, bytes]] = []
    searched = False
    for expression in expressions:
        field = _shown(expression.field)
        if expression.kind == "Eq":
            if expression.field not in index.filter_fields:
                raise DeveloperError(
                    "IncorrectFilterFieldError",
                    f"Search query against {name} contains an equality filter on {field} but that field isn't indexed "
                    "for filtering in `filterFields`.",
                )
            conditions.append((index.filter_fields.index(expression.field), index_key(expression.value)))
            continue
        if expression.field != index.search_field:
            raise DeveloperError(
                "IncorrectSearchField",
                f"Search query against {name} contains a search filter against {field}, which doesn't match the "
                f"indexed `searchField` {_shown(index.search_field)}.",
            )
        if searched:
            raise DeveloperError(
                "DuplicateSearchFiltersError",
                f"Search query against {name} contains multiple search filters against {field}. Only one is allowed.",
            )
        searched = True
    if len(conditions) > most:
        raise DeveloperError(
            "TooManyFilterConditionsInSearchQueryError",
            f"Search query against {name} has too many filter conditions. Max: {most} "
            f"Actual: {len(conditions)}",
        )
    return tuple(dict.fromkeys(conditions))


def _parse_expression(json: Any) -> SearchExpression:
    kind = json.get("type") if type(json) is dict else None
    if kind not in ("Search", "Eq"):
        raise DeveloperError("InvalidArgument", "expected a search expression: `Search` or `Eq`")
    for field in ("fieldPath", "value"):
        if field not in json:
            raise DeveloperError("InvalidArgument", f"missing field `{field}`")
    path = parse_field_path(json["fieldPath"])
    value = json["value"]
    if kind == "Eq":
        return SearchExpression("Eq", path, from_json_or_undefined(value))
    if type(value) is not str:
        raise DeveloperError("InvalidArgument", "expected the text to search for as a string")
    return SearchExpression("Search", path, value)


def _shown(field: Path) -> str:
    return f'"{".".join(field)}"'
