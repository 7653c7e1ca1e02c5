"""Documents that are all collected to be counted.

## What it does

Finds queries whose results are collected when only their number is used: `length`, in Python `len(…)`.

## Why is this bad?

Counting reads every document, each time, and the query runs again whenever any of them changes. It fails when there
are more than a transaction may read (32,000 documents, 16 MiB). Convex has no count of its own.

## Example

```ts
const likes = await ctx.db
  .query("likes")
  .withIndex("by_post", (q) => q.eq("post", post))
  .collect();
return likes.length;
```

## Use instead

Keep the number where it changes, in a document or in a component (`@convex-dev/aggregate`,
`@convex-dev/sharded-counter`):

```ts
return (await ctx.db.get("posts", post))?.likes ?? 0;
```

To know whether there are any, or more than ten, read that many:

```ts
const first = await ctx.db
  .query("likes")
  .withIndex("by_post", (q) => q.eq("post", post))
  .first();
return first !== null;
```

## Known limits

Silent when the results go anywhere else as well, or where their uses can't be followed.

## References

* https://docs.convex.dev/understanding/best-practices/#only-use-collect-with-a-small-number-of-results
* https://docs.convex.dev/production/state/limits
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.limits._shared import counts
from biconvex.rules.wording import in_tests, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse

__all__ = ["CollectToCount"]

SILENT = (
    handler_case(
        "documents that are used as well as counted",
        """
const tasks = await ctx.db.query("tasks").collect();
return { count: tasks.length, tasks };
""",
        """
tasks = await ctx.db.query("tasks").collect()
return {"count": len(tasks), "tasks": tasks}
""",
    ),
    handler_case(
        "a limited number",
        """
const tasks = await ctx.db.query("tasks").take(11);
return tasks.length > 10 ? "more than ten" : tasks.length;
""",
        """
tasks = await ctx.db.query("tasks").take(11)
return "more than ten" if len(tasks) > 10 else len(tasks)
""",
    ),
    handler_case(
        "results that go out of sight",
        """
const tasks = await ctx.db.query("tasks").collect();
report(tasks);
return tasks.length;
""",
        """
tasks = await ctx.db.query("tasks").collect()
report(tasks)
return len(tasks)
""",
    ),
)

FLAGGED = (
    handler_case(
        "the number alone, at once and by a variable",
        """
const open = await «ctx.db.query("tasks").withIndex("by_done", (q) => q.eq("done", false)).collect()»;
return open.length + (await «ctx.db.query("notes").collect()»).length;
""",
        """
opened = await «ctx.db.query("tasks").with_index("by_done", lambda q: q.eq("done", False)).collect()»
return len(opened) + len(await «ctx.db.query("notes").collect()»)
""",
    ),
    handler_case(
        "the numbers of queries that run at once",
        """
const [tasks, notes] = await Promise.all([
  «ctx.db.query("tasks").collect()»,
  ctx.db.query("notes").collect(),
]);
return { tasks: tasks.length, notes };
""",
        """
import asyncio
[tasks, notes] = await asyncio.gather(
    «ctx.db.query("tasks").collect()»,
    ctx.db.query("notes").collect(),
)
return {"tasks": len(tasks), "notes": notes}
""",
    ),
)


class CollectToCount(Rule):
    """Every query that is collected only for the number of its results."""

    name = "collect-to-count"
    theme = "limits"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/understanding/best-practices/#only-use-collect-with-a-small-number-of-results",
        "https://docs.convex.dev/production/state/limits",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such query, with the places where the number is taken."""
        for call in backend.database_uses:
            if counts(call) and not in_tests(call.place):
                yield _problem(call)


def _problem(call: DatabaseUse) -> Problem:
    what = f"`{call.table}`" if call.table else "a table"
    first = spelled("first", call.place)
    return Problem(
        call.place,
        f"Documents of {what} are read only to be counted.",
        help=f"keep the number where it changes, or use `{first}` or `take` to know whether there are enough",
        evidence=tuple((use.place, "only their number is used") for use in call.uses),
    )
