"""A vector search where there is none: in a query or a mutation, or on the database.

## What it does

Finds `ctx.vectorSearch` that a query or a mutation reaches, and `ctx.db.vectorSearch` anywhere.

## Why is this bad?

Only actions can search vectors, with `ctx.vectorSearch`. Elsewhere there is no such method, and the function fails
when it gets there.

## Example

```ts
export const similar = query({
  args: { vector: v.array(v.float64()) },
  handler: async (ctx, args) => await ctx.db.vectorSearch("tasks", "by_embedding", { vector: args.vector }),
});
```

## Use instead

```ts
export const similar = action({
  args: { vector: v.array(v.float64()) },
  handler: async (ctx, args) => await ctx.vectorSearch("tasks", "by_embedding", { vector: args.vector }),
});
```

## Known limits

Silent where the code asks first what its ctx can do, and where a custom builder may have put the method there.

## References

* https://docs.convex.dev/search/vector-search#running-vector-searches
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.project._shared import handler_case
from biconvex.rules.wording import a_kind, begin, callee, name_of, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, CtxCall, Kind

__all__ = ["VectorSearchOutsideAction"]

_ACTION = ("action", "action")
_QUERY = ("query", "query")
_MUTATION = ("mutation", "mutation")

SILENT = (
    handler_case(
        "an action",
        _ACTION,
        (
            'return await ctx.vectorSearch("tasks", "by_embedding", { vector: [1] });',
            'return await ctx.vector_search("tasks", "by_embedding", {"vector": [1]})',
        ),
    ),
    handler_case(
        "a query that searches text",
        _QUERY,
        (
            'return await ctx.db.query("tasks").withSearchIndex("by_text", (q) => q.search("text", "a")).take(3);',
            'return await ctx.db.query("tasks").with_search_index("by_text", lambda q: q.search("text", "a")).take(3)',
        ),
    ),
)

FLAGGED = (
    handler_case(
        "a query",
        _QUERY,
        (
            'return await «ctx.vectorSearch("tasks", "by_embedding", { vector: [1] })»;',
            'return await «ctx.vector_search("tasks", "by_embedding", {"vector": [1]})»',
        ),
    ),
    handler_case(
        "a search on the database",
        _MUTATION,
        (
            'return await «ctx.db.vectorSearch("tasks", "by_embedding", { vector: [1] })»;',
            'return await «ctx.db.vector_search("tasks", "by_embedding", {"vector": [1]})»',
        ),
    ),
)

_KINDS: tuple[Kind, ...] = ("query", "mutation")


class VectorSearchOutsideAction(Rule):
    """Every vector search that isn't there."""

    name = "vector-search-outside-action"
    theme = "project"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/search/vector-search#running-vector-searches",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each with the calls that lead to it."""
        for call in backend.ctx_calls:
            if call.api == "db.vectorSearch" and call.kinds:
                yield Problem(
                    call.place,
                    f"The database has no `{spelled('vectorSearch', call.place)}`: only an action can search vectors.",
                    help=_help(call),
                )
            elif call.api == "vectorSearch":
                kind = next((kind for kind in _KINDS if kind in call.kinds), None)
                reach = backend.reach(call.body, kind) if kind else None
                if reach is not None:
                    function = reach.function
                    yield Problem(
                        call.place,
                        begin(f"{name_of(function)} is {a_kind(function)}, which has no {callee(call)}."),
                        help=_help(call),
                        evidence=reach.evidence,
                    )


def _help(call: CtxCall) -> str:
    search = spelled("vectorSearch", call.place)
    return f"search with `ctx.{search}` in an action, and load what it finds with a query"
