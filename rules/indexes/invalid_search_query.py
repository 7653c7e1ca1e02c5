"""A text search that Convex refuses.

## What it does

Compares every `withSearchIndex` with the index in the schema: it must search the field of the index, once, and may
compare its filter fields with `eq`, each once and eight of them at most. Its results come by relevance, so that
`order` is refused.

## Why is this bad?

The query throws when it runs. TypeScript refuses some of it, but not in code that casts, and never in Python.

## Example

```ts
// schema: notes.searchIndex("search_body", { searchField: "body", filterFields: ["author"] })
await ctx.db
  .query("notes")
  .withSearchIndex("search_body", (q) => q.search("title", text).eq("year", 1972))
  .take(10);
```

## Use instead

```ts
await ctx.db
  .query("notes")
  .withSearchIndex("search_body", (q) => q.search("body", text).eq("author", author))
  .take(10);
```

## Known limits

Silent where the table, the index or a field is not a literal that can be followed.

## References

* https://docs.convex.dev/search/text-search
* https://docs.convex.dev/api/interfaces/server.SearchFilterBuilder
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.indexes._shared import grouped_by_place, index_meant, listed, queries_by_use, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from biconvex.lint.model import Backend, Index, IndexUse, Place, QueryChain, RangeStep, Table

__all__ = ["InvalidSearchQuery"]

TABLES = (
    """
notes: defineTable({ title: v.string(), body: v.string(), author: v.string(), year: v.number() })
  .searchIndex("search_body", { searchField: "body", filterFields: ["author"] })
  .searchIndex("search_title", { searchField: "title", filterFields: fields }),
""",
    """
"notes": define_table({"title": v.string(), "body": v.string(), "author": v.string(), "year": v.number()})
.search_index("search_body", search_field="body", filter_fields=["author"])
.search_index("search_title", search_field="title", filter_fields=fields),
""",
)

SILENT = (
    handler_case(
        "a search of its field, with and without a filter",
        """
const notes = ctx.db.query("notes");
await notes.withSearchIndex("search_body", (q) => q.search("body", args.text)).take(5);
await notes.withSearchIndex("search_body", (q) => q.search("body", args.text).eq("author", args.author)).take(5);
""",
        """
notes = ctx.db.query("notes")
await notes.with_search_index("search_body", lambda q: q.search("body", args["text"])).take(5)
await notes.with_search_index("search_body", lambda q: q.search("body", args["text"]).eq("author", "me")).take(5)
""",
        schema=TABLES,
    ),
    handler_case(
        "fields and filters that are not in sight",
        """
const notes = ctx.db.query("notes");
await notes.withSearchIndex("search_title", (q) => q.search("title", args.text).eq("year", 1972)).take(5);
await notes.withSearchIndex("search_body", (q) => q.search(args.field, args.text)).take(5);
await notes.withSearchIndex("search_body", args.callback).take(5);
await notes.withSearchIndex("search_none", (q) => q.search("none", args.text)).take(5);
""",
        """
notes = ctx.db.query("notes")
await notes.with_search_index("search_title", lambda q: q.search("title", args["text"]).eq("year", 1972)).take(5)
await notes.with_search_index("search_body", lambda q: q.search(args["field"], args["text"])).take(5)
await notes.with_search_index("search_body", args["callback"]).take(5)
await notes.with_search_index("search_none", lambda q: q.search("none", args["text"])).take(5)
""",
        schema=TABLES,
    ),
)

FLAGGED = (
    handler_case(
        "another field than that of the index, and a filter that it does not have",
        """
const notes = ctx.db.query("notes");
await notes.withSearchIndex("search_body", (q) => q.search(«"title"», args.text)).take(5);
await notes.withSearchIndex("search_body", (q) => q.search("body", args.text).eq(«"year"», 1972)).take(5);
""",
        """
notes = ctx.db.query("notes")
await notes.with_search_index("search_body", lambda q: q.search(«"title"», args["text"])).take(5)
await notes.with_search_index("search_body", lambda q: q.search("body", args["text"]).eq(«"year"», 1972)).take(5)
""",
        schema=TABLES,
    ),
    handler_case(
        "no search, two of them, and a filter twice",
        """
const notes = ctx.db.query("notes");
await notes.«withSearchIndex("search_body", (q) => q.eq("author", "me"))».take(5);
await notes.withSearchIndex("search_body", (q) => q.search("body", "a").search(«"body"», "b")).take(5);
await notes.withSearchIndex("search_body", (q) => q.search("body", "").eq("author", "").eq(«"author"», "")).take(5);
""",
        """
notes = ctx.db.query("notes")
await notes.«with_search_index("search_body", lambda q: q.eq("author", "me"))».take(5)
await notes.with_search_index("search_body", lambda q: q.search("body", "a").search(«"body"», "b")).take(5)
await notes.with_search_index("search_body", lambda q: q.search("body", "").eq("author", "").eq(«"author"», "")).take(5)
""",
        schema=TABLES,
    ),
    handler_case(
        "results in an order of one's own",
        """
await ctx.db.query("notes").«withSearchIndex("search_body", (q) => q.search("body", args.text))».order("desc").take(5);
""",
        """
await ctx.db.query("notes").«with_search_index("search_body", lambda q: q.search("body", "x"))».order("desc").take(5)
""",
        schema=TABLES,
    ),
)

MOST_FILTERS = 8
_FAILS = "the query throws when it runs"


class InvalidSearchQuery(Rule):
    """Every text search that must fail (semantics §12.2)."""

    name = "invalid-search-query"
    theme = "indexes"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/search/text-search",
        "https://docs.convex.dev/api/interfaces/server.SearchFilterBuilder",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the first thing wrong with a search when it is wrong for all that it may mean."""
        tables = tables_of(backend)
        queries = queries_by_use(backend)
        searches = (use for use in backend.index_uses if use.kind == "search")
        for uses in grouped_by_place(searches):
            problems = [_problem(use, tables, queries.get(use, ())) for use in uses]
            if problems[0] and all(problems):
                yield problems[0]


def _problem(use: IndexUse, tables: Mapping[str, Table], chains: Sequence[QueryChain]) -> Problem | None:
    index = index_meant(use, tables)
    if index is None or index.kind != "search" or index.fields is None:
        return None
    for steps in use.ranges or ():
        found = _searched(steps, use, index) or _filtered(steps, index)
        if found:
            return found
    if chains and all(chain.order is not None for chain in chains):
        return Problem(
            use.place,
            f"A text search gives its results by relevance, and this one also has an `order`: {_FAILS}.",
            help="remove the `order`, or sort what the search gives",
        )
    return None


def _searched(steps: Sequence[RangeStep], use: IndexUse, index: Index) -> Problem | None:
    """Find what is wrong with the searched field."""
    field = (index.fields or ("",))[0]
    searches = [step for step in steps if step.operation == "search"]
    if not searches:
        return Problem(
            use.place,
            f"This search in `{index.name}` has no `search`: {_FAILS}.",
            help=f'say `search("{field}", …)` first',
            evidence=_defined(index),
        )
    for step in searches:
        if step.field is not None and step.field != field:
            return Problem(
                step.field_place,
                f"`{index.name}` searches `{field}`, not `{step.field}`: {_FAILS}.",
                help=f"search `{field}`, or define a search index for `{step.field}`",
                evidence=_defined(index),
            )
    if len(searches) > 1:
        return Problem(
            searches[1].field_place,
            f"This query searches `{field}` twice: {_FAILS}.",
            help="search for both texts at once",
        )
    return None


def _filtered(steps: Sequence[RangeStep], index: Index) -> Problem | None:
    """Find what is wrong with the comparisons besides."""
    filters = [step for step in steps if step.operation != "search"]
    seen: set[str | None] = set()
    for step in filters:
        if step.field is None:
            continue
        if index.complete and step.field not in index.filter_fields:
            known = index.filter_fields
            return Problem(
                step.field_place,
                f"`{step.field}` is no filter field of `{index.name}`: {_FAILS}.",
                help=(f"compare {listed(known)}, or " if known else "") + "add it to the index",
                evidence=_defined(index),
            )
        if step.field in seen:
            return Problem(
                step.field_place,
                f"This search compares `{step.field}` twice: {_FAILS}.",
                help="keep one comparison of it",
            )
        seen.add(step.field)
    if len(filters) > MOST_FILTERS:
        fact = f"This search has {len(filters)} comparisons, and Convex allows {MOST_FILTERS}"
        return Problem(filters[MOST_FILTERS].field_place, f"{fact}: {_FAILS}.")
    return None


def _defined(index: Index) -> tuple[tuple[Place, str], ...]:
    return ((index.place, f"`{index.name}` is defined here"),)
