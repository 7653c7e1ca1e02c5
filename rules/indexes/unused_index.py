"""An index that nothing uses.

## What it does

Finds indexes of the schema that no `withIndex`, `withSearchIndex` or `vectorSearch` of the backend names, and whose
name appears nowhere else in its code.

## Why is this bad?

Every write to the table also writes to the index, which takes space as well. The longer it stays, the less anybody
dares to remove it.

## Example

```ts
tasks: defineTable({ owner: v.string(), due: v.number() })
  .index("by_owner", ["owner"])
  .index("by_due", ["due"]), // no query uses it
```

## Use instead

```ts
tasks: defineTable({ owner: v.string(), due: v.number() }).index("by_owner", ["owner"]),
```

## Known limits

Silent about staged indexes, about a table of which some query names its index in a way that is not literal, and about
all tables when a query does so whose table is not known. A name that stands in any other string of the backend counts
as a use.

## References

* https://docs.convex.dev/database/reading-data/indexes/
* https://docs.convex.dev/production/state/limits
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.rule import Fixed, Problem, Rule
from biconvex.rules.examples import handler_case, python_schema, typescript_schema
from biconvex.rules.indexes._shared import IndexNames, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Index, Table

__all__ = ["UnusedIndex"]

TABLES = """
"tasks": defineTable({"owner": v.string(), "due": v.number()}).index("by_owner", ["owner"]).index("by_due", ["due"]),
"""
MARKED = TABLES.replace('"by_due"', '«"by_due"»')


def _removed(others: str) -> Fixed:
    """Give the schema without the index `by_due`, and with these other tables."""
    tables = TABLES.replace('.index("by_due", ["due"])', "") + others
    return Fixed(
        {"schema.ts": typescript_schema(tables)},
        {"schema.py": python_schema(tables.replace("defineTable", "define_table"))},
    )


SILENT = (
    handler_case(
        "an index that is used, and one whose name a helper gets",
        """
await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", args.owner)).take(5);
await getManyFrom(ctx.db, "tasks", "by_due", args.due);
""",
        """
await ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", args["owner"])).take(5)
await get_many_from(ctx.db, "tasks", "by_due", args["due"])
""",
        schema=TABLES,
    ),
    handler_case(
        "a query that chooses its index",
        """
await ctx.db.query("tasks").withIndex(args.index).take(5);
""",
        """
await ctx.db.query("tasks").with_index(args["index"]).take(5)
""",
        schema=TABLES,
    ),
)

FLAGGED = (
    handler_case(
        "an index that no query names",
        """
await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", args.owner)).take(5);
""",
        """
await ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", args["owner"])).take(5)
""",
        schema=MARKED,
        fixed=_removed(""),
    ),
    handler_case(
        "an index of that name that another table has",
        """
await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", args.owner)).take(5);
await ctx.db.query("notes").withIndex("by_due").take(5);
""",
        """
await ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", args["owner"])).take(5)
await ctx.db.query("notes").with_index("by_due").take(5)
""",
        schema=MARKED + '"notes": defineTable({"due": v.number()}).index("by_due", ["due"]),',
        fixed=_removed('"notes": defineTable({"due": v.number()}).index("by_due", ["due"]),'),
    ),
)


_OF_AUTH = frozenset({("users", "email"), ("users", "phone")})
"""Indexes that `@convex-dev/auth` uses of a table that is the app's own."""


class UnusedIndex(Rule):
    """Every index that the backend never names."""

    name = "unused-index"
    theme = "indexes"
    severity = Severity.INFO
    links = (
        "https://docs.convex.dev/database/reading-data/indexes/",
        "https://docs.convex.dev/production/state/limits",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the indexes that are left when all uses, and all that other strings name, are taken away."""
        if backend.fragment or backend.unread:
            return
        used = {(use.table, use.name) for use in backend.index_uses}
        chosen = {use.table for use in backend.index_uses if use.name is None}
        anywhere = {use.name for use in backend.index_uses if use.table is None}
        if None in chosen:
            return
        imports = (one for module in backend.modules.values() for one in module.imports)
        auth = any(one.source.startswith("@convex-dev/auth") for one in imports)
        left = [
            (table, index)
            for table in tables_of(backend).values()
            for index in table.definitions
            if table.name not in chosen
            and (table.name, index.name) not in used
            and index.name not in anywhere
            and not index.staged
            and not (auth and (table.name, index.name) in _OF_AUTH)
        ]
        written = IndexNames(backend, {index.name for _, index in left}).elsewhere
        for table, index in left:
            if index.name not in written:
                yield _problem(index, table)


def _problem(index: Index, table: Table) -> Problem:
    place = index.definition
    edits = (Edit(place.source.path, place.start, place.end, ""),) if place is not None else ()
    return Problem(
        index.place,
        f"No query of this backend uses the index `{table.name}.{index.name}`.",
        help="remove it, if nobody else uses it",
        fix=Fix(f"remove `{index.name}`", edits, safe=False) if edits else None,
    )
