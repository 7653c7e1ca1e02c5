"""A table that the schema does not have.

## What it does

Finds `ctx.db` calls that name a table which is not in the schema, and system tables (`_storage`,
`_scheduled_functions`) that are not read through `ctx.db.system`.

## Why is this bad?

A query over a table that is not there finds nothing, for ever; an insert makes a table that nothing else knows and that
no validator watches over. With an index, the query throws. A system table throws unless `ctx.db.system` reads it.

## Example

```ts
await ctx.db.query("task").take(10); // the schema says `tasks`
await ctx.db.query("_storage").take(10);
```

## Use instead

```ts
await ctx.db.query("tasks").take(10);
await ctx.db.system.query("_storage").take(10);
```

## Known limits

Silent without a schema, where the schema has parts that are out of sight (tables spread from a package), and in
helpers that no function of the backend reaches.

## References

* https://docs.convex.dev/database/schemas
* https://docs.convex.dev/database/advanced/system-tables
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import place_of, replace_string
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.wording import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse, Schema

__all__ = ["UnknownTable"]

_SCHEMA_TS = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({ tasks: defineTable({ title: v.string() }) });
"""
_SCHEMA_PY = """\
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

schema = define_schema({"tasks": define_table({"title": v.string()})})
"""


def _case(
    name: str,
    body_ts: str,
    body_py: str,
    schema_ts: str = _SCHEMA_TS,
    schema_py: str = _SCHEMA_PY,
    fixed: tuple[str, str] | None = None,
) -> Case:
    typescript, python = _files(body_ts, body_py)
    return Case(
        name,
        typescript={"schema.ts": schema_ts, **typescript},
        python={"schema.py": schema_py, **python},
        fixed=Fixed(*_files(*fixed)) if fixed else None,
    )


def _files(body_ts: str, body_py: str) -> tuple[dict[str, str], dict[str, str]]:
    return (
        {
            "tasks.ts": f"""\
import {{ mutation }} from "./_generated/server";
export const work = mutation({{
  args: {{}},
  handler: async (ctx) => {{
    {body_ts}
  }},
}});
""",
        },
        {
            "tasks.py": f"""\
from biconvex.sim.server import mutation

@mutation(args={{}})
async def work(ctx, args):
    {body_py}
""",
        },
    )


SILENT = (
    _case(
        "a table of the schema",
        'await ctx.db.insert("tasks", { title: "a" });',
        'await ctx.db.insert("tasks", {"title": "a"})',
    ),
    _case(
        "a system table through db.system",
        'await ctx.db.system.query("_storage").first();',
        'await ctx.db.system.query("_storage").first()',
    ),
    Case(
        "a schema that doesn't name all tables, which is an option in TypeScript alone",
        typescript={
            "schema.ts": _SCHEMA_TS.replace(" });", " }, { strictTableNameTypes: false });"),
            **_files('await ctx.db.query("notes").first();', "")[0],
        },
    ),
    _case(
        "a backend that is itself a part of Convex, and defines system tables",
        'await ctx.db.query("_modules").first();',
        'await ctx.db.query("_modules").first()',
        _SCHEMA_TS.replace("{ tasks", "{ _modules: defineTable({ path: v.string() }), tasks"),
        _SCHEMA_PY.replace('{"tasks"', '{"_modules": define_table({"path": v.string()}), "tasks"'),
    ),
    _case(
        "a schema with tables that are out of sight",
        'await ctx.db.query("users").first();',
        'await ctx.db.query("users").first()',
        _SCHEMA_TS.replace(
            "import { v }", 'import { authTables } from "@convex-dev/auth/server";\nimport { v }'
        ).replace("{ tasks", "{ ...authTables, tasks"),
        _SCHEMA_PY.replace(
            "from biconvex.sim.values", "from auth.tables import auth_tables\nfrom biconvex.sim.values"
        ).replace('{"tasks"', '{**auth_tables, "tasks"'),
    ),
)

FLAGGED = (
    _case(
        "a name misspelt",
        'await «ctx.db.insert("task", { title: "a" })»;',
        'await «ctx.db.insert("task", {"title": "a"})»',
        fixed=(
            'await ctx.db.insert("tasks", { title: "a" });',
            'await ctx.db.insert("tasks", {"title": "a"})',
        ),
    ),
    _case(
        "a query over a table that is not there",
        'await «ctx.db.query("people").first()»;',
        'await «ctx.db.query("people").first()»',
    ),
    _case(
        "a system table without db.system",
        'await «ctx.db.query("_scheduled_functions").first()»;',
        'await «ctx.db.query("_scheduled_functions").first()»',
    ),
)


class UnknownTable(Rule):
    """Every use of the database that names a table which is not there."""

    name = "unknown-table"
    theme = "database"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/database/schemas",
        "https://docs.convex.dev/database/advanced/system-tables",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each use whose table is certainly not in the schema."""
        schema = backend.schema
        for use in backend.database_uses:
            # what no function of this backend reaches may work on another backend's tables
            if use.table is None or use.operation == "passed" or not use.kinds:
                continue
            if use.table.startswith("_"):
                if schema is not None and use.table in schema.tables:
                    continue
                yield from _system(use)
            elif schema is not None and schema.complete and not use.system and use.table not in schema.tables:
                yield _unknown(use, use.table, schema)


def _system(use: DatabaseUse) -> Iterator[Problem]:
    if use.system or use.operation not in {"query", "get"}:
        return
    yield Problem(
        use.place,
        f"`{use.table}` is a system table: {callee(use)} throws.",
        help="read it through `ctx.db.system`",
    )


def _unknown(use: DatabaseUse, table: str, schema: Schema) -> Problem:
    close = get_close_matches(table, schema.tables, n=1)
    return Problem(
        use.place,
        f"The schema has no table `{table}`.",
        help=f"did you mean `{close[0]}`?" if close else f"add `{table}` to the schema",
        evidence=((schema.place, "the schema"),),
        fix=_spelling(use, table, close[0]) if close else None,
    )


def _spelling(use: DatabaseUse, table: str, near: str) -> Fix | None:
    if not use.arguments:
        return None
    name = place_of(use.place.source, use.arguments[0])
    edit = replace_string(name, table, near)
    return Fix(f"use `{near}`", (edit,), safe=False) if edit else None
