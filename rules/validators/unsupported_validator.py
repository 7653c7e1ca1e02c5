"""A validator that Convex does not have, or that is deprecated.

## What it does

Finds builders such as `v.map`, `v.set`, `v.date`, `v.enum` and misspelt ones in the validators of functions and
tables, and `v.bigint`, the old name of `v.int64`, as a `warning`.

## Why is this bad?

The builder is not there: the module throws when it loads, so that the deployment fails. There is no such value
either: maps, sets and dates are no Convex values.

## Example

```ts
args: { due: v.date(), labels: v.map(v.string(), v.string()) },
```

## Use instead

```ts
args: { due: v.number(), labels: v.record(v.string(), v.string()) },
```

## Known limits

Sees validators of functions and tables, also through constants. Silent about names that are neither known from
elsewhere nor close to one that there is: a newer version of Convex may have them.

## References

* https://docs.convex.dev/functions/validation
* https://docs.convex.dev/database/types
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import replace
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.validators.declared import declared_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Place

__all__ = ["UnsupportedValidator"]

_BUILDERS: Final = (
    "id", "null", "number", "float64", "int64", "boolean", "string", "bytes", "literal", "array", "object",
    "record", "union", "any", "optional", "nullable",
)  # fmt: skip

_INSTEAD: Final = {
    "map": "`v.record(…)`",
    "dict": "`v.record(…)`",
    "set": "`v.array(…)`",
    "list": "`v.array(…)`",
    "tuple": "`v.array(…)`",
    "date": "`v.number()` with milliseconds since 1970, or `v.string()`",
    "datetime": "`v.number()` with milliseconds since 1970, or `v.string()`",
    "timestamp": "`v.number()` with milliseconds since 1970",
    "enum": "`v.union(v.literal(…), …)`",
    "literals": "`v.union(v.literal(…), …)`",
    "oneOf": "`v.union(…)`",
    "undefined": "`v.optional(…)` around the field's validator",
    "void": "`v.null()`",
    "bool": "`v.boolean()`",
    "str": "`v.string()`",
    "text": "`v.string()`",
    "int": "`v.number()`, or `v.int64()` for a 64-bit integer",
    "integer": "`v.number()`, or `v.int64()` for a 64-bit integer",
    "float": "`v.number()`",
    "double": "`v.number()`",
    "decimal": "`v.number()`, or `v.string()`",
    "unknown": "`v.any()`",
    "json": "`v.any()`, or an object's validator",
    "email": "`v.string()`",
    "url": "`v.string()`",
    "uuid": "`v.string()`",
    "file": '`v.id("_storage")`',
    "blob": "`v.bytes()`",
    "buffer": "`v.bytes()`",
    "binary": "`v.bytes()`",
}


def _case(name: str, validator: str, fixed: str = "") -> Case:
    return Case(
        name,
        typescript=_typescript(validator),
        python=_python(validator),
        fixed=Fixed(typescript=_typescript(fixed), python=_python(fixed)) if fixed else None,
    )


def _typescript(validator: str) -> str:
    return f"""\
import {{ mutation }} from "./_generated/server";
import {{ v }} from "convex/values";
export const f = mutation({{ args: {{ "x": {validator} }}, handler: async () => null }});
"""


def _python(validator: str) -> str:
    return f"""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={{"x": {validator}}})
async def f(ctx, args):
    return None
"""


SILENT = (
    _case("a record of numbers", "v.record(v.string(), v.number())"),
    _case("a 64-bit integer, or nothing", "v.optional(v.nullable(v.int64()))"),
    Case(
        "a library's own validators",
        typescript=_typescript("v.date()").replace('"convex/values"', '"./values"'),
        python=_python("v.date()").replace("biconvex.sim.values", ".values"),
    ),
    _case("a builder that a newer version may have", "v.vector(3)"),
)

FLAGGED = (
    _case("a map", "v.«map»(v.string(), v.number())"),
    _case("a date that may be absent", "v.optional(v.«date»())"),
    _case("a set in an object", 'v.object({"tags": v.«set»(v.string())})'),
    _case("a name misspelt", "v.«strng»()"),
    _case("the old name of int64", "v.array(v.«bigint»())", "v.array(v.int64())"),
)


class UnsupportedValidator(Rule):
    """Every builder that is not there, and the deprecated one."""

    name = "unsupported-validator"
    theme = "validators"
    severity = Severity.ERROR
    scope = "linked"
    fixable = "safe"
    links = ("https://docs.convex.dev/functions/validation", "https://docs.convex.dev/database/types")
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield the name of each such builder."""
        for shape in declared_shapes(backend):
            if shape.builder is None:
                continue
            if shape.kind == "int64" and shape.builder.text == "bigint":
                yield _deprecated(shape.builder)
            elif shape.kind == "unknown":
                yield from _unknown(shape.builder)


def _deprecated(builder: Place) -> Problem:
    return Problem(
        builder,
        "`v.bigint` is deprecated: it is `v.int64` by its old name.",
        help="use `v.int64()`",
        severity=Severity.WARNING,
        fix=Fix("use `v.int64()`", (replace(builder, "int64"),)),
    )


def _unknown(builder: Place) -> Iterator[Problem]:
    name = builder.text
    instead = _INSTEAD.get(name)
    if instead is None:
        close = get_close_matches(name, _BUILDERS, n=1, cutoff=0.8)
        instead = f"`v.{close[0]}(…)`" if close and close[0] != name else None
    if instead is not None:
        yield Problem(
            builder, f"Convex has no validator `v.{name}`: the module throws.", help=f"use {instead}"
        )
