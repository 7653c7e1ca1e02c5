"""A query for each document that another query found.

## What it does

Finds `ctx.db.query(…)` in a loop over the results of another query which may be many: collected, or read in an async
loop.

## Why is this bad?

Each round is another range to read, and a transaction may read 4,096 of them. Long before that the function is slow:
the queries run one after another.

## Example

```ts
for (const task of await ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", owner)).collect()) {
  const notes = await ctx.db.query("notes").withIndex("by_task", (q) => q.eq("task", task._id)).collect();
}
```

## Use instead

Keep with the task what is shown of its notes (their number, the newest one), or go through a page of tasks at a time.

## Known limits

Silent where the outer query takes a limited number or a page, where a round that queries then leaves the loop, and
about `ctx.db.get`, which is cheap. Whether the documents are many is not known.

## References

* https://docs.convex.dev/production/state/limits
* https://docs.convex.dev/database/reading-data/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse, Loop

__all__ = ["QueryPerDocument"]

SILENT = (
    handler_case(
        "a few documents, and one query for all",
        """
const notes = await ctx.db.query("notes").collect();
for (const task of await ctx.db.query("tasks").take(20)) {
  await ctx.db.query("notes").withIndex("by_task", (q) => q.eq("task", task._id)).first();
}
return notes.map((note) => note.title);
""",
        """
notes = await ctx.db.query("notes").collect()
for task in await ctx.db.query("tasks").take(20):
    await ctx.db.query("notes").with_index("by_task", lambda q: q.eq("task", task["_id"])).first()
return [note["title"] for note in notes]
""",
    ),
    handler_case(
        "documents that are only got, and a query at the end",
        """
for (const task of await ctx.db.query("tasks").collect()) {
  await ctx.db.get("users", task.owner);
  if (task.done) {
    return await ctx.db.query("notes").withIndex("by_task", (q) => q.eq("task", task._id)).first();
  }
}
""",
        """
for task in await ctx.db.query("tasks").collect():
    await ctx.db.get("users", task["owner"])
    if task["done"]:
        return await ctx.db.query("notes").with_index("by_task", lambda q: q.eq("task", task["_id"])).first()
""",
    ),
)

FLAGGED = (
    handler_case(
        "notes for each task",
        """
const tasks = await ctx.db.query("tasks").collect();
return await Promise.all(
  tasks.map(async (task) => await «ctx.db.query("notes").withIndex("by_task", (q) => q.eq("task", task._id)).first()»),
);
""",
        """
tasks = await ctx.db.query("tasks").collect()
return [
    await «ctx.db.query("notes").with_index("by_task", lambda q: q.eq("task", task["_id"])).first()»
    for task in tasks
]
""",
    ),
    handler_case(
        "in an async loop",
        """
for await (const task of ctx.db.query("tasks").withIndex("by_owner", (q) => q.eq("owner", args.owner))) {
  console.log(await «ctx.db.query("notes").withIndex("by_task", (q) => q.eq("task", task._id)).first()»);
}
""",
        """
async for task in ctx.db.query("tasks").with_index("by_owner", lambda q: q.eq("owner", args["owner"])):
    print(await «ctx.db.query("notes").with_index("by_task", lambda q: q.eq("task", task["_id"])).first()»)
""",
    ),
)


class QueryPerDocument(Rule):
    """Every query in a loop over the results of another one."""

    name = "query-per-document"
    theme = "limits"
    severity = Severity.INFO
    scope = "linked"
    links = (
        "https://docs.convex.dev/production/state/limits",
        "https://docs.convex.dev/database/reading-data/",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such query, with the loop it is in."""
        for call in backend.database_uses:
            if call.operation != "query" or call.leaves_loop or in_tests(call.place):
                continue
            loop = next((loop for loop in call.loops if _many(loop)), None)
            if loop is not None:
                yield _problem(call, loop)


def _many(loop: Loop) -> bool:
    return (
        loop.query is not None
        and loop.query.complete
        and loop.query.terminal in {"collect", "iterate"}
        and loop.bound is None
    )


def _problem(call: DatabaseUse, loop: Loop) -> Problem:
    inner = f"`{call.table}`" if call.table else "the database"
    outer = f"`{loop.query.table}`" if loop.query and loop.query.table else "another table"
    return Problem(
        call.place,
        f"This queries {inner} once for every document of {outer} that a query finds.",
        help="keep what is needed with the document, or go through a limited number of them",
        evidence=((loop.place, "this loop"),),
    )
