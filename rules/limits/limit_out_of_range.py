"""A number of documents that no query can give.

## What it does

Checks the constant numbers in `take(n)` and in the `numItems` of `paginate`: a whole number, not negative, for
`paginate` at least 1, and not more than the 32,000 documents that a transaction may read. A text search looks at
1,024 documents at most, so that `take` of more is found behind `withSearchIndex`.

## Why is this bad?

The query throws, or will when there are as many documents: a large number reads like "all of them", and works until
there are that many.

## Example

```ts
await ctx.db.query("tasks").take(100_000);
```

## Use instead

```ts
await ctx.db.query("tasks").paginate(args.paginationOpts);
```

## Known limits

Silent about numbers that are not constant, and about queries of helper libraries.

## References

* https://docs.convex.dev/production/state/limits
* https://docs.convex.dev/database/pagination
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.limits._shared import MOST_READ
from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, QueryChain

__all__ = ["LimitOutOfRange"]

SILENT = (
    handler_case(
        "numbers that queries can give",
        """
await ctx.db.query("tasks").take(0);
await ctx.db.query("tasks").take(32000);
await ctx.db.query("tasks").take(args.count);
await ctx.db.query("tasks").withSearchIndex("search_title", (q) => q.search("title", args.text)).take(1024);
await ctx.db.query("tasks").paginate({ cursor: args.cursor, numItems: 1 });
""",
        """
await ctx.db.query("tasks").take(0)
await ctx.db.query("tasks").take(32000)
await ctx.db.query("tasks").take(args["count"])
await ctx.db.query("tasks").with_search_index("search_title", lambda q: q.search("title", args["text"])).take(1024)
await ctx.db.query("tasks").paginate({"cursor": args["cursor"], "numItems": 1})
""",
    ),
    handler_case(
        "a length of something else",
        """
const names = ["a", "b"].slice(0, 100000);
return names.length;
""",
        """
names = ["a", "b"][:100000]
return len(names)
""",
    ),
)

FLAGGED = (
    handler_case(
        "more than a transaction may read",
        """
const MANY = 100 * 1000;
await «ctx.db.query("tasks").take(MANY)»;
await «ctx.db.query("tasks").paginate({ cursor: args.cursor, numItems: 50000 })»;
""",
        """
MANY = 100 * 1000
await «ctx.db.query("tasks").take(MANY)»
await «ctx.db.query("tasks").paginate({"cursor": args["cursor"], "numItems": 50000})»
""",
    ),
    handler_case(
        "less than nothing, a page without documents, more than a search looks at",
        """
await «ctx.db.query("tasks").take(-1)»;
await «ctx.db.query("tasks").paginate({ cursor: args.cursor, numItems: 0 })»;
await «ctx.db.query("tasks").withSearchIndex("search_title", (q) => q.search("title", "x")).take(2000)»;
""",
        """
await «ctx.db.query("tasks").take(-1)»
await «ctx.db.query("tasks").paginate({"cursor": args["cursor"], "numItems": 0})»
await «ctx.db.query("tasks").with_search_index("search_title", lambda q: q.search("title", "x")).take(2000)»
""",
    ),
)

MOST_SEARCHED = 1_024


class LimitOutOfRange(Rule):
    """Every constant number of documents that must fail, or will (semantics §7)."""

    name = "limit-out-of-range"
    theme = "limits"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/production/state/limits",
        "https://docs.convex.dev/database/pagination",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each query whose limit is wrong."""
        for call in backend.database_uses:
            for chain in call.chains:
                problem = _problem(chain) if chain.limit is not None and not chain.library else None
                if problem is not None and not in_tests(call.place):
                    message, remedy, fails = problem
                    severity = Severity.ERROR if fails else None
                    yield Problem(call.place, message, help=remedy, severity=severity)
                    break


def _problem(chain: QueryChain) -> tuple[str, str, bool] | None:
    """Say what is wrong with the limit of a query, what to do, and whether it fails at once."""
    limit, paged = chain.limit or 0, chain.terminal == "paginate"
    least = 1 if paged else 0
    if limit < least:
        what = "A page has" if paged else "`take` gives"
        return (
            f"{what} {least} documents or more, not {limit}: the query throws.",
            "ask for as many as you need",
            True,
        )
    if limit > MOST_READ:
        fact = f"A transaction may read {MOST_READ:,} documents, and this asks for {limit:,}"
        if paged:
            return f"{fact}: the query throws.", "ask for smaller pages", True
        return f"{fact}: it fails when there are as many.", "ask for fewer, or read them in pages", False
    if chain.index is not None and chain.index.kind == "search" and limit > MOST_SEARCHED:
        fact = f"A text search looks at {MOST_SEARCHED:,} documents at most, and this asks for {limit:,}"
        return f"{fact}: it fails when there are as many.", f"ask for {MOST_SEARCHED:,} or fewer", False
    return None
