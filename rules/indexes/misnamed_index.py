"""An index whose name does not tell its fields.

## What it does

Compares the name of every database index with its fields. `style` says how names are built:

* `either` (the default): one of both;
* `and`, as Convex's guidelines have it: `by_owner_and_done` for `["owner", "done"]`;
* `plain`: `by_owner_done`.

Upper case, underscores and the dots of nested fields don't matter: `byOwnerAndDone` is fine.

## Why is this bad?

A range must name the fields of its index in order. With the fields in the name it is written, and read, without a
look at the schema; a name that leaves some out promises what the index does not do.

## Example

```ts
tasks: defineTable({ owner: v.string(), done: v.boolean() }).index("by_user", ["owner", "done"]),
```

## Use instead

```ts
tasks: defineTable({ owner: v.string(), done: v.boolean() }).index("by_owner_and_done", ["owner", "done"]),
```

## Known limits

Silent about search and vector indexes, about fields that are not literal, and where the name would be longer than the
64 characters that Convex allows. Renaming is offered where every use of the index is in sight; Convex then builds the
index anew, which takes time on a large table.

## References

* https://docs.convex.dev/database/reading-data/indexes/
* https://docs.convex.dev/ai/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.examples import (
    python_handler,
    python_schema,
    schema_case,
    typescript_handler,
    typescript_schema,
)
from biconvex.rules.indexes._shared import IndexNames, listed, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Index, Table

__all__ = ["MisnamedIndex"]

USED = '"tasks": defineTable({{"owner": v.string(), "done": v.boolean()}}).index({}, ["owner", "done"]),'


def _renaming() -> Case:
    """An index that is renamed where it is used, too."""
    before, after = USED.format('«"by_user"»'), USED.format('"by_owner_and_done"')
    typescript = 'return await ctx.db.query("tasks").withIndex("{}", (q) => q.eq("owner", "me")).first();'
    python = 'return await ctx.db.query("tasks").with_index("{}", lambda q: q.eq("owner", "me")).first()'
    return Case(
        "a name that tells neither field",
        {
            "schema.ts": typescript_schema(before),
            "tasks.ts": typescript_handler(typescript.format("by_user")),
        },
        {
            "schema.py": python_schema(before.replace("defineTable", "define_table")),
            "tasks.py": python_handler(python.format("by_user")),
        },
        Fixed(
            {
                "schema.ts": typescript_schema(after),
                "tasks.ts": typescript_handler(typescript.format("by_owner_and_done")),
            },
            {
                "schema.py": python_schema(after.replace("defineTable", "define_table")),
                "tasks.py": python_handler(python.format("by_owner_and_done")),
            },
        ),
    )


SILENT = (
    schema_case(
        "names that tell their fields, in any spelling",
        """
"tasks": defineTable({"owner": v.string(), "isDone": v.boolean(), "meta": v.object({"due": v.number()})})
    .index("by_owner", ["owner"])
    .index("by_owner_and_is_done", ["owner", "isDone"])
    .index("byOwnerAndMetaDue", ["owner", "meta.due"])
    .index("by_is_done_owner", ["isDone", "owner"])
    .index("whatever", fields),
""",
    ),
    schema_case(
        "one style, if that is asked for",
        """
"tasks": defineTable({"owner": v.string(), "done": v.boolean()})
    .index("by_owner_done", ["owner", "done"])
    .index("by_owner_and_done_too", fields),
""",
        options={"style": "plain"},
    ),
)

FLAGGED = (
    _renaming(),
    schema_case(
        "a name that leaves a field out, and one of the other style where one is asked for",
        """
"tasks": defineTable({"owner": v.string(), "done": v.boolean()})
    .index(«"by_owner"», ["owner", "done"])
    .index(«"by_done_owner"», ["done", "owner"]),
""",
        fixed="""
"tasks": defineTable({"owner": v.string(), "done": v.boolean()})
    .index("by_owner_and_done", ["owner", "done"])
    .index("by_done_and_owner", ["done", "owner"]),
""",
        options={"style": "and"},
    ),
    schema_case(
        "neither style",
        """
"tasks": defineTable({"owner": v.string(), "done": v.boolean()}).index(«"owner"», ["owner"]),
""",
        fixed="""
"tasks": defineTable({"owner": v.string(), "done": v.boolean()}).index("by_owner", ["owner"]),
""",
        options={"style": "either"},
    ),
)

LONGEST_NAME = 64
_BETWEEN = {"and": ("_and_",), "plain": ("_",), "either": ("_and_", "_")}


@dataclass(frozen=True, slots=True)
class NamingStyle:
    """`style`: what stands between the fields in the name of an index."""

    style: Literal["either", "and", "plain"] = "either"


class MisnamedIndex(Rule):
    """Every database index that is not named after its fields."""

    name = "misnamed-index"
    theme = "indexes"
    severity = Severity.INFO
    links = (
        "https://docs.convex.dev/database/reading-data/indexes/",
        "https://docs.convex.dev/ai/",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"
    Options = NamingStyle

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each index that has none of the names its fields would give it."""
        found = list(self._misnamed(backend))
        names = IndexNames(backend, {index.name for _, index, _ in found})
        for table, index, wanted in found:
            yield Problem(
                index.place,
                f"The name `{index.name}` does not tell that the index has {listed(index.fields or ())}.",
                help=f"call it `{wanted}`",
                fix=_renaming_fix(index, table, wanted, names),
            )

    def _misnamed(self, backend: Backend) -> Iterator[tuple[Table, Index, str]]:
        for table in tables_of(backend).values():
            for index in table.definitions:
                if index.kind != "database" or not index.fields:
                    continue
                parts = [field.replace(".", "_") for field in index.fields]
                wanted = [f"by_{between.join(parts)}" for between in _BETWEEN[self.options.style]]
                if len(wanted[0]) <= LONGEST_NAME and _plain(index.name) not in {
                    _plain(name) for name in wanted
                }:
                    yield table, index, wanted[0]


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _renaming_fix(index: Index, table: Table, name: str, names: IndexNames) -> Fix | None:
    text = index.place.text
    if name in table.indexes or text[1:-1] != index.name:
        return None
    uses = names.renaming(table, index.name, name)
    if uses is None:
        return None
    place = index.place
    edit = Edit(place.source.path, place.start, place.end, f"{text[0]}{name}{text[-1]}")
    return Fix(f"rename it to `{name}`", (edit, *uses), safe=False)
