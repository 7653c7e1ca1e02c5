"""An id of a table that the schema does not have.

## What it does

Finds `v.id("…")` in the validators of functions and tables that names a table which is not in the schema.

## Why is this bad?

No id is ever valid for it, so every call with such an argument, or every write of such a document, is refused.

## Example

```ts
args: { id: v.id("task") }, // the schema says `tasks`
```

## Use instead

```ts
args: { id: v.id("tasks") },
```

## Known limits

Silent without a schema, and where the schema has parts that are out of sight. System tables such as `_storage` are
always known.

## References

* https://docs.convex.dev/functions/validation
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.validators.declared import declared_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, ValidatorShape

__all__ = ["UnknownTableInId"]


def _case(
    name: str, id_ts: str, field_ts: str = 'v.id("users")', fixed: tuple[str, str] | None = None
) -> Case:
    typescript, python = _files(id_ts, field_ts)
    return Case(name, typescript, python, fixed=Fixed(*_files(*fixed)) if fixed else None)


def _files(id_ts: str, field_ts: str) -> tuple[dict[str, str], dict[str, str]]:
    return (
        {
            "schema.ts": f"""\
import {{ defineSchema, defineTable }} from "convex/server";
import {{ v }} from "convex/values";
export default defineSchema({{
  users: defineTable({{ name: v.string() }}),
  tasks: defineTable({{ owner: {field_ts} }}),
}});
""",
            "tasks.ts": f"""\
import {{ query }} from "./_generated/server";
import {{ v }} from "convex/values";
export const get = query({{ args: {{ id: {id_ts} }}, handler: async () => null }});
""",
        },
        {
            "schema.py": f"""\
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

schema = define_schema({{
    "users": define_table({{"name": v.string()}}),
    "tasks": define_table({{"owner": {field_ts}}}),
}})
""",
            "tasks.py": f"""\
from biconvex.sim.server import query
from biconvex.sim.values import v

@query(args={{"id": {id_ts}}})
async def get(ctx, args):
    return None
""",
        },
    )


SILENT = (
    _case("a table of the schema", 'v.id("tasks")'),
    _case("a system table", 'v.optional(v.id("_storage"))'),
)

FLAGGED = (
    _case("a name misspelt, in an argument", '«v.id("task")»', fixed=('v.id("tasks")', 'v.id("users")')),
    _case("within a union within an array", 'v.array(v.union(v.null(), «v.id("people")»))'),
    _case(
        "in the schema itself", 'v.id("tasks")', '«v.id("user")»', fixed=('v.id("tasks")', 'v.id("users")')
    ),
)


class UnknownTableInId(Rule):
    """Every `v.id` of a table that is certainly not in the schema."""

    name = "unknown-table-in-id"
    theme = "validators"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/functions/validation",)
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each once, wherever the validator is shared."""
        schema = backend.schema
        if schema is None or not schema.complete:
            return
        for shape in declared_shapes(backend):
            table = shape.table
            if shape.kind != "id" or table is None or table.startswith("_") or table in schema.tables:
                continue
            close = get_close_matches(table, schema.tables, n=1)
            yield Problem(
                shape.place,
                f"The schema has no table `{table}`: no id is valid here.",
                help=f"did you mean `{close[0]}`?" if close else None,
                evidence=((schema.place, "the schema"),),
                fix=_spelling(shape, close[0]) if close else None,
            )


def _spelling(shape: ValidatorShape, near: str) -> Fix | None:
    """Put the other name between the quotes, where the validator is written out as `v.id("…")`."""
    builder, source = shape.builder, shape.place.source
    if builder is None:
        return None
    start = builder.end + 2
    end = start + len((shape.table or "").encode())
    if source.data[builder.end : start] not in {b'("', b"('"} or source.text(start, end) != shape.table:
        return None
    return Fix(f"use `{near}`", (Edit(source.path, start, end, near),), safe=False)
