"""A document's id, written into the document along with the other arguments.

## What it does

Finds `ctx.db.patch` and `replace` that are given an object which has the very argument that is the document's id
in it, mostly because all arguments are spread or passed on.

## Why is this bad?

The id becomes a field of the document. The schema refuses it (then it is an `error`), or, without a validator for
that field, each document carries its id a second time. Passing all arguments on also lets a client write whatever
arguments are added later.

## Example

```ts
handler: async (ctx, args) => {
  await ctx.db.patch("tasks", args.id, args);
},
```

## Use instead

```ts
handler: async (ctx, { id, ...fields }) => {
  await ctx.db.patch("tasks", id, fields);
},
```

## Known limits

Sees the id when it is an argument with a validator of its own.

## References

* https://docs.convex.dev/database/writing-data
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import begin, callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse, Schema

__all__ = ["IdInPatch"]


def _case(name: str, ts: str, py: str) -> Case:
    return Case(
        name,
        typescript=f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
export const rename = mutation({{
  args: {{ id: v.id("tasks"), title: v.string() }},
  handler: async (ctx, args) => {{
    {ts}
  }},
}});
""",
        python=f"""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={{"id": v.id("tasks"), "title": v.string()}})
async def rename(ctx, args):
    {py}
""",
    )


SILENT = (
    _case(
        "the fields by name",
        'await ctx.db.patch("tasks", args.id, { title: args.title });',
        'await ctx.db.patch("tasks", args["id"], {"title": args["title"]})',
    ),
    _case(
        "the other arguments",
        'const { id, ...fields } = args;\n    await ctx.db.patch("tasks", id, fields);',
        'fields = {"title": args["title"]}\n    await ctx.db.patch("tasks", args["id"], fields)',
    ),
    _case(
        "a document with its own id",
        'const task = await ctx.db.get("tasks", args.id);\n'
        '    await ctx.db.replace("tasks", task!._id, { ...task!, title: "a" });',
        'task = await ctx.db.get("tasks", args["id"])\n'
        '    await ctx.db.replace("tasks", task["_id"], {**task, "title": "a"})',
    ),
)

FLAGGED = (
    _case(
        "all arguments",
        'await «ctx.db.patch("tasks", args.id, args)»;',
        'await «ctx.db.patch("tasks", args["id"], args)»',
    ),
    _case(
        "all arguments, spread",
        "await «ctx.db.replace(args.id, { ...args, seen: true })»;",
        'await «ctx.db.replace(args["id"], {**args, "seen": True})»',
    ),
)


class IdInPatch(Rule):
    """Every write of a document's own id as a field."""

    name = "id-in-patch"
    theme = "database"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/database/writing-data",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each write that has the id among its fields."""
        for use in backend.database_uses:
            if use.operation not in {"patch", "replace"} or use.id is None or use.written is None:
                continue
            for name, value in use.written.fields.items():
                if value is use.id and not name.startswith("_"):
                    refused = _refused(use, name, backend.schema)
                    if refused is not None:
                        end = ", which the schema refuses" if refused else ""
                        yield Problem(
                            use.place,
                            begin(f"{callee(use)} writes the id into the document, as `{name}`{end}."),
                            help=f"take `{name}` out of what is written",
                            severity=Severity.ERROR if refused else None,
                        )
                    break


def _refused(use: DatabaseUse, name: str, schema: Schema | None) -> bool | None:
    """Tell whether the schema refuses the field; None when it has it."""
    known = use.table or (use.id.table if use.id is not None else None)
    table = schema.tables.get(known) if schema is not None and known is not None else None
    document = table.document if table is not None else None
    if document is None or document.kind != "object":
        return False if document is None else None
    if name in document.fields:
        return None
    return document.complete and schema is not None and schema.validates
