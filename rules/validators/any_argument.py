"""An argument of a public function that may be anything.

## What it does

Finds `v.any()` in the `args` of public queries, mutations and actions, also within objects, arrays and unions.

## Why is this bad?

Whoever calls a public function chooses its arguments. What `v.any()` lets through is not checked: the handler gets
other types and fields than it was written for, and stores them.

## Example

```ts
args: { settings: v.any() },
```

## Use instead

```ts
args: { settings: v.object({ theme: v.string(), fontSize: v.number() }) },
```

## Known limits

Silent for internal functions and in components, which no client can call.

## References

* https://docs.convex.dev/functions/validation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.validators.declared import parts
from biconvex.rules.wording import about, begin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Place

__all__ = ["AnyArgument"]


def _case(name: str, validator: str, ts: str = "mutation", py: str = "mutation") -> Case:
    return Case(
        name,
        typescript=f"""\
import {{ {ts} }} from "./_generated/server";
import {{ v }} from "convex/values";
export const save = {ts}({{ args: {{ "x": {validator} }}, handler: async () => null }});
""",
        python=f"""\
from biconvex.sim.server import {py}
from biconvex.sim.values import v

@{py}(args={{"x": {validator}}})
async def save(ctx, args):
    return None
""",
    )


SILENT = (
    _case("an object", 'v.object({"theme": v.string()})'),
    _case("an internal function", "v.any()", "internalMutation", "internal_mutation"),
)

FLAGGED = (
    _case("anything", "«v.any()»"),
    _case("anything or nothing", "«v.optional(v.any())»"),
    _case("a record of anything", "v.record(v.string(), «v.any()»)"),
)


class AnyArgument(Rule):
    """Every `v.any()` that a client can fill."""

    name = "any-argument"
    theme = "validators"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/functions/validation",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each once, wherever the validator is shared."""
        seen: set[Place] = set()
        for function in backend.functions if backend.kind == "app" else ():
            exposed = function.visibility == "public" and function.reference is not None
            if not exposed or function.args.shape is None:
                continue
            for part in parts(function.args.shape):
                if part.kind == "any" and part.place not in seen:
                    seen.add(part.place)
                    yield Problem(
                        part.place,
                        begin(f"{name_of(function)} is public and takes any value here."),
                        help="declare what it expects",
                        topic=about(function),
                    )
