"""An optional validator where nothing can be left out.

## What it does

Finds `v.optional(…)` that is not the value of an object's field: within an array, a union or a record.

## Why is this bad?

Only a field can be absent. An element of an array or a member of a union is there or it isn't: there the `optional`
means nothing, while the reader thinks that it does. A record of optional values throws when the module loads.

## Example

```ts
args: { tags: v.array(v.optional(v.string())) },
```

## Use instead

```ts
args: { tags: v.array(v.union(v.string(), v.null())) },
```

## Known limits

Sees validators of functions and tables, also through constants; not those that only code at run time uses.

## References

* https://docs.convex.dev/functions/validation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.validators.declared import declared_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, ValidatorShape

__all__ = ["MisplacedOptional"]


def _case(name: str, validator: str) -> Case:
    return Case(
        name,
        typescript=f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
export const f = mutation({{ args: {{ "x": {validator} }}, handler: async () => null }});
""",
        python=f"""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={{"x": {validator}}})
async def f(ctx, args):
    return None
""",
    )


SILENT = (
    _case("a field", "v.optional(v.string())"),
    _case("a field of an object in an array", 'v.array(v.object({"a": v.optional(v.string())}))'),
    _case("null instead", "v.array(v.union(v.string(), v.null()))"),
)

FLAGGED = (
    _case("in an array", "v.array(«v.optional(v.string())»)"),
    _case("in a union", "v.union(v.null(), «v.optional(v.number())»)"),
    _case("in a record", "v.record(v.string(), «v.optional(v.number())»)"),
)


class MisplacedOptional(Rule):
    """Every `v.optional` outside a field."""

    name = "misplaced-optional"
    theme = "validators"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/functions/validation",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each member of an array, union or record that is optional."""
        for shape in declared_shapes(backend):
            for member in shape.members:
                if member.optional:
                    yield Problem(
                        member.place,
                        _message(shape),
                        help="use `v.union(…, v.null())`",
                        severity=Severity.ERROR if shape.kind == "record" else None,
                    )


def _message(within: ValidatorShape) -> str:
    where = {"array": "an element of an array", "record": "a value of a record"}.get(
        within.kind, "a member of a union"
    )
    return f"Only an object's field can be optional, and this is {where}."
