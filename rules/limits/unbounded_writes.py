"""A write for each document of a whole table, in one transaction.

## What it does

Finds `insert`, `patch`, `replace` and `delete` in a loop over all documents of a table: over what a query without an
index, a range or a limit collects, or over the query itself.

## Why is this bad?

A mutation may write 16,000 documents, and read 32,000. It works while the table is small, and then fails every time:
the nightly clean-up that would have made the table smaller is the first to break.

## Example

```ts
for (const task of await ctx.db.query("tasks").collect()) {
  await ctx.db.delete("tasks", task._id);
}
```

## Use instead

```ts
const tasks = await ctx.db.query("tasks").take(500);
for (const task of tasks) {
  await ctx.db.delete("tasks", task._id);
}
if (tasks.length === 500) {
  await ctx.scheduler.runAfter(0, internal.tasks.clear, {});
}
```

## Known limits

Silent about loops over a range of an index, or over documents that a filter or an `if` picks by a value
(`task.owner === args.owner`): how many these are can't be known. A loop is reported once, at its first write, and only
for writes in the same function.

## References

* https://docs.convex.dev/production/state/limits
* https://docs.convex.dev/database/writing-data
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.limits._shared import source_loops, table_of, written_in_loops
from biconvex.rules.wording import callee, in_tests, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse, QueryChain

__all__ = ["UnboundedWrites"]

SILENT = (
    handler_case(
        "a batch, a page, a range of an index",
        """
for (const task of await ctx.db.query("tasks").take(500)) {
  await ctx.db.delete("tasks", task._id);
}
const result = await ctx.db.query("logs").paginate({ cursor: args.cursor, numItems: 100 });
await Promise.all(result.page.map((log) => ctx.db.delete("logs", log._id)));
const notes = await ctx.db.query("notes").withIndex("by_task", (q) => q.eq("task", args.task)).collect();
for (const note of notes) {
  await ctx.db.delete("notes", note._id);
}
""",
        """
for task in await ctx.db.query("tasks").take(500):
    await ctx.db.delete("tasks", task["_id"])
result = await ctx.db.query("logs").paginate({"cursor": args["cursor"], "numItems": 100})
for log in result["page"]:
    await ctx.db.delete("logs", log["_id"])
notes = await ctx.db.query("notes").with_index("by_task", lambda q: q.eq("task", args["task"])).collect()
for note in notes:
    await ctx.db.delete("notes", note["_id"])
""",
        kind="mutation",
    ),
    handler_case(
        "only the documents that have a value",
        """
const tasks = await ctx.db.query("tasks").filter((q) => q.eq(q.field("owner"), args.owner)).collect();
for (const task of tasks) {
  await ctx.db.delete("tasks", task._id);
}
for (const note of await ctx.db.query("notes").collect()) {
  if (note.task === args.task && note.done) {
    await ctx.db.delete("notes", note._id);
  }
}
""",
        """
tasks = await ctx.db.query("tasks").filter(lambda q: q.eq(q.field("owner"), args["owner"])).collect()
for task in tasks:
    await ctx.db.delete("tasks", task["_id"])
for note in await ctx.db.query("notes").collect():
    if note["task"] == args["task"] and note["done"]:
        await ctx.db.delete("notes", note["_id"])
""",
        kind="mutation",
    ),
    handler_case(
        "one write, and the loop is over",
        """
for await (const task of ctx.db.query("tasks")) {
  if (task.owner === args.owner) {
    await ctx.db.patch("tasks", task._id, { owner: null });
    break;
  }
}
""",
        """
async for task in ctx.db.query("tasks"):
    if task["owner"] == args["owner"]:
        await ctx.db.patch("tasks", task["_id"], {"owner": None})
        break
""",
        kind="mutation",
    ),
    handler_case(
        "a loop that stops after a hundred",
        """
let seen = 0;
for await (const task of ctx.db.query("tasks")) {
  if (seen >= 100) break;
  await ctx.db.patch("tasks", task._id, { seen: true });
  seen += 1;
}
""",
        """
seen = 0
async for task in ctx.db.query("tasks"):
    if seen >= 100:
        break
    await ctx.db.patch("tasks", task["_id"], {"seen": True})
    seen += 1
""",
        kind="mutation",
    ),
)

FLAGGED = (
    handler_case(
        "all documents are deleted",
        """
const tasks = await ctx.db.query("tasks").collect();
for (const task of tasks) {
  await «ctx.db.delete("tasks", task._id)»;
}
""",
        """
tasks = await ctx.db.query("tasks").collect()
for task in tasks:
    await «ctx.db.delete("tasks", task["_id"])»
""",
        kind="mutation",
    ),
    handler_case(
        "those that are old, or in a state that many are in",
        """
const old = await ctx.db.query("tasks").filter((q) => q.lt(q.field("due"), args.now)).collect();
for (const task of old) {
  await «ctx.db.delete("tasks", task._id)»;
}
for await (const note of ctx.db.query("notes")) {
  if (note.state === "old") {
    await «ctx.db.delete("notes", note._id)»;
  }
}
""",
        """
old = await ctx.db.query("tasks").filter(lambda q: q.lt(q.field("due"), args["now"])).collect()
for task in old:
    await «ctx.db.delete("tasks", task["_id"])»
async for note in ctx.db.query("notes"):
    if note["state"] == "old":
        await «ctx.db.delete("notes", note["_id"])»
""",
        kind="mutation",
    ),
    handler_case(
        "some of all documents are changed, and something is written for each",
        """
for await (const task of ctx.db.query("tasks")) {
  if (!task.done) continue;
  await «ctx.db.patch("tasks", task._id, { archived: true })»;
  await ctx.db.insert("archive", { task: task._id });
}
""",
        """
async for task in ctx.db.query("tasks"):
    if not task["done"]:
        continue
    await «ctx.db.patch("tasks", task["_id"], {"archived": True})»
    await ctx.db.insert("archive", {"task": task["_id"]})
""",
        kind="mutation",
    ),
)


class UnboundedWrites(Rule):
    """Every loop over a whole table that writes."""

    name = "unbounded-writes"
    theme = "limits"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/production/state/limits",
        "https://docs.convex.dev/database/writing-data",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the first write for each query of a whole table."""
        reported: set[DatabaseUse] = set()
        for chain, write in written_in_loops(backend).items():
            if write not in reported and not in_tests(write.place):
                reported.add(write)
                yield _problem(chain, write)


def _problem(chain: QueryChain, write: DatabaseUse) -> Problem:
    loop = next(loop for loop in source_loops(write) if loop.query is chain)
    again = spelled("runAfter", write.place)
    which = " that the filter lets through" if chain.filters else ""
    return Problem(
        write.place,
        f"{callee(write)} may run for every document of {table_of(chain)}{which}, however many there are.",
        help=f"work in batches: `take` a few hundred, and schedule the next batch with `{again}`",
        evidence=(
            (chain.place, "this query reads the whole table"),
            (loop.place, "this loop goes through it"),
        ),
    )
