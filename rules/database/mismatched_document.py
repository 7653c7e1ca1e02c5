"""A document that the schema refuses.

## What it does

Compares the objects that `ctx.db.insert`, `replace` and `patch` are given with the table's validator: a required
field that is missing (not for `patch`), a field that the table does not have, `_id` or `_creationTime` in an
insert.

## Why is this bad?

Convex checks each document when it is written: the mutation fails. TypeScript says so, unless an `any` or a cast
is in the way.

## Example

```ts
await ctx.db.insert("tasks", { text: "Buy milk" } as any); // the schema says `title`
```

## Use instead

```ts
await ctx.db.insert("tasks", { title: "Buy milk" });
```

## Known limits

Looks at the names of fields, not at their values. Silent where a part of the object or of the table's validator is
out of sight, for tables whose documents have several shapes, and where the schema does not validate.

## References

* https://docs.convex.dev/database/schemas
* https://docs.convex.dev/database/writing-data
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.lint.syntax import Cast, Object, Property
from biconvex.rules.wording import begin, callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse, Table, ValidatorShape

__all__ = ["MismatchedDocument"]


def _case(name: str, ts: str, py: str) -> Case:
    return Case(
        name,
        typescript={
            "schema.ts": """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
const note = v.optional(v.string());
export default defineSchema({ tasks: defineTable({ title: v.string(), done: v.boolean(), note }) });
""",
            "tasks.ts": f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
import {{ defaults }} from "./defaults";
export const work = mutation({{
  args: {{ id: v.id("tasks"), title: v.string(), done: v.boolean() }},
  handler: async (ctx, args) => {{
    {ts}
  }},
}});
""",
        },
        python={
            "schema.py": """\
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

note = v.optional(v.string())
schema = define_schema({"tasks": define_table({"title": v.string(), "done": v.boolean(), "note": note})})
""",
            "tasks.py": f"""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v
from .defaults import defaults

@mutation(args={{"id": v.id("tasks"), "title": v.string(), "done": v.boolean()}})
async def work(ctx, args):
    {py}
""",
        },
    )


SILENT = (
    _case(
        "an optional field left out, through a constant",
        'await ctx.db.insert("tasks", { title: "a", done: false });',
        'await ctx.db.insert("tasks", {"title": "a", "done": False})',
    ),
    _case(
        "fields that something out of sight may bring",
        'await ctx.db.insert("tasks", { ...defaults, title: "a" });',
        'await ctx.db.insert("tasks", {**defaults, "title": "a"})',
    ),
    _case(
        "the rest of the arguments",
        'const { id, ...rest } = args;\n    await ctx.db.replace("tasks", id, { ...rest, note: "a" });',
        'rest = {"title": args["title"], "done": args["done"]}\n'
        '    await ctx.db.replace("tasks", args["id"], {**rest, "note": "a"})',
    ),
    _case(
        "a patch has some fields",
        'await ctx.db.patch("tasks", args.id, { done: true });',
        'await ctx.db.patch("tasks", args["id"], {"done": True})',
    ),
)

FLAGGED = (
    _case(
        "a required field is missing",
        'await «ctx.db.insert("tasks", { title: "a" } as any)»;',
        'await «ctx.db.insert("tasks", {"title": "a"})»',
    ),
    _case(
        "a field that the table does not have",
        'await ctx.db.patch("tasks", args.id, { «isDone: true» } as any);',
        'await ctx.db.patch("tasks", args["id"], {«"isDone": True»})',
    ),
    _case(
        "an id of its own",
        'await ctx.db.insert("tasks", { «_id: args.id», title: "a", done: false } as any);',
        'await ctx.db.insert("tasks", {«"_id": args["id"]», "title": "a", "done": False})',
    ),
    _case(
        "an argument too many, spread",
        'await «ctx.db.insert("tasks", { ...args })»;',
        'await «ctx.db.insert("tasks", {**args})»',
    ),
)


class MismatchedDocument(Rule):
    """Every object that does not fit its table."""

    name = "mismatched-document"
    theme = "database"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/database/schemas", "https://docs.convex.dev/database/writing-data")
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each field that must not be there, or the whole call where one is missing."""
        schema = backend.schema
        if schema is None or not schema.validates:
            return
        for use in backend.database_uses:
            written = use.written
            if written is None or not use.kinds:
                continue
            name = use.table or (use.id.table if use.id is not None else None)
            table = schema.tables.get(name) if name is not None else None
            if table is None or table.document is None:
                continue
            document = table.document
            if document.kind == "object" and document.complete:
                yield from _compare(use, written, document, table)


def _compare(
    use: DatabaseUse, written: ValidatorShape, document: ValidatorShape, table: Table
) -> Iterator[Problem]:
    evidence = ((table.place, f"the table `{table.name}`"),)
    for name, value in written.fields.items():
        # that a patch has the id in it is said by another rule
        if name in document.fields or value.optional or (value is use.id and use.operation != "insert"):
            continue
        if name.startswith("_"):
            if use.operation == "insert" and name in {"_id", "_creationTime"}:
                message = f"`{name}` is given by Convex: {callee(use)} refuses it."
                yield Problem(_place(use, name), message, help=f"leave `{name}` out", evidence=evidence)
        elif (place := _place(use, name)) is not None:
            message = f"The table `{table.name}` has no field `{name}`: {callee(use)} fails."
            yield Problem(
                place, message, help=f"leave `{name}` out, or add it to the schema", evidence=evidence
            )
    if use.operation == "patch" or not written.complete:
        return
    missing = [
        f"`{name}`"
        for name, shape in document.fields.items()
        if not shape.optional and shape.kind != "unknown" and name not in written.fields
    ]
    if missing:
        message = begin(
            f"{callee(use)} fails without {' and '.join(missing)}, which `{table.name}` requires."
        )
        yield Problem(use.place, message, help=f"give {' and '.join(missing)} a value", evidence=evidence)


def _place(use: DatabaseUse, name: str) -> Place:
    """Give the place of a field where it is written out in the call, else the call."""
    for node in use.arguments:
        given = node.value if isinstance(node, Cast) else node
        for item in given.properties if isinstance(given, Object) else ():
            if isinstance(item, Property) and item.key == name:
                return Place(use.place.source, item.start, item.end)
    return use.place
