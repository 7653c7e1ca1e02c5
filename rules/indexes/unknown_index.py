"""An index that the table does not have.

## What it does

Compares the name in every `withIndex`, `withSearchIndex` and `ctx.vectorSearch` with the indexes of the table in the
schema. Found are names that the table has no index of, indexes of another sort (a search index in `withIndex`), and
staged indexes, which can't be used yet.

## Why is this bad?

The query throws as soon as it runs, in every run. TypeScript sees it too, but only where the types are not cast away,
and never in Python or JavaScript.

## Example

```ts
// schema: tasks.index("by_owner", ["owner"])
await ctx.db.query("tasks").withIndex("by_user", (q) => q.eq("owner", owner)).take(10);
```

## Use instead

```ts
await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", owner)).take(10);
```

## Known limits

Silent where the table or the name is not a literal that can be followed, for tables that the schema doesn't have, and
for tables that may have indexes out of sight.

## References

* https://docs.convex.dev/database/reading-data/indexes/
* https://docs.convex.dev/search/text-search
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import keep, replace_string
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.indexes._shared import BUILT_IN, grouped_by_place, listed, tables_of
from biconvex.rules.wording import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, Index, IndexUse, Place, Table

__all__ = ["UnknownIndex"]

TABLES = (
    """
tasks: defineTable({ owner: v.string(), title: v.string(), vector: v.array(v.float64()) })
  .index("by_owner", ["owner"])
  .index("by_title", { fields: ["title"], staged: true })
  .searchIndex("search_title", { searchField: "title" })
  .vectorIndex("by_vector", { vectorField: "vector", dimensions: 64 }),
""",
    """
"tasks": define_table({"owner": v.string(), "title": v.string(), "vector": v.array(v.float64())})
.index("by_owner", ["owner"])
.index("by_title", {"fields": ["title"], "staged": True})
.search_index("search_title", search_field="title")
.vector_index("by_vector", vector_field="vector", dimensions=64),
""",
)

SILENT = (
    handler_case(
        "the table's own indexes, and those that every table has",
        """
await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", args.owner)).take(5);
await ctx.db.query("tasks").withSearchIndex("search_title", (q) => q.search("title", args.text)).take(5);
await ctx.db.query("tasks").withIndex("by_creation_time", (q) => q.gt("_creationTime", 0)).take(5);
await ctx.db.query("tasks").withIndex("by_id").first();
""",
        """
await ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", args["owner"])).take(5)
await ctx.db.query("tasks").with_search_index("search_title", lambda q: q.search("title", args["text"])).take(5)
await ctx.db.query("tasks").with_index("by_creation_time", lambda q: q.gt("_creationTime", 0)).take(5)
await ctx.db.query("tasks").with_index("by_id").first()
""",
        schema=TABLES,
    ),
    handler_case(
        "tables and indexes that are not in sight",
        """
await ctx.db.query("users").withIndex("by_mail").take(5);
await ctx.db.query("tasks").withIndex(args.index).take(5);
await ctx.db.query("things").withIndex("by_thing").take(5);
""",
        """
await ctx.db.query("users").with_index("by_mail").take(5)
await ctx.db.query("tasks").with_index(args["index"]).take(5)
await ctx.db.query("things").with_index("by_thing").take(5)
""",
        schema=(
            TABLES[0] + "things: makeTable(),\n...otherTables,",
            TABLES[1] + '"things": make_table(),\n**other_tables,',
        ),
    ),
    handler_case(
        "a helper that several tables share",
        """
const newest = async (table: string) =>
  await ctx.db.query(table).withIndex("by_owner", (q) => q.eq("owner", args.owner)).first();
return [await newest("tasks"), await newest("notes")];
""",
        """
async def newest(table):
    return await ctx.db.query(table).with_index("by_owner", lambda q: q.eq("owner", args["owner"])).first()

return [await newest("tasks"), await newest("notes")]
""",
        schema=TABLES,
    ),
)

FLAGGED = (
    handler_case(
        "a name that is spelled otherwise",
        """
await ctx.db.query("tasks").withIndex(«"by_ower"», (q) => q.eq("owner", args.owner)).take(5);
""",
        """
await ctx.db.query("tasks").with_index(«"by_ower"», lambda q: q.eq("owner", args["owner"])).take(5)
""",
        schema=TABLES,
        fixed=(
            'await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", args.owner)).take(5);',
            'await ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", args["owner"])).take(5)',
        ),
    ),
    handler_case(
        "an index of another sort, and one that is staged",
        """
await ctx.db.query("tasks").withIndex(«"search_title"»).take(5);
await ctx.db.query("tasks").withSearchIndex(«"by_owner"», (q) => q.search("owner", args.text)).take(5);
await ctx.db.query("tasks").withIndex(«"by_title"»).take(5);
""",
        """
await ctx.db.query("tasks").with_index(«"search_title"»).take(5)
await ctx.db.query("tasks").with_search_index(«"by_owner"», lambda q: q.search("owner", args["text"])).take(5)
await ctx.db.query("tasks").with_index(«"by_title"»).take(5)
""",
        schema=TABLES,
    ),
    handler_case(
        "a vector search on an index that there isn't",
        """
await ctx.vectorSearch("tasks", «"by_embedding"», { vector: args.vector, limit: 5 });
""",
        """
await ctx.vector_search("tasks", «"by_embedding"», {"vector": args["vector"], "limit": 5})
""",
        kind="action",
        schema=TABLES,
    ),
)

_NAMES = {"database": "index", "search": "search index", "vector": "vector index"}
_SORTS = {kind: f"{'an' if name == 'index' else 'a'} {name}" for kind, name in _NAMES.items()}
_METHODS = {"database": "withIndex", "search": "withSearchIndex", "vector": "vectorSearch"}


class UnknownIndex(Rule):
    """Every use of an index that the table does not have, or has as something else."""

    name = "unknown-index"
    theme = "indexes"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/database/reading-data/indexes/",
        "https://docs.convex.dev/search/text-search",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield a use when it is wrong for all that it may mean."""
        tables = tables_of(backend)
        for uses in grouped_by_place(backend.index_uses):
            problems = [_problem(use, tables) for use in uses]
            if problems[0] and all(problems):
                yield problems[0]


def _problem(use: IndexUse, tables: Mapping[str, Table]) -> Problem | None:
    table = tables.get(use.table or "")
    if table is None or use.name is None:
        return None
    index = table.indexes.get(use.name)
    if index is None:
        if not table.complete or (use.kind == "database" and use.name in BUILT_IN):
            return None
        return _missing(use, table)
    if index.kind != use.kind:
        method = spelled(_METHODS[index.kind], use.place)
        return Problem(
            use.name_place,
            f"`{table.name}.{index.name}` is {_SORTS[index.kind]}, not {_SORTS[use.kind]}: the query throws.",
            help=f"use it with `{method}`, or define {_SORTS[use.kind]}",
            evidence=((index.place, f"`{index.name}` is defined as {_SORTS[index.kind]}"),),
        )
    if index.staged:
        return Problem(
            use.name_place,
            f"`{table.name}.{index.name}` is staged: it can't be used yet, and the query throws.",
            help="deploy it without `staged` once it is filled, and use it then",
            evidence=_definition(index.name, index.place),
        )
    return None


def _missing(use: IndexUse, table: Table) -> Problem:
    known = [index.name for index in table.indexes.values() if index.kind == use.kind]
    near = get_close_matches(use.name or "", known, n=1)
    if near:
        remedy = f"did you mean `{near[0]}`?"
    elif known:
        remedy = f"the table has {listed(known[:6])}{' and others' if len(known) > 6 else ''}"
    else:
        remedy = "define it in the schema"
    return Problem(
        use.name_place,
        f"The table `{table.name}` has no {_NAMES[use.kind]} `{use.name}`: the query throws when it runs.",
        help=remedy,
        evidence=_definition(near[0], table.indexes[near[0]].place) if near else (),
        fix=_spelling(use, table.indexes[near[0]]) if near else None,
    )


def _spelling(use: IndexUse, near: Index) -> Fix | None:
    edit = replace_string(use.name_place, use.name or "", near.name)
    return Fix(f"use `{near.name}`", (edit, keep(near.place)), safe=False) if edit else None


def _definition(name: str, place: Place) -> tuple[tuple[Place, str], ...]:
    return ((place, f"`{name}` is defined here"),)
