"""A document deleted for good, though its table marks what is deleted.

## What it does

Finds `ctx.db.delete` on tables that have the field `deletedAt`.

## Why is this bad?

Such a table keeps what is deleted, so that it can be brought back: the nightly cleaning alone deletes it for good.

## Example

```ts
await ctx.db.delete("notes", args.id);
```

## Use instead

```ts
await ctx.db.patch("notes", args.id, { deletedAt: Date.now() });
```

## Known limits

Silent where the table is not known. The option `field` names another field.

## References

* https://docs.convex.dev/database/writing-data
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse

__all__ = ["HardDelete"]


def _case(name: str, field: str, typescript: str, python: str) -> Case:
    """A mutation on the table `notes`, which has a field."""
    return Case(
        name,
        typescript={
            "schema.ts": f"""\
import {{ defineSchema, defineTable }} from "convex/server";
import {{ v }} from "convex/values";
export default defineSchema({{ notes: defineTable({{ {field}: v.optional(v.number()) }}) }});
""",
            "notes.ts": f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
export const remove = mutation({{
  args: {{ id: v.id("notes") }},
  handler: async (ctx, args) => {{ await {typescript}; }},
}});
""",
        },
        python={
            "schema.py": f"""\
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

schema = define_schema({{"notes": define_table({{"{field}": v.optional(v.number())}})}})
""",
            "notes.py": f"""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={{"id": v.id("notes")}})
async def remove(ctx, args):
    await {python}
""",
        },
    )


SILENT = (
    _case(
        "a table that marks nothing",
        "seenAt",
        'ctx.db.delete("notes", args.id)',
        'ctx.db.delete("notes", args["id"])',
    ),
    _case(
        "a mark",
        "deletedAt",
        'ctx.db.patch("notes", args.id, { deletedAt: 1 })',
        'ctx.db.patch("notes", args["id"], {"deletedAt": 1})',
    ),
)

FLAGGED = (
    _case(
        "the table is named",
        "deletedAt",
        '«ctx.db.delete("notes", args.id)»',
        '«ctx.db.delete("notes", args["id"])»',
    ),
    _case(
        "the table follows from the validator of the id",
        "deletedAt",
        "«ctx.db.delete(args.id)»",
        '«ctx.db.delete(args["id"])»',
    ),
)


@dataclass(frozen=True, slots=True)
class HardDeleteOptions:
    """`field`: the field by which a table marks what is deleted."""

    field: str = "deletedAt"


class HardDelete(Rule):
    """Every deletion from a table that marks what is deleted."""

    name = "hard-delete"
    theme = "house"
    severity = Severity.WARNING
    links = ("https://docs.convex.dev/database/writing-data",)
    silent = SILENT
    flagged = FLAGGED
    Options = HardDeleteOptions

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each of them whose table is known."""
        tables = backend.schema.tables if backend.schema else {}
        for use in backend.database_uses:
            table = tables.get(_table(use) or "") if use.operation == "delete" else None
            if table is None or table.document is None or self.options.field not in table.document.fields:
                continue
            yield Problem(
                use.place,
                f"`{table.name}` marks what is deleted in `{self.options.field}`, and this is deleted for good.",
                help=f"set `{self.options.field}`",
                evidence=((table.place, f"`{table.name}` is defined here"),),
            )


def _table(use: DatabaseUse) -> str | None:
    return use.table or (use.id.table if use.id else None)
