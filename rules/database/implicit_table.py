"""A document read or changed by its id alone, without the table's name.

## What it does

Finds `ctx.db.get(id)`, `patch(id, …)`, `replace(id, …)` and `delete(id)` that do not name the table. Where data
flow tells which table the id is of — its validator, the document that it was taken from, the insert that gave it,
a type such as `Id<"tasks">` — it is a `warning` with a fix, otherwise an `info`.

## Why is this bad?

With the table's name Convex checks that the id is one of that table: an id of another, which a validator let
through or a cast made up, is refused instead of read or deleted. Without it, whoever has any id of the deployment
can reach any table. The form without a name is on its way out.

## Example

```ts
await ctx.db.patch(args.id, { done: true });
```

## Use instead

```ts
await ctx.db.patch("tasks", args.id, { done: true });
```

## Known limits

Silent in TypeScript and JavaScript unless `package.json` requires `convex` 1.31 or newer, the first that takes the
name. An `info` where a builder of your own has replaced `ctx.db`.

## References

* https://docs.convex.dev/understanding/best-practices/#always-include-the-table-name-when-calling-ctxdb-functions
* https://docs.convex.dev/database/reading-data/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import insert_first_argument
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.lint.syntax import Object, Spread
from biconvex.rules.wording import begin, callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse

__all__ = ["ImplicitTable"]

_ARGUMENTS: Final = {"get": 1, "delete": 1, "patch": 2, "replace": 2}
_FIRST_VERSION: Final = (1, 31)


def _files_ts(body: str, version: str = "^1.31.0", before: str = "") -> dict[str, str]:
    return {
        "../package.json": f'{{"dependencies": {{"convex": "{version}"}}}}',
        "schema.ts": """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  tasks: defineTable({ title: v.string(), owner: v.id("users") }),
  users: defineTable({ name: v.string() }),
});
""",
        "tasks.ts": f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
{before}export const work = mutation({{
  args: {{ id: v.id("tasks"), either: v.union(v.id("tasks"), v.id("users")) }},
  handler: async (ctx, args) => {{
    {body}
  }},
}});
""",
    }


def _files_py(body: str) -> dict[str, str]:
    return {
        "schema.py": """\
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

schema = define_schema({
    "tasks": define_table({"title": v.string(), "owner": v.id("users")}),
    "users": define_table({"name": v.string()}),
})
""",
        "tasks.py": f"""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={{"id": v.id("tasks"), "either": v.union(v.id("tasks"), v.id("users"))}})
async def work(ctx, args):
    {body}
""",
    }


def _flagged(name: str, ts: str, py: str, fixed_ts: str = "", fixed_py: str = "") -> Case:
    fixed = Fixed(typescript=_files_ts(fixed_ts), python=_files_py(fixed_py)) if fixed_ts else None
    return Case(name, typescript=_files_ts(ts), python=_files_py(py), fixed=fixed)


SILENT = (
    Case(
        "the table is named",
        typescript=_files_ts('await ctx.db.patch("tasks", args.id, { title: "a" });'),
        python=_files_py('await ctx.db.patch("tasks", args["id"], {"title": "a"})'),
    ),
    Case(
        "a system table",
        typescript=_files_ts("await ctx.db.system.get(args.either);"),
        python=_files_py('await ctx.db.system.get(args["either"])'),
    ),
    Case(
        "a version of Convex that may not take the name",
        typescript=_files_ts("await ctx.db.delete(args.id);", version="^1.28.0"),
        python=_files_py('await ctx.db.insert("users", {"name": "a"})'),
    ),
)

FLAGGED = (
    _flagged(
        "an id from the arguments",
        "await «ctx.db.delete(args.id)»;",
        'await «ctx.db.delete(args["id"])»',
        'await ctx.db.delete("tasks", args.id);',
        'await ctx.db.delete("tasks", args["id"])',
    ),
    _flagged(
        "an id from a document, another from an insert",
        """\
const task = await «ctx.db.get(args.id)»;
    await «ctx.db.patch(task!.owner, { name: "a" })»;
    const id = await ctx.db.insert("users", { name: "b" });
    await «ctx.db.replace(id, { name: "c" })»;""",
        """\
task = await «ctx.db.get(args["id"])»
    await «ctx.db.patch(task["owner"], {"name": "a"})»
    id = await ctx.db.insert("users", {"name": "b"})
    await «ctx.db.replace(id, {"name": "c"})»""",
        """\
const task = await ctx.db.get("tasks", args.id);
    await ctx.db.patch("users", task!.owner, { name: "a" });
    const id = await ctx.db.insert("users", { name: "b" });
    await ctx.db.replace("users", id, { name: "c" });""",
        """\
task = await ctx.db.get("tasks", args["id"])
    await ctx.db.patch("users", task["owner"], {"name": "a"})
    id = await ctx.db.insert("users", {"name": "b"})
    await ctx.db.replace("users", id, {"name": "c"})""",
    ),
    _flagged(
        "the documents of a query",
        """\
for (const task of await ctx.db.query("tasks").take(9)) {
      await «ctx.db.delete(task._id)»;
    }""",
        """\
for task in await ctx.db.query("tasks").take(9):
        await «ctx.db.delete(task["_id"])»""",
        """\
for (const task of await ctx.db.query("tasks").take(9)) {
      await ctx.db.delete("tasks", task._id);
    }""",
        """\
for task in await ctx.db.query("tasks").take(9):
        await ctx.db.delete("tasks", task["_id"])""",
    ),
    _flagged("one of two tables", "await «ctx.db.get(args.either)»;", 'await «ctx.db.get(args["either"])»'),
)


class ImplicitTable(Rule):
    """Every point operation that does not name its table."""

    name = "implicit-table"
    theme = "database"
    severity = Severity.WARNING
    scope = "linked"
    fixable = "safe"
    links = (
        "https://docs.convex.dev/understanding/best-practices/#always-include-the-table-name-when-calling-ctxdb-functions",
        "https://docs.convex.dev/database/reading-data/",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each operation; those of which the table is not known as an info."""
        old = backend.convex_version is None or backend.convex_version < _FIRST_VERSION
        for use in backend.database_uses:
            if old and use.place.source.language != "python":
                continue
            if use.explicit_table or use.system or not _has_only_the_id(use):
                continue
            table = use.id.table if use.id is not None else None
            fix = _fix(use, table) if table is not None else None
            yield Problem(
                use.place,
                begin(f"{callee(use)} does not say of which table the document is."),
                help=f'name it first: `"{table}"`' if table else "name the table first",
                severity=None if fix else Severity.INFO,
                fix=fix,
                topic=use.place.source.path,
            )


def _has_only_the_id(use: DatabaseUse) -> bool:
    """Tell whether it has the arguments of the form without a table."""
    given = use.arguments
    if len(given) != _ARGUMENTS.get(use.operation):
        return False
    return not any(isinstance(node, Spread) or (isinstance(node, Object) and node.keywords) for node in given)


def _fix(use: DatabaseUse, table: str) -> Fix | None:
    edit = insert_first_argument(use.place, use.arguments[0], f'"{table}"')
    return Fix(f'name the table: `"{table}"`', (edit,)) if edit is not None else None
