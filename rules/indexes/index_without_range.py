"""A whole table that is read through an index.

## What it does

Finds queries that name an index without giving a range of it, and then `collect` everything.

## Why is this bad?

An index saves reading only by its range. Without one the query reads the whole table, in the order of the index: the
name `by_owner` looks fast, and costs as much as no index. Once the table has outgrown the limits of a transaction
(32,000 documents, 16 MiB), the function fails every time.

## Example

```ts
await ctx.db.query("tasks").withIndex("by_owner").collect();
```

## Use instead

```ts
await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", owner)).collect();
```

## Known limits

Silent when the query takes a limited number of documents, and about ranges that can't be followed. That a range is
wide is not known.

## References

* https://docs.convex.dev/database/reading-data/indexes/
* https://docs.convex.dev/understanding/best-practices/#only-use-collect-with-a-small-number-of-results
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.wording import in_tests, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, IndexUse, Place

__all__ = ["IndexWithoutRange"]

SILENT = (
    handler_case(
        "a range, or a limited number of documents",
        """
const tasks = ctx.db.query("tasks");
await tasks.withIndex("by_owner", (q) => q.eq("owner", args.owner)).collect();
await tasks.withIndex("by_due").take(10);
await tasks.withIndex("by_due").order("desc").first();
await tasks.withIndex("by_due").paginate(args.paginationOpts);
""",
        """
tasks = ctx.db.query("tasks")
await tasks.with_index("by_owner", lambda q: q.eq("owner", args["owner"])).collect()
await tasks.with_index("by_due").take(10)
await tasks.with_index("by_due").order("desc").first()
await tasks.with_index("by_due").paginate(args["paginationOpts"])
""",
    ),
    handler_case(
        "a range that can't be followed",
        """
await ctx.db.query("tasks").withIndex("by_owner", args.range).collect();
await ctx.db.query("tasks").withIndex("by_owner", (q) => narrowed(q)).collect();
""",
        """
await ctx.db.query("tasks").with_index("by_owner", args["range"]).collect()
await ctx.db.query("tasks").with_index("by_owner", lambda q: narrowed(q)).collect()
""",
    ),
)

FLAGGED = (
    handler_case(
        "an index that is only named",
        """
const tasks = ctx.db.query("tasks").«withIndex("by_owner")»;
return await tasks.order("desc").collect();
""",
        """
tasks = ctx.db.query("tasks").«with_index("by_owner")»
return await tasks.order("desc").collect()
""",
    ),
    handler_case(
        "a range without a bound",
        """
return await ctx.db.query("tasks").«withIndex("by_owner", (q) => q)».collect();
""",
        """
return await ctx.db.query("tasks").«with_index("by_owner", lambda q: q)».collect()
""",
    ),
)


class IndexWithoutRange(Rule):
    """Every `collect` on an index of which the query reads everything."""

    name = "index-without-range"
    theme = "indexes"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/database/reading-data/indexes/",
        "https://docs.convex.dev/understanding/best-practices/#only-use-collect-with-a-small-number-of-results",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each use of an index once, however many queries go on from it."""
        seen: set[Place] = set()
        for call in backend.database_uses:
            for chain in call.chains:
                use = chain.index
                if use is None or chain.terminal != "collect" or not chain.complete or not _reads_all(use):
                    continue
                if use.place not in seen and not in_tests(use.place):
                    seen.add(use.place)
                    yield _problem(use, call.place)


def _reads_all(use: IndexUse) -> bool:
    return use.kind == "database" and use.ranges is not None and not any(use.ranges)


def _problem(use: IndexUse, collected: Place) -> Problem:
    index = f"`{use.name}`" if use.name else "this index"
    table = f"the whole table `{use.table}`" if use.table else "the whole table"
    method = spelled("withIndex", use.place)
    return Problem(
        use.place,
        f"Without a range {index} narrows nothing down: the query collects {table}.",
        help=f"give `{method}` a range, or read a part with `take` or `paginate`",
        evidence=((collected, "everything is collected here"),) if collected.line != use.place.line else (),
    )
