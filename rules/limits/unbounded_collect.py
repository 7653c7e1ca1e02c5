"""A query that reads a whole table which grows.

## What it does

Finds queries that `collect` all documents of a table, or go through all of them with an async loop that nothing ends,
without an index that narrows them down. The table must be one that the backend inserts into.

## Why is this bad?

The query becomes slower and dearer with every document, and is run again whenever any of them changes. When the table
has outgrown the limits of a transaction (32,000 documents, 16 MiB), it fails every time.

## Example

```ts
const tasks = await ctx.db.query("tasks").collect();
return tasks.filter((task) => task.owner === owner);
```

## Use instead

```ts
return await ctx.db
  .query("tasks")
  .withIndex("by_owner", (q) => q.eq("owner", owner))
  .take(100);
```

Where all of them are needed, read them in pages: `paginate` in a query, batch after batch in mutations that schedule
each other.

## Known limits

Silent about tables that nothing in the backend inserts into, or only functions such as `seedPlans`, about queries
with a filter (`query-filter` finds them) or with an index (`index-without-range` finds those without a range), and
about what other rules have more to say of: results that are only counted, of which few are used, or for each of which
something is written. How large a table becomes is not known.
In code of a document, where the inserts are out of sight, a query is reported whose results code searches by a field.

## References

* https://docs.convex.dev/understanding/best-practices/#only-use-collect-with-a-small-number-of-results
* https://docs.convex.dev/production/state/limits
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.limits._shared import counts, ends_early, few_needed, reads_all, written_in_loops
from biconvex.rules.limits.bounds import fillers, growing_tables
from biconvex.rules.wording import in_tests, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import ArrayUse, Backend, DatabaseUse, Index, QueryChain, Table

__all__ = ["UnboundedCollect"]

TYPESCRIPT_INSERT = """\
export const add = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("tasks", { owner: "me" });
  },
});
"""
PYTHON_INSERT = """\

@mutation(args={})
async def add(ctx, args):
    await ctx.db.insert("tasks", {"owner": "me"})

"""
GROWS = (
    f'import {{ mutation }} from "./_generated/server";\n{TYPESCRIPT_INSERT}',
    f"from biconvex.sim.server import mutation\n{PYTHON_INSERT}",
)
TABLES = '"tasks": defineTable({"owner": v.string()}).index("by_owner", ["owner"]),'

SILENT = (
    handler_case(
        "an index, a limit, a page",
        """
const tasks = ctx.db.query("tasks");
await tasks.withIndex("by_owner", (q) => q.eq("owner", args.owner)).collect();
await tasks.order("desc").take(50);
await tasks.paginate(args.paginationOpts);
""",
        """
tasks = ctx.db.query("tasks")
await tasks.with_index("by_owner", lambda q: q.eq("owner", args["owner"])).collect()
await tasks.order("desc").take(50)
await tasks.paginate(args["paginationOpts"])
""",
        before=GROWS,
    ),
    handler_case(
        "a table whose name is not known, and one of the system",
        """
await ctx.db.insert(args.table, {});
const rows = await ctx.db.query(args.table).collect();
return [rows, await ctx.db.system.query("tasks").collect()];
""",
        """
await ctx.db.insert(args["table"], {})
rows = await ctx.db.query(args["table"]).collect()
return [rows, await ctx.db.system.query("tasks").collect()]
""",
        before=GROWS,
        kind="mutation",
    ),
    handler_case(
        "a table that only a seed fills",
        """
return await ctx.db.query("tasks").collect();
""",
        """
return await ctx.db.query("tasks").collect()
""",
        before=(
            GROWS[0].replace("const add", "const seedTasks"),
            GROWS[1].replace("def add", "def _seed_tasks"),
        ),
        schema=TABLES,
    ),
    handler_case(
        "a table that nothing inserts into",
        """
return await ctx.db.query("countries").collect();
""",
        """
return await ctx.db.query("countries").collect()
""",
        before=GROWS,
    ),
    handler_case(
        "a loop over the table that ends early",
        """
for await (const task of ctx.db.query("tasks")) {
  if (task.owner === args.owner) return task;
}
""",
        """
async for task in ctx.db.query("tasks"):
    if task["owner"] == args["owner"]:
        return task
""",
        before=GROWS,
    ),
)

FLAGGED = (
    handler_case(
        "all documents of a table",
        """
return await «ctx.db.query("tasks").order("desc").collect()»;
""",
        """
return await «ctx.db.query("tasks").order("desc").collect()»
""",
        before=GROWS,
    ),
    handler_case(
        "a loop over all documents, and a search in code for what an index finds",
        """
let mine = 0;
for await (const task of «ctx.db.query("tasks")») {
  if (task.owner === args.owner) mine += 1;
}
const tasks = await «ctx.db.query("tasks").collect()»;
return { mine, others: tasks.filter((task) => task.owner === args.other) };
""",
        """
mine = 0
async for task in «ctx.db.query("tasks")»:
    if task["owner"] == args["owner"]:
        mine += 1
tasks = await «ctx.db.query("tasks").collect()»
return {"mine": mine, "others": [task for task in tasks if task["owner"] == args["other"]]}
""",
        before=GROWS,
        schema=TABLES,
    ),
)


class UnboundedCollect(Rule):
    """Every query of a whole table that grows."""

    name = "unbounded-collect"
    theme = "limits"
    severity = Severity.WARNING
    links = (
        "https://docs.convex.dev/understanding/best-practices/#only-use-collect-with-a-small-number-of-results",
        "https://docs.convex.dev/production/state/limits",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such query that no other rule reports."""
        tables = backend.schema.tables if backend.schema else {}
        growing = growing_tables(backend)
        for call, chain in _unbounded_calls(backend):
            insert = growing.get(chain.table or "")
            if insert is not None or (backend.fragment and _searched(call)):
                yield _problem(call, chain, insert, tables)

    def outlook(self, backend: Backend) -> object:
        """Give such queries of any table, and where tables grow."""
        tables = backend.schema.tables if backend.schema else {}
        calls = _unbounded_calls(backend)
        return [_problem(call, chain, None, tables) for call, chain in calls], fillers(backend)


def _unbounded_calls(backend: Backend) -> Iterator[tuple[DatabaseUse, QueryChain]]:
    """Yield each such query, whether its table grows or not."""
    written = written_in_loops(backend)
    for call in backend.database_uses:
        chain = next((chain for chain in call.chains if _unbounded(chain)), None)
        if chain is None or chain in written or in_tests(call.place):
            continue
        if chain.terminal == "iterate" and _ends_early(call):
            continue
        if not counts(call) and few_needed(backend, call) is None:
            yield call, chain


def _unbounded(chain: QueryChain) -> bool:
    return reads_all(chain) and chain.index is None and not chain.filters and not chain.system


def _ends_early(call: DatabaseUse) -> bool:
    """Tell whether the async loop over a query can end before the query does."""
    loops = (node for node in syntax.walk(call.body.syntax) if isinstance(node, syntax.Loop))
    own = next((loop for loop in loops if loop.iterable and _within(call, loop.iterable)), None)
    return own is None or ends_early(own)


def _within(call: DatabaseUse, node: syntax.Node) -> bool:
    return node.start <= call.place.start and call.place.end <= node.end


def _problem(
    call: DatabaseUse, chain: QueryChain, insert: DatabaseUse | None, tables: Mapping[str, Table]
) -> Problem:
    index = _wanted(call, tables.get(chain.table or ""))
    method = spelled("withIndex", call.place)
    if index is not None:
        remedy = f"read what is wanted with `{method}` and `{index.name}`"
    else:
        remedy = f"narrow it down with `{method}`, or read a part with `take` or `paginate`"
    return Problem(
        call.place,
        f"This reads every document of `{chain.table}`, however many there are.",
        help=remedy,
        evidence=() if insert is None else ((insert.place, f"`{chain.table}` grows here"),),
    )


def _searched(call: DatabaseUse) -> set[str]:
    """Give the fields by which code searches all that a query collects."""
    return set(_compared(call.uses[0])) if len(call.uses) == 1 else set()


def _wanted(call: DatabaseUse, table: Table | None) -> Index | None:
    """Find the index for a field by which the results are filtered in code."""
    fields = _searched(call)
    for index in table.indexes.values() if table else ():
        if index.kind == "database" and index.fields and index.fields[0] in fields and not index.staged:
            return index
    return None


def _compared(use: ArrayUse) -> Iterator[str]:
    """Give the fields that must equal something: `xs.filter((x) => x.a === y)`, `[x for x in xs if x["a"] == y]`."""
    node = use.node
    if isinstance(node, syntax.Call) and use.operation in {"filter", "find"}:
        callback = node.arguments[0] if node.arguments else None
        tests: list[syntax.Node] = [callback] if isinstance(callback, syntax.Function) else []
    elif isinstance(node, syntax.Loop) and node.kind == "comprehension":
        tests = node.header
    else:
        return
    for part in (part for test in tests for part in syntax.walk(test)):
        if isinstance(part, syntax.Operation) and part.operator in {"===", "=="}:
            for side in part.operands:
                if isinstance(side, syntax.Member):
                    yield side.name
                elif isinstance(side, syntax.Index) and isinstance(side.index, syntax.Literal):
                    yield str(side.index.value)
