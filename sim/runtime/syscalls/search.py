"""Vector search, which only actions have (semantics §12.3); text search is a query like others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.sim.runtime.syscalls.arguments import member_argument

if TYPE_CHECKING:
    from biconvex.sim.runtime.run import Run
    from biconvex.sim.runtime.runtime import Runtime

__all__ = ["vector_search"]


def vector_search(runtime: Runtime, run: Run, arguments: Any) -> str:
    """The ids and scores of the documents nearest to a vector, of what is committed at this moment."""
    query = member_argument(arguments, "query", "vectorSearch")
    name = query.get("indexName") if isinstance(query, dict) else query
    runtime.trace.record("vectorSearch", str(name), run.number)
    if isinstance(query, dict) and isinstance(query.get("limit"), int):
        run.execution.peak("vector_search_results", query["limit"])
    matches = runtime.store.vector_search(query, runtime.transaction_limits.search, run.function.component)
    found = [{"_id": match.id, "_score": match.score} for match in matches]
    return msgspec.json.encode({"results": found}).decode()
