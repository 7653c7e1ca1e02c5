"""Queries over documents, as a function writes them (semantics §1.6).

Texts of errors are those of the npm package. What it throws as `Error` is a `RuntimeError` here, shown as `Error`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final, Literal, NoReturn

from biconvex.sim.server.filters import (
    Expression,
    FilterBuilder,
    IndexRangeBuilder,
    SearchFilterBuilder,
    expression,
)
from biconvex.sim.server.link import Link
from biconvex.sim.server.operation import operation
from biconvex.sim.values import UNDEFINED, from_json

__all__ = ["Document", "Query", "TableQuery"]

Document = dict[str, Any]
_MAX_OPERATORS: Final = 256


def _shown(value: Any) -> str:
    if value is UNDEFINED:
        return "undefined"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


class _Queryable(ABC):
    """What can be asked of a table and of a query alike."""

    _link: Link

    @abstractmethod
    def _query(self) -> Query:
        """The query that the next step builds on."""

    def order(self, order: Literal["asc", "desc"]) -> Query:
        """In ascending or descending order of the index."""
        query = self._query()
        source = query._take_source()
        if source["type"] == "Search":
            raise RuntimeError(
                "Search queries must always be in relevance order. Can not set order manually."
            )
        if source["order"] is not None:
            raise RuntimeError("Queries may only specify order at most once")
        return Query(self._link, {**source, "order": order}, query._operators)

    def filter(self, predicate: Callable[[FilterBuilder], Expression | bool]) -> Query:
        """Keep the documents for which a condition holds; the others are read all the same."""
        query = self._query()
        source = query._take_source()
        if len(query._operators) >= _MAX_OPERATORS:
            raise RuntimeError(f"Can't construct query with more than {_MAX_OPERATORS} operators")
        condition = expression(predicate(FilterBuilder()))
        return Query(self._link, source, (*query._operators, {"filter": condition}))

    def limit(self, count: int) -> Query:
        """At most so many documents."""
        query = self._query()
        return Query(self._link, query._take_source(), (*query._operators, {"limit": count}))

    @operation("ctx.db.query(…).collect")
    async def collect(self) -> list[Document]:
        """All documents, as a list."""
        return [document async for document in self._query()]

    @operation("ctx.db.query(…).take")
    async def take(self, count: float) -> list[Document]:
        """The first so many documents."""
        return await self._take(count)

    @operation("ctx.db.query(…).first")
    async def first(self) -> Document | None:
        """The first document, or None."""
        found = await self._take(1)
        return found[0] if found else None

    @operation("ctx.db.query(…).unique")
    async def unique(self) -> Document | None:
        """The only document, or None; raises `RuntimeError` when there are more."""
        query = self._query()
        found = await query._take(2)
        if len(found) > 1:
            ids = ", ".join(document["_id"] for document in found)
            table = query._source.get("tableName") or query._source["indexName"].partition(".")[0]
            raise RuntimeError(
                f"unique() query returned more than one result from table {table}:\n [{ids}, ...]"
            )
        return found[0] if found else None

    @operation("ctx.db.query(…).paginate")
    async def paginate(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """One page: `options` as `paginationOptsValidator` has them (`numItems`, `cursor`, …)."""
        count = options.get("numItems", UNDEFINED)
        if isinstance(count, bool) or not isinstance(count, int | float) or count < 0:
            raise RuntimeError(f"`options.numItems` must be a positive number. Received `{_shown(count)}`.")
        query = self._query()
        call = {
            "query": {"source": query._take_source(), "operators": list(query._operators)},
            "cursor": options.get("cursor"),
            "endCursor": options.get("endCursor"),
            "pageSize": count if isfinite(count) else None,
            "maximumRowsRead": options.get("maximumRowsRead"),
            "maximumBytesRead": options.get("maximumBytesRead"),
            "version": "python",
        }
        page: dict[str, Any] = await self._link.call("1.0/queryPage", call)
        page["page"] = [from_json(document) for document in page["page"]]
        return page

    async def _take(self, count: float) -> list[Document]:
        if isinstance(count, bool) or not isinstance(count, int | float) or count < 0 or count % 1 != 0:
            raise TypeError("Arg 1 `n` to `take` must be a non-negative integer")
        return [document async for document in self.limit(int(count))]


class Query(_Queryable):
    """A query in the making. Each step uses the query up and gives a new one, as in Convex.

    It ends with `collect`, `take`, `first`, `unique` or `paginate`, or with `async for`, which reads lazily.
    """

    def __init__(
        self, link: Link, source: dict[str, Any], operators: tuple[dict[str, Any], ...] = ()
    ) -> None:
        self._link = link
        self._source = source
        self._operators = operators
        self._state: Literal["preparing", "executing", "chained", "consumed"] = "preparing"
        self._query_id = -1
        self._json: dict[str, Any] = {}

    def _query(self) -> Query:
        return self

    def with_index(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused: the index comes first."""
        raise TypeError("`with_index` must come right after `ctx.db.query(table)`")

    def with_search_index(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused: the index comes first."""
        raise TypeError("`with_search_index` must come right after `ctx.db.query(table)`")

    def __aiter__(self) -> Query:
        if self._state == "executing":
            raise RuntimeError("Iteration can only begin on a query once.")
        self._begin()
        return self

    async def __anext__(self) -> Document:
        if self._state != "executing":
            self._begin()
        row: Any = await self._link.next_row(self._query_id, self._json)
        if row is None:
            self._state = "consumed"
            raise StopAsyncIteration
        document: Document = from_json(row)  # type: ignore[assignment]
        return document

    def _begin(self) -> None:
        if self._state == "consumed":
            raise RuntimeError("This query is closed and can't emit any more values.")
        if self._state == "chained":
            raise RuntimeError("This query has been chained with another operator and can't be reused.")
        self._state = "executing"
        self._query_id = self._link.new_query_id()
        self._json = {"source": self._source, "operators": list(self._operators)}

    def _take_source(self) -> dict[str, Any]:
        if self._state != "preparing":
            raise RuntimeError(
                "A query can only be chained once and can't be chained after iteration begins."
            )
        self._state = "chained"
        return self._source


class TableQuery(_Queryable):
    """`ctx.db.query(table)`: where queries over a table begin, each time anew."""

    def __init__(self, link: Link, table: str) -> None:
        self._link = link
        self._table = table

    def _query(self) -> Query:
        return Query(self._link, {"type": "FullTableScan", "tableName": self._table, "order": None})

    def with_index(
        self, name: str, index_range: Callable[[IndexRangeBuilder], IndexRangeBuilder] | None = None
    ) -> Query:
        """Read through an index: all of it, or the range that the function describes."""
        built = IndexRangeBuilder()
        if index_range is not None:
            built = index_range(built)
        source = {
            "type": "IndexRange",
            "indexName": f"{self._table}.{name}",
            "range": built.export(),
            "order": None,
        }
        return Query(self._link, source)

    def with_search_index(
        self, name: str, search_filter: Callable[[SearchFilterBuilder], SearchFilterBuilder]
    ) -> Query:
        """Search for text through a search index: the documents that the function describes, the best match first."""
        source = {
            "type": "Search",
            "indexName": f"{self._table}.{name}",
            "filters": search_filter(SearchFilterBuilder()).export(),
        }
        return Query(self._link, source)

    @operation("ctx.db.query(…).count")
    async def count(self) -> int:
        """How many documents the table has."""
        return int(await self._link.call("1.0/count", {"table": self._table}))

    def __aiter__(self) -> Query:
        return self._query().__aiter__()
