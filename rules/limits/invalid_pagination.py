"""A `paginate` that fails when it runs: a second one, one in a loop, one in a component.

## What it does

Finds a `paginate` that surely runs after another one in the same query or mutation, one that a loop runs again and
again, and any in the functions of a component.

## Why is this bad?

Convex keeps one cursor for each run of a function, so that the second `paginate` throws. In components there is no
`paginate` at all.

## Example

```ts
let page = await ctx.db.query("tasks").paginate({ cursor: null, numItems: 100 });
while (!page.isDone) {
  page = await ctx.db.query("tasks").paginate({ cursor: page.continueCursor, numItems: 100 });
}
```

## Use instead

```ts
const page = await ctx.db.query("tasks").paginate({ cursor: args.cursor, numItems: 100 });
if (!page.isDone) {
  await ctx.scheduler.runAfter(0, internal.tasks.next, { cursor: page.continueCursor });
}
```

The `paginator` of `convex-helpers` has no such limit, nor has `take` with a range of an index.

## Known limits

Silent about queries that run in different branches, and about two in different functions of which one calls the
other. A loop that each round leaves is fine.

## References

* https://docs.convex.dev/database/pagination
* https://docs.convex.dev/components/authoring#pagination
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.examples import handler_case, python_handler, typescript_handler
from biconvex.rules.limits.paths import runs_after
from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, DatabaseUse

__all__ = ["InvalidPagination"]

COMPONENT = {
    "convex.config.ts": """\
import { defineComponent } from "convex/server";
export default defineComponent("tasks");
"""
}
PAGE = 'return await «ctx.db.query("tasks").paginate(args.paginationOpts)»;'
PYTHON_PAGE = 'return await «ctx.db.query("tasks").paginate(args["paginationOpts"])»'

SILENT = (
    handler_case(
        "one or the other",
        """
const tasks = ctx.db.query("tasks");
if (args.owner) {
  return await tasks.withIndex("by_owner", (q) => q.eq("owner", args.owner)).paginate(args.paginationOpts);
}
if (args.mine === true) {
  return await tasks.withIndex("by_owner", (q) => q.eq("owner", "me")).paginate(args.paginationOpts);
} else {
  return await tasks.order("desc").paginate(args.paginationOpts);
}
""",
        """
tasks = ctx.db.query("tasks")
if args["owner"]:
    return await tasks.with_index("by_owner", lambda q: q.eq("owner", args["owner"])).paginate(args["opts"])
if args["mine"]:
    return await tasks.with_index("by_owner", lambda q: q.eq("owner", "me")).paginate(args["opts"])
else:
    return await tasks.order("desc").paginate(args["opts"])
""",
    ),
    handler_case(
        "a ternary, the cases of a switch, a loop that ends with it",
        """
switch (args.sort) {
  case "new":
    return await ctx.db.query("tasks").order("desc").paginate(args.paginationOpts);
  default:
    for (const table of ["tasks", "notes"] as const) {
      if (table === args.table) return await ctx.db.query(table).paginate(args.paginationOpts);
    }
}
return args.all
  ? await ctx.db.query("tasks").paginate(args.paginationOpts)
  : await ctx.db.query("notes").paginate(args.paginationOpts);
""",
        """
if args["sort"] == "new":
    return await ctx.db.query("tasks").order("desc").paginate(args["opts"])
else:
    for table in ["tasks", "notes"]:
        if table == args["table"]:
            return await ctx.db.query(table).paginate(args["opts"])
return (
    await ctx.db.query("tasks").paginate(args["opts"])
    if args["all"]
    else await ctx.db.query("notes").paginate(args["opts"])
)
""",
    ),
    handler_case(
        "the helper library's own pages",
        """
const { paginator } = await import("convex-helpers/server/pagination");
await paginator(ctx.db, args.schema).query("tasks").paginate(args.paginationOpts);
return await paginator(ctx.db, args.schema).query("notes").paginate(args.paginationOpts);
""",
        """
return await ctx.db.query("notes").paginate(args["opts"])
""",
    ),
)

FLAGGED = (
    handler_case(
        "two after each other",
        """
const tasks = await ctx.db.query("tasks").paginate(args.paginationOpts);
if (tasks.isDone) {
  return await «ctx.db.query("notes").paginate(args.paginationOpts)»;
}
return tasks;
""",
        """
tasks = await ctx.db.query("tasks").paginate(args["opts"])
if tasks["isDone"]:
    return await «ctx.db.query("notes").paginate(args["opts"])»
return tasks
""",
    ),
    handler_case(
        "page after page in a loop",
        """
let cursor = null;
while (true) {
  const page = await «ctx.db.query("tasks").paginate({ cursor, numItems: 100 })»;
  if (page.isDone) break;
  cursor = page.continueCursor;
}
""",
        """
cursor = None
while True:
    page = await «ctx.db.query("tasks").paginate({"cursor": cursor, "numItems": 100})»
    if page["isDone"]:
        break
    cursor = page["continueCursor"]
""",
        kind="mutation",
    ),
    Case(
        "in a component",
        {**COMPONENT, "tasks.ts": typescript_handler(PAGE)},
        {**COMPONENT, "tasks.py": python_handler(PYTHON_PAGE)},
    ),
)


class InvalidPagination(Rule):
    """Every `paginate` that surely throws (semantics §5.6)."""

    name = "invalid-pagination"
    theme = "limits"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/database/pagination",
        "https://docs.convex.dev/components/authoring#pagination",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each `paginate` once, for the first thing wrong with it."""
        pages: dict[Body, list[DatabaseUse]] = defaultdict(list)
        for call in backend.database_uses:
            chains = call.chains
            if chains and all(chain.terminal == "paginate" and not chain.library for chain in chains):
                if in_tests(call.place) or not call.kinds:
                    continue
                pages[call.body].append(call)
        for body, calls in pages.items():
            for at, call in enumerate(calls):
                if backend.kind == "component":
                    yield Problem(
                        call.place,
                        "Components have no `paginate`: it throws when it runs.",
                        help="use `paginator` of `convex-helpers`, or `take` with a range of an index",
                    )
                elif _repeated(call):
                    yield Problem(
                        call.place,
                        "This `paginate` runs in a loop, and the second one of a run throws.",
                        help="read one page in a run, and schedule the next run with its cursor",
                        evidence=((call.loops[-1].place, "this loop"),),
                    )
                else:
                    before = next(
                        (one for one in calls[:at] if runs_after(body.syntax, one.place, call.place)), None
                    )
                    if before is not None:
                        yield Problem(
                            call.place,
                            "This is the second `paginate` of a run: it throws.",
                            help="read one page in a run, and the rest with `take` or in a function of its own",
                            evidence=((before.place, "the first one"),),
                        )


def _repeated(call: DatabaseUse) -> bool:
    """Tell whether a loop around a call surely may run it twice."""
    loop = call.loops[-1] if call.loops else None
    return loop is not None and not call.leaves_loop and (loop.bound is None or loop.bound > 1)
