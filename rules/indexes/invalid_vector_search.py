"""A vector index, or a search in one, that Convex refuses.

## What it does

Checks the dimensions of every vector index (a whole number from 2 to 4,096) and its field (an array of float64
numbers), and every `ctx.vectorSearch`: the limit (a whole number from 1 to 256), the length of a vector that is
written out, the fields that the filter compares, and how many comparisons there are (64 at most).

## Why is this bad?

A wrong index is refused with the whole deployment. A wrong search throws when it runs, which is often long after the
deployment, in an action that nobody watches.

## Example

```ts
await ctx.vectorSearch("films", "by_vector", {
  vector,
  limit: 500,
  filter: (q) => q.eq("title", title), // films.vectorIndex("by_vector", { …, filterFields: ["genre"] })
});
```

## Use instead

```ts
await ctx.vectorSearch("films", "by_vector", {
  vector,
  limit: 256,
  filter: (q) => q.eq("genre", genre),
});
```

## Known limits

Silent about limits, vectors and filters that are not written out, and where the index is not in sight.

## References

* https://docs.convex.dev/search/vector-search
* https://docs.convex.dev/production/state/limits
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.model import VectorSearch
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.examples import handler_case, schema_case
from biconvex.rules.indexes._shared import index_meant, listed, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, Index, Table, ValidatorShape

__all__ = ["InvalidVectorSearch"]

TABLES = (
    """
films: defineTable({ genre: v.string(), vector: v.array(v.float64()) })
  .vectorIndex("by_vector", { vectorField: "vector", dimensions: 2, filterFields: ["genre"] }),
""",
    """
"films": define_table({"genre": v.string(), "vector": v.array(v.float64())})
.vector_index("by_vector", vector_field="vector", dimensions=2, filter_fields=["genre"]),
""",
)


def _searching(name: str, typescript: str, python: str) -> Case:
    """One vector search, whose options are given."""
    return handler_case(
        name,
        f'return await ctx.vectorSearch("films", "by_vector", {typescript});',
        f'return await ctx.vector_search("films", "by_vector", {python})',
        kind="action",
        schema=TABLES,
    )


SILENT = (
    _searching(
        "a search within the limits",
        '{ vector: [0.5, 1], limit: 256, filter: (q) => q.or(q.eq("genre", "a"), q.eq("genre", "b")) }',
        '{"vector": [0.5, 1], "limit": 256, "filter": lambda q: q.or_(q.eq("genre", "a"), q.eq("genre", "b"))}',
    ),
    _searching(
        "what is not written out",
        "{ vector: args.vector, limit: args.limit, filter: args.filter }",
        '{"vector": args["vector"], "limit": args["limit"], "filter": args["filter"]}',
    ),
    schema_case(
        "fields that may be arrays of numbers",
        (
            """
films: defineTable({ vector: v.optional(v.union(v.null(), v.array(v.number()))), other: vector })
  .vectorIndex("by_vector", { vectorField: "vector", dimensions: 4096 })
  .vectorIndex("by_other", { vectorField: "other", dimensions: size }),
""",
            """
"films": define_table({"vector": v.optional(v.union(v.null(), v.array(v.number()))), "other": vector})
.vector_index("by_vector", vector_field="vector", dimensions=4096)
.vector_index("by_other", vector_field="other", dimensions=size),
""",
        ),
    ),
)

FLAGGED = (
    schema_case(
        "dimensions and fields that no vector index has",
        (
            """
films: defineTable({ vector: v.array(v.float64()), title: v.string() })
  .vectorIndex(«"by_vector"», { vectorField: "vector", dimensions: 5000 })
  .vectorIndex(«"by_title"», { vectorField: "title", dimensions: 64 }),
""",
            """
"films": define_table({"vector": v.array(v.float64()), "title": v.string()})
.vector_index(«"by_vector"», vector_field="vector", dimensions=5000)
.vector_index(«"by_title"», vector_field="title", dimensions=64),
""",
        ),
    ),
    handler_case(
        "more results than a search gives",
        'return await «ctx.vectorSearch("films", "by_vector", { vector: args.vector, limit: 500 })»;',
        'return await «ctx.vector_search("films", "by_vector", {"vector": args["vector"], "limit": 500})»',
        kind="action",
        schema=TABLES,
    ),
    handler_case(
        "a vector of another length, and a field that can't be compared",
        """
await «ctx.vectorSearch("films", "by_vector", { vector: [1, 2, 3] })»;
await ctx.vectorSearch("films", "by_vector", { vector: args.vector, filter: (q) => q.eq(«"title"», "Alien") });
""",
        """
await «ctx.vector_search("films", "by_vector", {"vector": [1, 2, 3]})»
await ctx.vector_search("films", "by_vector", {"vector": args["vector"], "filter": lambda q: q.eq(«"title"», "Alien")})
""",
        kind="action",
        schema=TABLES,
    ),
)

FEWEST_DIMENSIONS, MOST_DIMENSIONS = 2, 4096
MOST_RESULTS = 256
MOST_CONDITIONS = 64


class InvalidVectorSearch(Rule):
    """Every vector index that can't be deployed, and every search that must fail (semantics §7, §12.3)."""

    name = "invalid-vector-search"
    theme = "indexes"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/search/vector-search",
        "https://docs.convex.dev/production/state/limits",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield what is wrong with the indexes, then with the searches."""
        tables = tables_of(backend)
        for table in tables.values():
            for index in table.definitions:
                if index.kind == "vector":
                    yield from _definition(index, table)
        for call in backend.ctx_calls:
            if isinstance(call, VectorSearch):
                yield from _search(call, tables)


def _definition(index: Index, table: Table) -> Iterator[Problem]:
    size = index.dimensions
    if size is not None and not (size == int(size) and FEWEST_DIMENSIONS <= size <= MOST_DIMENSIONS):
        yield Problem(
            index.place,
            f"`{index.name}` has {size:g} dimensions, and Convex allows 2 to 4096: it refuses to deploy it.",
            help="give it as many dimensions as the vectors have, 4096 at most",
        )
    field = index.fields[0] if index.fields else ""
    shape = table.document.fields.get(field) if table.document and table.document.kind == "object" else None
    if shape is not None and not _may_be_vector(shape):
        yield Problem(
            index.place,
            f"`{index.name}` is for the field `{field}`, which is no array of numbers: Convex refuses to deploy it.",
            help="declare the field as `v.array(v.float64())`",
            evidence=((shape.place, f"`{field}` is declared here"),),
        )


def _may_be_vector(shape: ValidatorShape) -> bool:
    if shape.kind == "union":
        return not shape.complete or any(_may_be_vector(member) for member in shape.members)
    if shape.kind == "array":
        return shape.members[0].kind in {"float64", "any", "unknown", "literal", "union"}
    return shape.kind in {"any", "unknown"}


def _search(call: VectorSearch, tables: Mapping[str, Table]) -> Iterator[Problem]:
    limit = call.limit
    if limit is not None and not (limit == int(limit) and 1 <= limit <= MOST_RESULTS):
        yield Problem(
            call.place,
            f"A vector search gives 1 to {MOST_RESULTS} results, not {limit:g}: it throws when it runs.",
            help=f"ask for {MOST_RESULTS} at most",
        )
    index = index_meant(call.use, tables)
    if index is None or index.kind != "vector":
        return
    evidence = ((index.place, f"`{index.name}` is defined here"),)
    if call.length is not None and index.dimensions is not None and call.length != index.dimensions:
        size = f"{index.dimensions:g}"
        yield Problem(
            call.place,
            f"This vector has {call.length} numbers, and `{index.name}` has {size} dimensions: the search throws.",
            evidence=evidence,
        )
    steps = [step for steps in call.use.ranges or () for step in steps]
    if len(steps) > MOST_CONDITIONS:
        yield Problem(
            call.place,
            f"This filter has {len(steps)} comparisons, and Convex allows {MOST_CONDITIONS}: the search throws.",
        )
    for step in steps:
        if index.complete and step.field is not None and step.field not in index.filter_fields:
            known = index.filter_fields
            yield Problem(
                step.field_place,
                f"`{step.field}` is no filter field of `{index.name}`: the search throws when it runs.",
                help=(f"compare {listed(known)}, or " if known else "") + "add it to the index",
                evidence=evidence,
            )
