"""A filter on a database query.

## What it does

Finds `.filter(…)` on a query that does not use an index. Behind an index a filter is found when a closer range of
that index, or another one of the table, could answer it as well; with `after_index` every one is.

## Why is this bad?

A filter saves nothing: the query reads every document, pays for it, and only then throws it away. The function
becomes slower with every document in the table, runs again whenever any of them changes, and fails when the table has
outgrown the limits of a transaction. An index reads only what is wanted.

## Example

```ts
await ctx.db
  .query("tasks")
  .filter((q) => q.eq(q.field("owner"), owner))
  .collect();
```

## Use instead

```ts
await ctx.db
  .query("tasks")
  .withIndex("by_owner", (q) => q.eq("owner", owner))
  .collect();
```

Where few documents are left, filter them in code: it reads the same, and is easier to follow.

## Known limits

A filter on a query that ends in `paginate` is fine: it keeps the pages full. Silent about tables that only functions
such as `seedPlans` fill, about queries of helper libraries and about queries whose end is not in sight. Behind an
index, only filters that compare fields with values are judged, and only indexes that keep the order are thought of,
where the query has one. What is collected behind an index without a range is left to `index-without-range`.

## References

* https://docs.convex.dev/understanding/best-practices/#avoid-filter-on-database-queries
* https://docs.convex.dev/database/reading-data/indexes/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.fixes import keep
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.examples import (
    handler_case,
    python_handler,
    python_schema,
    typescript_handler,
    typescript_schema,
)
from biconvex.rules.indexes._shared import listed, tables_of
from biconvex.rules.indexes.answering import all_fields, answering
from biconvex.rules.limits.bounds import fillers, seeded_tables
from biconvex.rules.wording import in_tests, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, Filter, Index, Place, QueryChain, Table

__all__ = ["QueryFilter"]

TABLES = """
"tasks": defineTable({"owner": v.string(), "done": v.boolean(), "title": v.string()})
    .index("by_owner", ["owner"])
    .index("by_done_and_owner", ["done", "owner"])
    .index("by_title", ["title"]),
"""


def _fixed(typescript: tuple[str, str], python: tuple[str, str]) -> Case:
    """A filter that an index can answer, before and after."""
    return Case(
        "a filter that an index answers",
        {"schema.ts": typescript_schema(TABLES), "tasks.ts": typescript_handler(typescript[0])},
        {
            "schema.py": python_schema(TABLES.replace("defineTable", "define_table")),
            "tasks.py": python_handler(python[0]),
        },
        Fixed({"tasks.ts": typescript_handler(typescript[1])}, {"tasks.py": python_handler(python[1])}),
    )


SILENT = (
    handler_case(
        "pages that a filter keeps full",
        """
return await ctx.db.query("tasks").filter((q) => q.eq(q.field("title"), "x")).paginate(args.paginationOpts);
""",
        """
return await ctx.db.query("tasks").filter(lambda q: q.eq(q.field("title"), "x")).paginate(args["paginationOpts"])
""",
        schema=TABLES,
    ),
    handler_case(
        "a table that only a seed fills",
        'return await ctx.db.query("plans").filter((q) => q.eq(q.field("active"), true)).collect();',
        'return await ctx.db.query("plans").filter(lambda q: q.eq(q.field("active"), True)).collect()',
        before=(
            """import { internalMutation } from "./_generated/server";
export const populate = internalMutation({
  args: {},
  handler: async (ctx) => { for (const plan of PLANS) await ctx.db.insert("plans", plan); },
});
""",
            """from biconvex.sim.server import internal_mutation

@internal_mutation(args={})
async def populate(ctx, args):
    for plan in PLANS:
        await ctx.db.insert("plans", plan)
""",
        ),
    ),
    handler_case(
        "what no index could answer, behind an index",
        """
return await ctx.db
  .query("tasks")
  .withIndex("by_owner", (q) => q.eq("owner", args.owner))
  .filter((q) => q.or(q.eq(q.field("title"), "x"), q.eq(q.field("done"), true)))
  .collect();
""",
        """
return await (
    ctx.db.query("tasks")
    .with_index("by_owner", lambda q: q.eq("owner", args["owner"]))
    .filter(lambda q: q.or_(q.eq(q.field("title"), "x"), q.eq(q.field("done"), True)))
    .collect()
)
""",
        schema=TABLES,
    ),
    handler_case(
        "an index that would give another order",
        """
return await ctx.db
  .query("tasks")
  .withIndex("by_title")
  .order("desc")
  .filter((q) => q.and(q.eq(q.field("done"), true), q.eq(q.field("owner"), "me")))
  .first();
""",
        """
return await (
    ctx.db.query("tasks")
    .with_index("by_title")
    .order("desc")
    .filter(lambda q: q.and_(q.eq(q.field("done"), True), q.eq(q.field("owner"), "me")))
    .first()
)
""",
        schema=TABLES,
    ),
    handler_case(
        "a comparison of a field that the index does not have next",
        """
return await ctx.db
  .query("tasks")
  .withIndex("by_owner", (q) => q.eq("owner", args.owner))
  .filter((q) => q.gt(q.field("title"), "m"))
  .collect();
""",
        """
return await (
    ctx.db.query("tasks")
    .with_index("by_owner", lambda q: q.eq("owner", args["owner"]))
    .filter(lambda q: q.gt(q.field("title"), "m"))
    .collect()
)
""",
        schema=TABLES,
    ),
    handler_case(
        "an array that is filtered, not a query",
        """
const tasks = await ctx.db.query("tasks").take(100);
return tasks.filter((task) => task.owner === args.owner);
""",
        """
tasks = await ctx.db.query("tasks").take(100)
return [task for task in filter(lambda task: task["owner"] == args["owner"], tasks)]
""",
        schema=TABLES,
    ),
)

FLAGGED = (
    _fixed(
        (
            'return await ctx.db.query("tasks").«filter((q) => q.eq(q.field("owner"), args.owner))».collect();',
            'return await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", args.owner)).collect();',
        ),
        (
            'return await ctx.db.query("tasks").«filter(lambda q: q.eq(q.field("owner"), args["me"]))».collect()',
            'return await ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", args["me"])).collect()',
        ),
    ),
    handler_case(
        "a filter on a query that a variable holds",
        """
let tasks = ctx.db.query("tasks");
if (args.title) {
  tasks = tasks.«filter((q) => q.eq(q.field("title"), args.title))»;
}
return await tasks.first();
""",
        """
tasks = ctx.db.query("tasks")
if args["title"]:
    tasks = tasks.«filter(lambda q: q.eq(q.field("title"), args["title"]))»
return await tasks.first()
""",
        schema=TABLES,
    ),
    handler_case(
        "the time of creation, for which every table has an index",
        """
return await ctx.db.query("notes").«filter((q) => q.gt(q.field("_creationTime"), args.since))».take(10);
""",
        """
return await ctx.db.query("notes").«filter(lambda q: q.gt(q.field("_creationTime"), args["since"]))».take(10)
""",
    ),
    handler_case(
        "a field that another index has",
        """
return await ctx.db
  .query("tasks")
  .withIndex("by_owner", (q) => q.eq("owner", args.owner))
  .«filter((q) => q.eq(q.field("done"), false))»
  .collect();
""",
        """
return await (
    ctx.db.query("tasks")
    .with_index("by_owner", lambda q: q.eq("owner", args["owner"]))
    .«filter(lambda q: q.eq(q.field("done"), False))»
    .collect()
)
""",
        schema=TABLES,
    ),
    handler_case(
        "the next field of the same index, and the time of creation after its last one",
        """
const some = await ctx.db
  .query("tasks")
  .withIndex("by_done_and_owner", (q) => q.eq("done", true))
  .«filter((q) => q.gte(q.field("owner"), "m"))»
  .order("desc")
  .take(10);
return await ctx.db
  .query("tasks")
  .withIndex("by_owner", (q) => q.eq("owner", some[0].owner))
  .«filter((q) => q.gt(q.field("_creationTime"), args.since))»
  .collect();
""",
        """
some = await (
    ctx.db.query("tasks")
    .with_index("by_done_and_owner", lambda q: q.eq("done", True))
    .«filter(lambda q: q.gte(q.field("owner"), "m"))»
    .order("desc")
    .take(10)
)
return await (
    ctx.db.query("tasks")
    .with_index("by_owner", lambda q: q.eq("owner", some[0]["owner"]))
    .«filter(lambda q: q.gt(q.field("_creationTime"), args["since"]))»
    .collect()
)
""",
        schema=TABLES,
    ),
    handler_case(
        "any filter behind an index, if that is asked for",
        """
return await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", "me")).«filter(args.wanted)».first();
""",
        """
return await ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", "")).«filter(args["wanted"])».first()
""",
        schema=TABLES,
        options={"after_index": True},
    ),
)


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """`after_index`: also report filters behind an index that no index could answer."""

    after_index: bool = False


class QueryFilter(Rule):
    """Every filter that an index should take the place of."""

    name = "query-filter"
    theme = "indexes"
    severity = Severity.WARNING
    links = (
        "https://docs.convex.dev/understanding/best-practices/#avoid-filter-on-database-queries",
        "https://docs.convex.dev/database/reading-data/indexes/",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"
    Options = FilterOptions

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the first filter of each query; a query that may be one of several is judged by each."""
        seeded = seeded_tables(backend)
        seen: set[Place] = set()
        for chain, problem in self._problems(backend):
            if chain.table not in seeded and problem.place not in seen:
                seen.add(problem.place)
                yield problem

    def outlook(self, backend: Backend) -> object:
        """Give the filters, and which tables are filled by what: seeds alone make no table large."""
        found = [
            (chain.table, each.place, each.message, each.help) for chain, each in self._problems(backend)
        ]
        return found, fillers(backend)

    def _problems(self, backend: Backend) -> Iterator[tuple[QueryChain, Problem]]:
        """Yield what is wrong with the first filter of each query, however large its table is."""
        tables = tables_of(backend)
        for call in backend.database_uses:
            for chain in call.chains:
                if (
                    not chain.complete
                    or chain.library
                    or chain.terminal == "paginate"
                    or in_tests(chain.place)
                ):
                    continue
                found = chain.filters[0] if chain.filters else None
                problem = self._problem(found, chain, tables) if found else None
                if problem:
                    yield chain, problem

    def _problem(self, found: Filter, chain: QueryChain, tables: Mapping[str, Table]) -> Problem | None:
        table = tables.get(chain.table or "")
        index = answering(found, chain, table, tables) if table else None
        if chain.index is not None and index is None and not self.options.after_index:
            return None
        name = f"`{chain.table}`" if chain.table else "the table"
        if chain.index is None:
            message = f"This filter reads its way through {name}, and drops what it doesn't want."
        elif index is None:
            message = (
                f"This filter reads its way through the range of {name}, and drops what it doesn't want."
            )
        elif index.name == chain.index.name:
            message = f"This filter reads documents of {name} that a closer range of `{index.name}` would leave out."
        else:
            message = f"This filter reads documents of {name} that the index `{index.name}` would leave out."
        return Problem(
            found.place,
            message,
            help=_help(found, chain, index),
            fix=_fix(found, chain, index),
            topic=_missing_index(found, table) if index is None and chain.index is None else None,
        )


def _missing_index(found: Filter, table: Table | None) -> str | None:
    """Give the index that a filter calls for, if it calls for one: however many do, one is missing."""
    fields = sorted({condition.field for condition in found.conditions if condition.operation == "eq"})
    if table is None or not fields:
        return None
    return f"{table.place.source.path}:{table.place.start}:{','.join(fields)}"


def _help(found: Filter, chain: QueryChain, index: Index | None) -> str:
    method = spelled("withIndex", found.place)
    if index is not None and chain.index is not None and index.name == chain.index.name:
        compared = {condition.field for condition in found.conditions}
        fields = listed(field for field in all_fields(index) if field in compared)
        return f"compare {fields} in `{method}`"
    if index is not None:
        return f"use `{method}` with `{index.name}`"
    if {condition.field for condition in found.conditions} == {"_creationTime"}:
        return f"use `{method}` with `by_creation_time`, which every table has"
    fields = listed(dict.fromkeys(c.field for c in found.conditions if c.operation == "eq"))
    if fields:
        return f"define an index with {fields}, and use `{method}`"
    return f"read less with `{method}`, and filter in code what is left"


def _fix(found: Filter, chain: QueryChain, index: Index | None) -> Fix | None:
    """Put a range in the place of a filter that is nothing but equalities of the index's first fields."""
    if index is None or chain.index is not None or not found.complete or len(chain.filters) != 1:
        return None
    source = found.place.source
    between = source.text(chain.place.end, found.place.start)
    values = {condition.field: condition.value for condition in found.conditions}
    fields = (index.fields or ())[: len(values)]
    if between.strip() != "." or len(values) != len(found.conditions) or set(fields) != set(values):
        return None
    if any(condition.operation != "eq" for condition in found.conditions):
        return None
    texts = [source.text(node.start, node.end) if (node := values[field]) else "" for field in fields]
    if not all(texts) or any(re.search(r"\bq\b", text) for text in texts):
        return None
    steps = "".join(f'.eq("{field}", {text})' for field, text in zip(fields, texts, strict=True))
    python = source.language == "python"
    callback = f"lambda q: q{steps}" if python else f"(q) => q{steps}"
    text = f'{spelled("withIndex", found.place)}("{index.name}", {callback})'
    edit = Edit(source.path, found.place.start, found.place.end, text)
    return Fix(f"use the index `{index.name}`", (edit, keep(index.place)), safe=False)
