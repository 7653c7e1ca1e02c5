"""A record whose keys are no strings that may vary.

## What it does

Finds `v.record(…)` whose keys are literals, optional, or of a type that is no string.

## Why is this bad?

The keys of a record are field names: strings, or ids, which are strings. Convex refuses to push a schema or a
function with other keys. Keys that are known beforehand are the fields of an object.

## Example

```ts
args: { colors: v.record(v.union(v.literal("day"), v.literal("night")), v.string()) },
```

## Use instead

```ts
args: { colors: v.object({ day: v.string(), night: v.string() }) },
```

## Known limits

Sees validators of functions and tables, also through constants; silent about keys that are not in sight.

## References

* https://docs.convex.dev/functions/validation
* https://docs.convex.dev/database/types
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.validators.declared import declared_shapes, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, ValidatorShape

__all__ = ["InvalidRecordKey"]

_STRINGS: Final = frozenset({"string", "id", "union", "unknown"})


def _case(name: str, validator: str) -> Case:
    return Case(
        name,
        typescript=f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
import {{ somewhere }} from "./somewhere";
export const f = mutation({{ args: {{ "x": {validator} }}, handler: async () => null }});
""",
        python=f"""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v
from .somewhere import somewhere

@mutation(args={{"x": {validator}}})
async def f(ctx, args):
    return None
""",
    )


SILENT = (
    _case("strings", "v.record(v.string(), v.any())"),
    _case("ids of two tables", 'v.record(v.union(v.id("a"), v.id("b")), v.number())'),
    _case("out of sight", "v.record(somewhere, v.number())"),
)

FLAGGED = (
    _case("literals", 'v.record(«v.union(v.literal("day"), v.literal("night"))», v.string())'),
    _case("numbers", "v.record(«v.number()», v.string())"),
    _case("optional strings, in an array", "v.array(v.record(«v.optional(v.string())», v.string()))"),
)


class InvalidRecordKey(Rule):
    """Every record with keys that Convex refuses."""

    name = "invalid-record-key"
    theme = "validators"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/functions/validation", "https://docs.convex.dev/database/types")
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the keys of each such record."""
        for shape in declared_shapes(backend):
            if shape.kind == "record" and shape.members:
                keys = shape.members[0]
                wrong = _wrong(keys)
                if wrong is not None:
                    yield Problem(keys.place, f"The keys of a record can't be {wrong}.", help=_help(wrong))


def _wrong(keys: ValidatorShape) -> str | None:
    """Say what is wrong with keys; None if nothing is, as far as they are in sight."""
    for part in parts(keys):
        if part.optional:
            return "optional"
        if part.kind == "literal":
            return "literals"
        if part.kind not in _STRINGS:
            return f"of the type `v.{part.kind}`"
    return None


def _help(wrong: str) -> str:
    return "use `v.object(…)` with a field for each" if wrong == "literals" else "use `v.string()`"
