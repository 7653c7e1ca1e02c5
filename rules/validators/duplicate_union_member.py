"""A union of validators that names a literal twice.

## What it does

Finds `v.union(…)` with two equal `v.literal(…)`, and with the same simple validator (`v.string()`) twice.

## Why is this bad?

The second one takes nothing that the first one doesn't. Mostly it is a copy that was not changed: the value that was
meant is missing, and a call or document with it is refused.

## Example

```ts
status: v.union(v.literal("open"), v.literal("closed"), v.literal("open")),
```

## Use instead

```ts
status: v.union(v.literal("open"), v.literal("closed"), v.literal("archived")),
```

## Known limits

Silent about literals that are computed, and about unions of objects.

## References

* https://docs.convex.dev/functions/validation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.validators.declared import declared_shapes

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from biconvex.lint.model import Backend, ValidatorShape

__all__ = ["DuplicateUnionMember"]

_SIMPLE = frozenset({"string", "float64", "int64", "boolean", "null", "bytes", "any", "id"})


def _case(name: str, *members: str) -> Case:
    union = f"v.union({', '.join(members)})"
    return Case(
        name,
        typescript={
            "schema.ts": f"""\
import {{ defineSchema, defineTable }} from "convex/server";
import {{ v }} from "convex/values";
export default defineSchema({{ tasks: defineTable({{ status: {union} }}) }});
"""
        },
        python={
            "schema.py": f"""\
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v

schema = define_schema({{"tasks": define_table({{"status": {union}}})}})
"""
        },
    )


SILENT = (
    _case("all different", 'v.literal("a")', 'v.literal("b")', "v.number()", "v.null()"),
    _case("a number and its text", "v.literal(1)", 'v.literal("1")'),
    _case("ids of two tables", 'v.id("tasks")', 'v.id("users")'),
    _case("literals that are computed", "v.literal(first)", "v.literal(second)"),
    _case("two objects", 'v.object({"a": v.string()})', 'v.object({"a": v.string()})'),
)

FLAGGED = (
    _case("a literal", 'v.literal("a")', 'v.literal("b")', '«v.literal("a")»'),
    _case("a simple validator", "v.string()", "v.number()", "«v.string()»"),
    _case("an id", 'v.id("tasks")', '«v.id("tasks")»'),
)


class DuplicateUnionMember(Rule):
    """Every member of a union that an earlier one equals."""

    name = "duplicate-union-member"
    theme = "validators"
    severity = Severity.INFO
    scope = "linked"
    links = ("https://docs.convex.dev/functions/validation",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the second and every later one of a kind."""
        for shape in declared_shapes(backend):
            first: dict[Hashable, ValidatorShape] = {}
            for member in shape.members if shape.kind == "union" else ():
                key = _key(member)
                earlier = first.setdefault(key, member) if key is not None else member
                if earlier is not member and earlier.place != member.place:
                    yield Problem(
                        member.place,
                        f"The union has `{' '.join(member.place.text.split())}` already.",
                        help="take it out, or write what was meant",
                        evidence=((earlier.place, "the first one"),),
                    )


def _key(shape: ValidatorShape) -> Hashable | None:
    """Give what two equal members have in common; None for one that is not compared."""
    if shape.kind == "literal":
        return ("literal", type(shape.value), shape.value) if shape.complete else None
    if shape.kind == "id" and shape.table is None:
        return None
    return (shape.kind, shape.table) if shape.kind in _SIMPLE else None
