"""A query that is told to delete or change what it finds.

## What it does

Finds `.delete()`, `.update(…)`, `.patch(…)` and the like on a query, as other databases have them.

## Why is this bad?

Queries of Convex only read: the method is not there, and the call throws. Documents are written one by one, by
their ids.

## Example

```ts
await ctx.db.query("tasks").withIndex("by_list", (q) => q.eq("list", list)).delete();
```

## Use instead

```ts
const tasks = await ctx.db.query("tasks").withIndex("by_list", (q) => q.eq("list", list)).take(100);
for (const task of tasks) {
  await ctx.db.delete("tasks", task._id);
}
```

## Known limits

Silent where a library has wrapped `ctx.db`, and after a terminal such as `collect()`.

## References

* https://docs.convex.dev/database/writing-data
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["QueryAsWrite"]

_WRITES: Final = {
    "delete": "delete", "remove": "delete", "deleteMany": "delete", "deleteAll": "delete",
    "delete_many": "delete", "delete_all": "delete",
    "update": "patch", "updateMany": "patch", "update_many": "patch", "set": "patch", "patch": "patch",
    "replace": "replace",
}  # fmt: skip


def _case(name: str, ts: str, py: str) -> Case:
    return Case(
        name,
        typescript=f"""\
import {{ mutation }} from "./_generated/server";
export const work = mutation({{
  args: {{}},
  handler: async (ctx: any) => {{
    {ts}
  }},
}});
""",
        python=f"""\
from biconvex.sim.server import mutation

@mutation(args={{}})
async def work(ctx, args):
    {py}
""",
    )


SILENT = (
    _case(
        "documents deleted by their ids",
        'for (const task of await ctx.db.query("tasks").take(9)) {\n'
        '      await ctx.db.delete("tasks", task._id);\n    }',
        'for task in await ctx.db.query("tasks").take(9):\n        await ctx.db.delete("tasks", task["_id"])',
    ),
    _case(
        "a set of what a query found",
        'const tasks = await ctx.db.query("tasks").take(9);\n    new Set(tasks).delete(tasks[0]);',
        'tasks = await ctx.db.query("tasks").take(9)\n    tasks.remove(tasks[0])',
    ),
)

FLAGGED = (
    _case(
        "a deletion",
        'await ctx.db.query("tasks").order("desc").«delete()»;',
        'await ctx.db.query("tasks").order("desc").«delete()»',
    ),
    _case(
        "an update, through a variable",
        'const all = ctx.db.query("tasks");\n    await all.«update({ "done": true })»;',
        'all = ctx.db.query("tasks")\n    await all.«update({"done": True})»',
    ),
)


class QueryAsWrite(Rule):
    """Every write that a query is asked for."""

    name = "query-as-write"
    theme = "database"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/database/writing-data",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such method."""
        for use in backend.database_uses:
            for chain in use.chains:
                if chain.stray is None or chain.library or not use.kinds:
                    continue
                method = chain.stray.text.partition("(")[0].strip()
                if method in _WRITES:
                    instead = _WRITES[method]
                    yield Problem(
                        chain.stray,
                        f"A query has no `{method}`: it only reads.",
                        help=f"take the documents, and `ctx.db.{instead}` each by its id",
                    )
