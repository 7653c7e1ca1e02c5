"""`ctx.db`: reading and writing documents, and the queries over them (semantics §1.6, §5)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Literal

from biconvex.sim.server.filters import (
    Expression,
    FilterBuilder,
    IndexRangeBuilder,
    SearchFilterBuilder,
    expression,
)
from biconvex.sim.server.link import Link
from biconvex.sim.server.operation import operation
from biconvex.sim.values import from_json, patch_to_json, to_json

__all__ = ["DatabaseReader", "DatabaseWriter", "Query"]

Document = dict[str, Any]
_MAX_OPERATORS = 256


class Query:
    """A query in the making. Each step uses the query up and gives a new one, as in Convex."""

    def __init__(
        self, link: Link, source: dict[str, Any], operators: list[dict[str, Any]] | None = None
    ) -> None:
        self._link = link
        self._source = source
        self._operators = operators or []
        self._state: Literal["open", "chained", "iterating", "consumed"] = "open"
        self._query_id = -1

    def _next(self, source: dict[str, Any], operators: list[dict[str, Any]]) -> Query:
        if self._state == "chained":
            raise RuntimeError("This query has been chained with another operator and can't be reused.")
        if self._state != "open":
            raise RuntimeError("This query is closed and can't emit any more values.")
        self._state = "chained"
        return Query(self._link, source, operators)

    def with_index(
        self, name: str, index_range: Callable[[IndexRangeBuilder], IndexRangeBuilder] | None = None
    ) -> Query:
        """Read through an index: all of it, or the range that the function describes."""
        built = IndexRangeBuilder()
        if index_range is not None:
            built = index_range(built)
        source = {
            "type": "IndexRange",
            "indexName": f"{self._source['tableName']}.{name}",
            "range": built.export(),
            "order": None,
        }
        return self._next(source, self._operators)

    def with_search_index(
        self, name: str, search_filter: Callable[[SearchFilterBuilder], SearchFilterBuilder]
    ) -> Query:
        """Search for text through a search index: the documents that the function describes, the best match first."""
        source = {
            "type": "Search",
            "indexName": f"{self._source['tableName']}.{name}",
            "filters": search_filter(SearchFilterBuilder()).export(),
        }
        return self._next(source, self._operators)

    def order(self, order: Literal["asc", "desc"]) -> Query:
        """In ascending or descending order of the index."""
        if self._source["type"] == "Search":
            raise RuntimeError(
                "Search queries must always be in relevance order. Can not set order manually."
            )
        if self._source["order"] is not None:
            raise RuntimeError("Queries may only specify order at most once")
        return self._next({**self._source, "order": order}, self._operators)

    def filter(self, predicate: Callable[[FilterBuilder], Expression]) -> Query:
        """Keep the documents for which a condition holds; the others are read all the same."""
        if len(self._operators) >= _MAX_OPERATORS:
            raise ValueError(f"Can't construct query with more than {_MAX_OPERATORS} operators")
        condition = expression(predicate(FilterBuilder()))
        return self._next(self._source, [*self._operators, {"filter": condition}])

    def limit(self, count: int) -> Query:
        """At most so many documents."""
        return self._next(self._source, [*self._operators, {"limit": count}])

    @operation("ctx.db.query(…).collect")
    async def collect(self) -> list[Document]:
        """All documents, as a list."""
        return [document async for document in self]

    @operation("ctx.db.query(…).take")
    async def take(self, count: float) -> list[Document]:
        """The first so many documents."""
        if isinstance(count, bool) or not isinstance(count, int | float) or count < 0 or count != int(count):
            raise TypeError("Arg 1 `n` to `take` must be a non-negative integer")
        return await self._take(int(count))

    async def _take(self, count: int) -> list[Document]:
        return [document async for document in self.limit(count)]

    @operation("ctx.db.query(…).first")
    async def first(self) -> Document | None:
        """The first document, or None."""
        found = await self._take(1)
        return found[0] if found else None

    @operation("ctx.db.query(…).unique")
    async def unique(self) -> Document | None:
        """The only document, or None; raises `ValueError` when there are more."""
        found = await self._take(2)
        if len(found) > 1:
            ids = ", ".join(document["_id"] for document in found)
            table = self._source.get("tableName") or self._source["indexName"].partition(".")[0]
            raise ValueError(
                f"unique() query returned more than one result from table {table}:\n [{ids}, ...]"
            )
        return found[0] if found else None

    @operation("ctx.db.query(…).count")
    async def count(self) -> int:
        """How many documents the table has; only for a query without index, order or filter."""
        if self._source != {
            "type": "FullTableScan",
            "tableName": self._source.get("tableName"),
            "order": None,
        }:
            raise RuntimeError("count() counts a whole table: call it on `ctx.db.query(table)` itself")
        if self._operators:
            raise RuntimeError("count() counts a whole table: call it on `ctx.db.query(table)` itself")
        counted = await self._link.call("1.0/count", {"table": self._source["tableName"]})
        return int(counted)

    @operation("ctx.db.query(…).paginate")
    async def paginate(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """One page: `options` as `paginationOptsValidator` has them (`numItems`, `cursor`, …)."""
        count = options.get("numItems")
        if isinstance(count, bool) or not isinstance(count, int | float) or count < 0:
            raise TypeError(f"`options.numItems` must be a positive number. Received `{count}`.")
        if self._state != "open":
            raise RuntimeError("This query is closed and can't emit any more values.")
        self._state = "consumed"
        call = {
            "query": {"source": self._source, "operators": self._operators},
            "cursor": options.get("cursor"),
            "endCursor": options.get("endCursor"),
            "pageSize": int(count) if count == int(count) else count,
            "maximumRowsRead": options.get("maximumRowsRead"),
            "maximumBytesRead": options.get("maximumBytesRead"),
            "version": "python",
        }
        page: dict[str, Any] = await self._link.call("1.0/queryPage", call)
        page["page"] = [from_json(document) for document in page["page"]]
        return page

    def __aiter__(self) -> AsyncIterator[Document]:
        if self._state != "open":
            raise RuntimeError("Iteration can only begin on a query once.")
        self._state = "iterating"
        self._query_id = self._link.new_query_id()
        return self._rows()

    async def _rows(self) -> AsyncIterator[Document]:
        query = {"source": self._source, "operators": self._operators}
        while (row := await self._link.next_row(self._query_id, query)) is not None:
            yield from_json(row)  # type: ignore[misc]
        self._state = "consumed"


class DatabaseReader:
    """`ctx.db` of a query."""

    def __init__(self, link: Link, *, system: bool = False) -> None:
        self._link = link
        self._is_system = system
        if not system:
            self.system = DatabaseReader(link, system=True)

    @operation("ctx.db.get")
    async def get(self, table_or_id: str, document_id: str | None = None) -> Document | None:
        """A document by id, or by table and id; None if there is none."""
        where = "db.system.get" if self._is_system else "db.get"
        given = table_or_id if document_id is None else document_id
        if not isinstance(given, str):
            raise TypeError(
                f"Invalid argument `id` for `{where}`, expected string but got '{type(given).__name__}': {given}"
            )
        call = {"id": given, "isSystem": self._is_system, "version": "python"}
        if document_id is not None:
            call["table"] = table_or_id
        found: Any = from_json(await self._link.call("1.0/get", call))
        return None if found is None else dict(found)

    def query(self, table: str) -> Query:
        """Begin a query over a table."""
        if table.startswith("_") and not self._is_system:
            raise ValueError("System tables can only be accessed from db.system.query().")
        if not table.startswith("_") and self._is_system:
            raise ValueError("User tables can only be accessed from db.query().")
        return Query(self._link, {"type": "FullTableScan", "tableName": table, "order": None})

    def normalize_id(self, table: str, text: str) -> str | None:
        """The id in its canonical form if it is one of the table's, else None."""
        if table.startswith("_") and not self._is_system:
            raise ValueError("System tables can only be accessed from db.system.normalizeId().")
        if not table.startswith("_") and self._is_system:
            raise ValueError("User tables can only be accessed from db.normalizeId().")
        answer = self._link.sync("1.0/db/normalizeId", {"table": table, "idString": text})
        found: str | None = answer["id"]
        return found


class DatabaseWriter(DatabaseReader):
    """`ctx.db` of a mutation."""

    @operation("ctx.db.insert")
    async def insert(self, table: str, value: Mapping[str, Any]) -> str:
        """Insert a document; its id."""
        if table.startswith("_"):
            raise ValueError("System tables (prefixed with `_`) are read-only.")
        answer = await self._link.call("1.0/insert", {"table": table, "value": to_json(dict(value))})
        document_id: str = answer["_id"]
        return document_id

    @operation("ctx.db.patch")
    async def patch(self, *place: Any) -> None:
        """`patch(id, fields)` or `patch(table, id, fields)`: set some fields; `UNDEFINED` takes one away."""
        call, value = self._address("patch", place, 2)
        call["value"] = patch_to_json(value)
        await self._link.call("1.0/shallowMerge", call)

    @operation("ctx.db.replace")
    async def replace(self, *place: Any) -> None:
        """`replace(id, document)` or `replace(table, id, document)`: put another body in its place."""
        call, value = self._address("replace", place, 2)
        call["value"] = to_json(dict(value))
        await self._link.call("1.0/replace", call)

    @operation("ctx.db.delete")
    async def delete(self, *place: str) -> None:
        """`delete(id)` or `delete(table, id)`: take a document away."""
        call, _ = self._address("delete", place, 1)
        await self._link.call("1.0/remove", call)

    def _address(self, op: str, place: tuple[Any, ...], least: int) -> tuple[dict[str, Any], Any]:
        if not least <= len(place) <= least + 1:
            raise TypeError(f"`{op}` takes {least} or {least + 1} arguments, got {len(place)}")
        call: dict[str, Any] = {"table": place[0]} if len(place) > least else {}
        document_id = place[len(place) - least]
        if not isinstance(document_id, str):
            raise TypeError(f"Must provide arg {len(place) - least + 1} `id` to `{op}`")
        call["id"] = document_id
        return call, place[-1] if least == 2 else None
