"""Reads and writes of documents (semantics §5)."""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.sim.hosts.protocol import CallResult
from biconvex.sim.runtime.syscalls.arguments import (
    count_argument,
    member_argument,
    optional_count,
    optional_text,
    text_argument,
)
from biconvex.sim.values import DeveloperError, patch_from_json, pending_from_json

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime

__all__ = [
    "consume",
    "count",
    "get",
    "insert",
    "normalize_id",
    "patch",
    "query_page",
    "query_stream_next",
    "remove",
    "replace",
]

_PREFETCH = 100
_encode = msgspec.json.encode


def get(runtime: Runtime, run: Run, arguments: Any) -> str:
    """One document, or null."""
    document_id = text_argument(arguments, "id", "db.get")
    table = optional_text(arguments, "table", "db.get")
    document = run.tx.get(document_id, table=table, system=bool(arguments.get("isSystem")))
    runtime.trace.record("get", document_id, run.number, None if document else "missing")
    return "null" if document is None else document.json


def query_stream_next(runtime: Runtime, run: Run, arguments: Any) -> CallResult:
    """The next document of a query; those that follow go along, for the host to hand out."""
    query_id = arguments["queryId"]
    stream = run.queries.get(query_id)
    if stream is None:
        if "query" not in arguments:
            raise DeveloperError("QueryNotFound", f"Query {query_id} does not exist.")
        stream = run.queries[query_id] = run.tx.query(arguments["query"])
        runtime.trace.record("query", _describe(arguments["query"]), run.number)
    document = stream.next()
    if document is None:
        return CallResult(0, '{"value":null,"done":true}')
    rows = tuple(document.json for document in stream.peek(_PREFETCH))
    run.ahead[query_id] = len(rows)
    return CallResult(0, f'{{"value":{document.json},"done":false}}', rows=rows, rows_done=stream.done_ahead)


def consume(run: Run, query_id: int, count: int) -> None:
    """Account for what a host handed out of the rows that came ahead; one more than there were is the end."""
    rows = min(count, run.ahead[query_id])
    run.ahead[query_id] -= rows
    run.queries[query_id].consume(rows, end=rows < count)


def query_page(runtime: Runtime, run: Run, arguments: Any) -> str:
    """One page of a query (semantics §5.6)."""
    query = member_argument(arguments, "query", "queryPage")
    runtime.trace.record("page", _describe(query), run.number)
    page_size = count_argument(arguments.get("pageSize"), "queryPage")
    if run.function.component:
        raise DeveloperError(
            "PaginationUnsupportedInComponents",
            "paginate() is only supported in the app. "
            "Learn more at https://docs.convex.dev/components/authoring#pagination",
        )
    run.execution.peak("page_size", page_size)
    end_cursor = optional_text(arguments, "endCursor", "queryPage")
    page = run.tx.paginate(
        query,
        optional_text(arguments, "cursor", "queryPage"),
        run.journal if end_cursor is None else end_cursor,
        page_size,
        optional_count(arguments, "maximumRowsRead", "queryPage"),
        optional_count(arguments, "maximumBytesRead", "queryPage"),
    )
    if run.page_end is not None:
        raise DeveloperError(
            "MultiplePaginatedDatabaseQueries",
            "This query or mutation function ran multiple paginated queries. Convex only supports a single "
            "paginated query in each function.",
        )
    run.page_end = page.continue_cursor
    rest = {
        "isDone": page.is_done,
        "continueCursor": page.continue_cursor,
        "splitCursor": page.split_cursor,
        "pageStatus": page.page_status,
    }
    documents = ",".join(document.json for document in page.documents)
    return f'{{"page":[{documents}],{_encode(rest).decode()[1:]}'


def count(_runtime: Runtime, run: Run, arguments: Any) -> str:
    """How many documents a table has."""
    return str(run.tx.count(text_argument(arguments, "table", "count")))


def insert(runtime: Runtime, run: Run, arguments: Any) -> str:
    """A new document; its id."""
    # Interned: the trace keeps the name of every insertion.
    table = intern(text_argument(arguments, "table", "db.insert"))
    value = _value(runtime, arguments, pending_from_json, "db.insert")
    document_id = run.tx.insert(table, value)
    if run.function.component:
        table = intern(f"{table}@{run.function.component}")
    runtime.trace.record("insert", table, run.number, document_id)
    return f'{{"_id":"{document_id}"}}'


def patch(runtime: Runtime, run: Run, arguments: Any) -> str:
    """A shallow merge into a document; `{"$undefined": null}` removes a field."""
    document_id, table = _place(arguments, "db.patch")
    partial = _value(runtime, arguments, patch_from_json, "db.patch")
    document = run.tx.patch(document_id, partial, table=table)
    runtime.trace.record("patch", document.table, run.number, document.id)
    return document.json


def replace(runtime: Runtime, run: Run, arguments: Any) -> str:
    """A document's whole body anew."""
    document_id, table = _place(arguments, "db.replace")
    value = _value(runtime, arguments, pending_from_json, "db.replace")
    document = run.tx.replace(document_id, value, table=table)
    runtime.trace.record("replace", document.table, run.number, document.id)
    return document.json


def remove(runtime: Runtime, run: Run, arguments: Any) -> str:
    """A document away; what it was."""
    document_id, table = _place(arguments, "db.delete")
    document = run.tx.delete(document_id, table=table)
    runtime.trace.record("delete", document.table, run.number, document.id)
    return document.json


def normalize_id(_runtime: Runtime, run: Run, arguments: Any) -> Any:
    """The canonical id if the text is one of the table's, else null; never checks that the document exists."""
    table = text_argument(arguments, "table", "db.normalizeId")
    return {"id": run.tx.normalize_id(table, text_argument(arguments, "idString", "db.normalizeId"))}


def _place(arguments: Any, operation: str) -> tuple[str, str | None]:
    return text_argument(arguments, "id", operation), optional_text(arguments, "table", operation)


def _value(runtime: Runtime, arguments: Any, parse: Callable[[Any], Any], operation: str) -> Any:
    try:
        value = parse(member_argument(arguments, "value", operation))
        if runtime.value_limits is not None:
            runtime.value_limits.check(value)
    except DeveloperError as error:
        raise DeveloperError(
            "InvalidArgument", f"Invalid argument `value` for `{operation}`: {error.message}"
        ) from error
    return value


def _describe(query: Any) -> str:
    source = query.get("source") if isinstance(query, dict) else None
    if not isinstance(source, dict):
        return "no query"
    return str(source.get("indexName") or source.get("tableName"))
