"""An argument that is used as an id, but declared as a string.

## What it does

Finds arguments with the validator `v.string()` that go to `ctx.db.get`, `patch`, `replace` or `delete` as the
document's id, as they are or through a cast such as `args.id as Id<"tasks">`, and those that an index range compares
with a field of ids.

## Why is this bad?

Any string passes, also one that is no id: then the call throws in the middle of the function, or the query finds
nothing. An id of another table passes as well, and without the table's name the call reads or deletes that table's
document. `v.id("tasks")` refuses both before the function runs.

## Example

```ts
args: { id: v.string() },
handler: async (ctx, args) => await ctx.db.get(args.id as Id<"tasks">),
```

## Use instead

```ts
args: { id: v.id("tasks") },
handler: async (ctx, args) => await ctx.db.get("tasks", args.id),
```

## Known limits

Silent where only some branch takes the string for an id, where it is cast to ids of several tables, where
`ctx.db.normalizeId` makes an id of it, and within helpers that it is passed to. After the fix, calls with a text that
is no id of the table are refused, which is what is wanted; look whether a caller counts on more.

## References

* https://docs.convex.dev/functions/validation
* https://docs.convex.dev/database/document-ids
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.examples import python_schema, typescript_schema
from biconvex.rules.validators.declared import parts
from biconvex.rules.wording import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse, Place, ValidatorShape

__all__ = ["StringAsId"]


def _case(name: str, validator: str, ts: str, py: str, fixed: tuple[bool, bool] = (False, False)) -> Case:
    """A mutation with an argument; `fixed` says in which of the two languages it becomes an id."""
    typescript, python = _files(validator, ts, py)
    after = [
        file if is_fixed else None
        for file, is_fixed in zip(_files('v.id("tasks")', ts, py), fixed, strict=True)
    ]
    return Case(name, typescript, python, fixed=Fixed(*after) if any(fixed) else None)


def _files(validator: str, ts: str, py: str) -> tuple[str, str]:
    return (
        f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
export const work = mutation({{
  args: {{ id: {validator} }},
  handler: async (ctx, args) => {{
    {ts}
  }},
}});
""",
        f"""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={{"id": {validator}}})
async def work(ctx, args):
    {py}
""",
    )


def _compared_case(name: str, field: str, mark: str = "{}") -> Case:
    """A query of an index on a field, which it compares with an argument; marked, that becomes an id."""
    tables = """
"tasks": defineTable({"done": v.boolean()}),
"notes": defineTable({"task": v.id("tasks"), "label": v.string()})
    .index("task", ["task"])
    .index("label", ["label"]),
"""
    schemas = typescript_schema(tables), python_schema(tables.replace("defineTable", "define_table"))

    def files(validator: str) -> tuple[dict[str, str], dict[str, str]]:
        typescript, python = _files(
            validator,
            f'return await ctx.db.query("notes").withIndex("{field}", (q) => q.eq("{field}", args.id as any)).take(9);',
            f'return await ctx.db.query("notes").with_index("{field}", lambda q: q.eq("{field}", args["id"])).take(9)',
        )
        return {"schema.ts": schemas[0], "a.ts": typescript}, {"schema.py": schemas[1], "a.py": python}

    fixed = Fixed(*files('v.id("tasks")')) if mark != "{}" else None
    return Case(name, *files(mark.format("v.string()")), fixed=fixed)


SILENT = (
    _compared_case("a string that is compared with a field of strings", "label"),
    _case(
        "an id",
        'v.id("tasks")',
        'await ctx.db.delete("tasks", args.id);',
        'await ctx.db.delete("tasks", args["id"])',
    ),
    _case(
        "a string of which an id is made",
        "v.string()",
        'const id = ctx.db.normalizeId("tasks", args.id);\n    if (id) await ctx.db.delete("tasks", id);',
        'id = ctx.db.normalize_id("tasks", args["id"])\n    if id:\n        await ctx.db.delete("tasks", id)',
    ),
    _case(
        "a string of one table or another",
        "v.string()",
        'await ctx.db.get(args.id as Id<"tasks">);\n    await ctx.db.get(args.id as Id<"users">);',
        'await ctx.db.get("tasks", args["id"])\n    await ctx.db.get("users", args["id"])',
    ),
)

FLAGGED = (
    _compared_case("a string that is compared with a field of ids", "task", "«{}»"),
    _case(
        "a string, with the table's name",
        "«v.string()»",
        'await ctx.db.patch("tasks", args.id as any, { done: true });',
        'await ctx.db.patch("tasks", args["id"], {"done": True})',
        (True, True),
    ),
    _case(
        "a string without",
        "«v.string()»",
        'const { id } = args;\n    await ctx.db.delete(id as Id<"tasks">);',
        'await ctx.db.delete(args["id"])',
        (True, False),
    ),
)


class StringAsId(Rule):
    """Every argument that is a string in its validator and an id in its use."""

    name = "string-as-id"
    theme = "validators"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/validation",
        "https://docs.convex.dev/database/document-ids",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each argument once, unless it is an id of several tables."""
        arguments = {
            part
            for function in backend.functions
            if function.args.shape is not None
            for part in parts(function.args.shape)
            if part.kind == "string"
        }
        used: dict[ValidatorShape, list[tuple[str | None, Place, str]]] = defaultdict(list)
        for use in backend.database_uses:
            # what one branch takes for an id may be something else in another
            if not use.conditional:
                for given, table, place, says in (*_as_its_id(use), *_compared(use, backend)):
                    string = given.members[0] if given.kind == "id" and given.members else given
                    if string in arguments:
                        used[string].append((table or given.table, place, says))
        for string, uses in used.items():
            tables = {table for table, _, _ in uses if table is not None}
            if len(tables) <= 1:
                yield _problem(string, next(iter(tables), None), uses[0][1:])


_Given = tuple["ValidatorShape", str | None, "Place", str]


def _as_its_id(use: DatabaseUse) -> Iterator[_Given]:
    """Give what a call takes for a document's id."""
    if use.id is not None:
        yield use.id, use.table, use.place, f"{callee(use)} takes it for an id"


def _compared(use: DatabaseUse, backend: Backend) -> Iterator[_Given]:
    """Give what the index range of a query compares with fields of ids."""
    for chain in use.chains:
        ranges = (chain.index.ranges if chain.index is not None else None) or ()
        table = backend.schema.tables.get(chain.table or "") if backend.schema else None
        if len(ranges) != 1 or table is None or table.document is None:
            continue
        for step in ranges[0]:
            field = table.document.fields.get(step.field or "")
            if step.operation == "eq" and step.given is not None and field is not None and field.kind == "id":
                yield step.given, field.table, step.place, f"`{step.field}` of `{table.name}` is such an id"


def _problem(string: ValidatorShape, table: str | None, use: tuple[Place, str]) -> Problem:
    return Problem(
        string.place,
        f"This string is used as an id{f' of `{table}`' if table else ''}: any text passes.",
        help=f'use `v.id("{table or "…"}")`',
        evidence=(use,),
        fix=_fix(string.builder, table) if string.builder is not None and table is not None else None,
    )


def _fix(builder: Place, table: str) -> Fix | None:
    source, end = builder.source, builder.end + len("()")
    if source.text(builder.start, end) != "string()":
        return None
    edit = Edit(source.path, builder.start, end, f'id("{table}")')
    return Fix(f'use `v.id("{table}")`', (edit,), safe=False)
