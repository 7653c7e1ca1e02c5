"""An array in a document that grows with every call.

## What it does

Finds `patch` and `replace` that write a field with all that it had and more (`[...task.comments, comment]`), where
the schema has an array of objects or ids in that field.

## Why is this bad?

A document may have 1 MiB, and an array 8,192 elements. Long before that every read of the document reads all of it,
every change writes all of it, and two who add at the same time get in each other's way.

## Example

```ts
await ctx.db.patch("tasks", id, { comments: [...task.comments, { author, text }] });
```

## Use instead

```ts
await ctx.db.insert("comments", { task: id, author, text });
```

## Known limits

Silent where the function looks at the length of the field, or cuts what it writes (`slice`), and about arrays that
are put together elsewhere than in the call. How often it is called is not known.

## References

* https://docs.convex.dev/production/state/limits
* https://docs.convex.dev/database/document-ids
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case
from biconvex.rules.wording import in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, DatabaseUse, Table, ValidatorShape

__all__ = ["GrowingArray"]

TABLES = """
"tasks": defineTable({
    "title": v.string(),
    "comments": v.optional(v.array(v.object({"text": v.string()}))),
    "tags": v.array(v.union(v.literal("a"), v.literal("b"))),
}),
"""

SILENT = (
    handler_case(
        "an array that is kept short",
        """
const task = await ctx.db.get("tasks", args.id);
await ctx.db.patch("tasks", args.id, { comments: [...task.comments, args.comment].slice(-20) });
""",
        """
task = await ctx.db.get("tasks", args["id"])
await ctx.db.patch("tasks", args["id"], {"comments": [*task["comments"], args["comment"]][-20:]})
""",
        kind="mutation",
        schema=TABLES,
    ),
    handler_case(
        "an array whose length is looked at, and one of a few literals",
        """
const task = await ctx.db.get("tasks", args.id);
if (task.comments.length >= 20) throw new Error("too many");
await ctx.db.patch("tasks", args.id, { comments: [...task.comments, args.comment] });
await ctx.db.patch("tasks", args.id, { tags: [...task.tags, "a"] });
""",
        """
task = await ctx.db.get("tasks", args["id"])
if len(task["comments"]) >= 20:
    raise ValueError("too many")
await ctx.db.patch("tasks", args["id"], {"comments": [*task["comments"], args["comment"]]})
await ctx.db.patch("tasks", args["id"], {"tags": [*task["tags"], "a"]})
""",
        kind="mutation",
        schema=TABLES,
    ),
)

FLAGGED = (
    handler_case(
        "one more comment",
        """
const task = await ctx.db.get("tasks", args.id);
await ctx.db.patch("tasks", args.id, { comments: «[...task.comments, args.comment]» });
""",
        """
task = await ctx.db.get("tasks", args["id"])
await ctx.db.patch("tasks", args["id"], {"comments": «[*task["comments"], args["comment"]]»})
""",
        kind="mutation",
        schema=TABLES,
    ),
    handler_case(
        "one more before the others, in a field that may be missing",
        """
const task = await ctx.db.get("tasks", args.id);
await ctx.db.patch("tasks", args.id, { comments: «[args.comment, ...(task.comments ?? [])]» });
""",
        """
task = await ctx.db.get("tasks", args["id"])
await ctx.db.patch("tasks", args["id"], {"comments": «[args["comment"], *(task["comments"] or [])]»})
""",
        kind="mutation",
        schema=TABLES,
    ),
)


class GrowingArray(Rule):
    """Every array field that is written longer than it was."""

    name = "growing-array"
    theme = "limits"
    severity = Severity.INFO
    scope = "linked"
    links = (
        "https://docs.convex.dev/production/state/limits",
        "https://docs.convex.dev/database/document-ids",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each field that a write makes longer."""
        tables = backend.schema.tables if backend.schema else {}
        for call in backend.database_uses:
            if call.operation not in {"patch", "replace"} or not call.arguments or in_tests(call.place):
                continue
            value = call.arguments[-1]
            for item in value.properties if isinstance(value, syntax.Object) else ():
                if isinstance(item, syntax.Property) and item.key and _grows(item.value, item.key):
                    field = _array_field(item.key, call, tables)
                    if field is not None and not _measured(item.key, call):
                        yield _problem(item.key, item.value, call, field)


def _grows(value: syntax.Node, field: str) -> bool:
    """Tell whether an array has all elements that the field had, and another one that isn't constant."""
    if not isinstance(value, syntax.Array):
        return False
    spread = [element.value for element in value.elements if isinstance(element, syntax.Spread)]
    added = [each for each in value.elements if not isinstance(each, syntax.Spread | syntax.Literal)]
    if len(spread) != 1 or not added:
        return False
    parts = list(syntax.walk(spread[0]))
    return any(_takes(part, field) for part in parts) and not any(
        isinstance(part, syntax.Call) for part in parts
    )


def _takes(node: syntax.Node, field: str) -> bool:
    """Tell whether a node is `x.field` or `x["field"]`."""
    if isinstance(node, syntax.Member):
        return node.name == field
    return (
        isinstance(node, syntax.Index)
        and isinstance(node.index, syntax.Literal)
        and node.index.value == field
    )


def _array_field(field: str, call: DatabaseUse, tables: Mapping[str, Table]) -> ValidatorShape | None:
    """Give the field's validator where every table that the call may mean has an array of objects or ids there."""
    found: list[ValidatorShape | None] = []
    for name, table in tables.items():
        if call.table not in {None, name} or table.document is None or table.document.kind != "object":
            continue
        if call.table is not None or field in table.document.fields:
            found.append(table.document.fields.get(field))
    if not found or not all(shape and _holds_many(shape) for shape in found):
        return None
    return found[0]


def _holds_many(shape: ValidatorShape) -> bool:
    return (
        shape.kind == "array" and bool(shape.members) and shape.members[0].kind in {"object", "id", "string"}
    )


def _measured(field: str, call: DatabaseUse) -> bool:
    """Tell whether the function takes the length of the field anywhere, as a check of its size would."""
    for node in syntax.walk(call.body.syntax):
        measured: syntax.Node | None = None
        if isinstance(node, syntax.Member) and node.name == "length":
            measured = node.object
        elif (
            isinstance(node, syntax.Call) and isinstance(node.callee, syntax.Name) and node.callee.id == "len"
        ):
            measured = node.arguments[0] if node.arguments else None
        if measured is not None and any(_takes(part, field) for part in syntax.walk(measured)):
            return True
    return False


def _problem(field: str, value: syntax.Node, call: DatabaseUse, shape: ValidatorShape) -> Problem:
    return Problem(
        Place(call.place.source, value.start, value.end),
        f"The array in `{field}` grows with every call, and its document with it.",
        help="give its elements a table of their own",
        evidence=((shape.place, f"`{field}` is declared as an array here"),),
    )
