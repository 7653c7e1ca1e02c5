"""An index that another index of the table makes unnecessary.

## What it does

Finds two database indexes of a table where the fields of one are the first fields of the other, and two with the same
fields (an `error`: Convex refuses to deploy them).

## Why is this bad?

Every write to the table also writes to each of its indexes, and each takes space. The longer index answers every
range that the shorter one does. What the shorter one has besides is its order: documents with the same fields come by
`_creationTime`.

## Example

```ts
tasks: defineTable({ owner: v.string(), done: v.boolean() })
  .index("by_owner", ["owner"])
  .index("by_owner_and_done", ["owner", "done"]),
```

## Use instead

```ts
tasks: defineTable({ owner: v.string(), done: v.boolean() })
  .index("by_owner_and_done", ["owner", "done"]),
```

## Known limits

Silent about staged indexes, about fields that are not literal, and where some query on the shorter index may count on
the order by `_creationTime`: it has an `order`, a range of `_creationTime`, or takes only some documents (`first`,
`take`, `paginate`); also where it is used in a way that is out of sight, and in the code of documents, whose queries
may stand elsewhere. What a query collects comes in the order of the longer index afterwards.

## References

* https://docs.convex.dev/understanding/best-practices/#check-for-redundant-indexes
* https://docs.convex.dev/database/reading-data/indexes/
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.fixes import keep
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.examples import (
    python_handler,
    python_schema,
    schema_case,
    typescript_handler,
    typescript_schema,
)
from biconvex.rules.indexes._shared import IndexNames, queries_by_use, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from biconvex.lint.model import Backend, Index, IndexUse, QueryChain, Table

__all__ = ["RedundantIndex"]

TABLES = """
"tasks": defineTable({"owner": v.string(), "done": v.boolean()})
    .index("by_owner", ["owner"])
    .index("by_owner_and_done", ["owner", "done"]),
"""


def _used(name: str, tables: str, typescript: str, python: str, fixed: Fixed | None = None) -> Case:
    """A schema whose indexes a query uses."""
    return Case(
        name,
        {"schema.ts": typescript_schema(tables), "tasks.ts": typescript_handler(typescript)},
        {
            "schema.py": python_schema(tables.replace("defineTable", "define_table")),
            "tasks.py": python_handler(python),
        },
        fixed=fixed,
    )


SILENT = (
    _used(
        "the order by _creationTime is what the short index is for",
        TABLES,
        'return await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", "me")).order("desc").take(9);',
        'return await ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", "")).order("desc").take(9)',
    ),
    _used(
        "a query on the short index that goes out of sight",
        TABLES,
        'return await elsewhere(ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", "me")));',
        'return await elsewhere(ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", "me")))',
    ),
    schema_case(
        "a staged index, other fields, another order",
        (
            """
tasks: defineTable({ owner: v.string(), done: v.boolean() })
  .index("by_owner", ["owner"])
  .index("by_owner_and_done", { fields: ["owner", "done"], staged: true })
  .index("by_done_and_owner", ["done", "owner"]),
""",
            """
"tasks": define_table({"owner": v.string(), "done": v.boolean()})
.index("by_owner", ["owner"])
.index("by_owner_and_done", {"fields": ["owner", "done"], "staged": True})
.index("by_done_and_owner", ["done", "owner"]),
""",
        ),
    ),
)

FLAGGED = (
    _used(
        "the first field of a longer index",
        TABLES.replace('"by_owner",', '«"by_owner"»,'),
        'return await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", "me")).collect();',
        'return await ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", "me")).collect()',
        Fixed(
            {
                "schema.ts": typescript_schema(TABLES.replace('\n    .index("by_owner", ["owner"])', "")),
                "tasks.ts": typescript_handler(
                    'return await ctx.db.query("tasks")'
                    '.withIndex("by_owner_and_done", (q) => q.eq("owner", "me")).collect();'
                ),
            },
            {
                "schema.py": python_schema(
                    TABLES.replace('\n    .index("by_owner", ["owner"])', "").replace(
                        "defineTable", "define_table"
                    )
                ),
                "tasks.py": python_handler(
                    'return await ctx.db.query("tasks")'
                    '.with_index("by_owner_and_done", lambda q: q.eq("owner", "me")).collect()'
                ),
            },
        ),
    ),
    schema_case(
        "the same fields twice",
        """
"tasks": defineTable({"owner": v.string(), "done": v.boolean()})
    .index("by_owner_and_done", ["owner", "done"])
    .index(«"by_both"», ["owner", "done"]),
""",
        fixed="""
"tasks": defineTable({"owner": v.string(), "done": v.boolean()})
    .index("by_owner_and_done", ["owner", "done"]),
""",
    ),
)

_ORDERED = frozenset({"first", "take", "paginate", None})


class RedundantIndex(Rule):
    """Every database index whose fields are the first ones of another."""

    name = "redundant-index"
    theme = "indexes"
    severity = Severity.WARNING
    links = (
        "https://docs.convex.dev/understanding/best-practices/#check-for-redundant-indexes",
        "https://docs.convex.dev/database/reading-data/indexes/",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield duplicates as errors, then prefixes that nothing needs for their order."""
        queries: dict[str | None, list[tuple[IndexUse, list[QueryChain]]]] = defaultdict(list)
        for use, chains in queries_by_use(backend).items():
            queries[use.table].append((use, chains))
        found: list[tuple[Index, Index, Table]] = []
        for table in tables_of(backend).values():
            plain = [
                index
                for index in table.definitions
                if index.kind == "database" and index.fields and not index.staged
            ]
            for at, index in enumerate(plain):
                same = next((other for other in plain[:at] if other.fields == index.fields), None)
                if same is not None:
                    found.append((index, same, table))
                    continue
                if backend.fragment or backend.unread:
                    continue
                longer = next((other for other in plain if _covers(other, index)), None)
                if longer is not None and not _counts_on_order(index, (*queries[table.name], *queries[None])):
                    found.append((index, longer, table))
        names = IndexNames(backend, {index.name for index, _, _ in found})
        for index, other, table in found:
            yield _problem(index, other, table, names)

    def outlook(self, backend: Backend) -> object:
        """Give every use of an index that may be too many, by its name."""
        names: set[str] = set()
        for table in tables_of(backend).values():
            plain = [index for index in table.definitions if index.kind == "database" and index.fields]
            names.update(
                index.name
                for index in plain
                for other in plain
                if other is not index and (other.fields == index.fields or _covers(other, index))
            )
        chains = queries_by_use(backend)
        uses = [
            (
                use.table,
                use.name,
                use.name_place,
                use.ranges,
                [(one.order, one.terminal) for one in chains[use]],
            )
            for use in {**dict.fromkeys(backend.index_uses), **chains}
            if use.table is None or use.name is None or use.name in names
        ]
        return IndexNames(backend, names).elsewhere, uses


def _covers(longer: Index, index: Index) -> bool:
    mine, others = index.fields or (), longer.fields or ()
    return len(others) > len(mine) and others[: len(mine)] == mine


def _counts_on_order(index: Index, queries: Iterable[tuple[IndexUse, list[QueryChain]]]) -> bool:
    """Tell whether a query on an index may need that documents with the same fields come by their creation."""
    for use, chains in queries:
        if use.name not in {index.name, None}:
            continue
        if use.name is None or use.table is None or use.ranges is None:
            return True
        steps = [step for steps in use.ranges for step in steps]
        if any(step.field in {"_creationTime", None} for step in steps):
            return True
        if any(chain.order is not None or chain.terminal in _ORDERED for chain in chains):
            return True
    return False


def _problem(index: Index, other: Index, table: Table, names: IndexNames) -> Problem:
    evidence = ((other.place, f"`{other.name}` is defined here"),)
    fix = _removal(index, other, table, names)
    if index.fields == other.fields:
        return Problem(
            index.place,
            f"`{index.name}` has the same fields as `{other.name}`: Convex refuses to deploy both.",
            help=f"remove it, and use `{other.name}`",
            evidence=evidence,
            severity=Severity.ERROR,
            fix=fix,
        )
    return Problem(
        index.place,
        f"`{index.name}` is the beginning of `{other.name}`, which finds the same documents.",
        help=f"remove it, and use `{other.name}`",
        evidence=evidence,
        fix=fix,
    )


def _removal(index: Index, other: Index, table: Table, names: IndexNames) -> Fix | None:
    """Remove the definition, and let its users use the other index."""
    uses = names.renaming(table, index.name, other.name)
    place = index.definition
    if uses is None or place is None:
        return None
    edits = (Edit(place.source.path, place.start, place.end, ""), keep(other.place), *uses)
    return Fix(f"remove `{index.name}`, and use `{other.name}`", edits, safe=False)
