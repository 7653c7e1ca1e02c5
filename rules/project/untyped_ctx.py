"""A ctx whose type is switched off.

## What it does

Finds parameters that are a ctx and have the type `any`.

## Why is this bad?

With `any`, the type checker no longer says that an action has no database, that an index doesn't exist, or that a
promise is dropped. The mistakes that survive to production hide behind it.

## Example

```ts
async function findUser(ctx: any, email: string) { … }
```

## Use instead

```ts
import type { QueryCtx } from "./_generated/server";
async function findUser(ctx: QueryCtx, email: string) { … }
```

## Known limits

Only where the parameter surely is a ctx: a call hands one on. A parameter without a type is left alone.

## References

* https://docs.convex.dev/understanding/best-practices/typescript
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.auth.unattended import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body

__all__ = ["UntypedCtx"]


def _case(name: str, typescript: str, python: str) -> Case:
    """A helper with these parameters, which a query calls."""
    return Case(
        name,
        typescript=f"""\
import {{ query, type QueryCtx }} from "./_generated/server";
async function first({typescript}) {{ return await ctx.db.query("tasks").first(); }}
export const f = query({{ args: {{}}, handler: async (ctx) => await first(ctx, 1) }});
""",
        python=f"""\
from typing import Any
from biconvex.sim.server import QueryCtx, query

async def first({python}):
    return await ctx.db.query("tasks").first()

@query(args={{}})
async def f(ctx, args):
    return await first(ctx, 1)
""",
    )


SILENT = (
    _case("a type", "ctx: QueryCtx, n: number", "ctx: QueryCtx, n: int"),
    _case("no type", "ctx, n", "ctx, n"),
    _case("another parameter", "ctx: QueryCtx, n: any", "ctx: QueryCtx, n: Any"),
)

FLAGGED = (
    _case("any", "«ctx: any», n: number", "«ctx: Any», n: int"),
    _case("any beside any", "«ctx: any», n: any", "«ctx: Any», n: Any"),
)

_ANY = frozenset({"any", "Any", "typing.Any"})


class UntypedCtx(Rule):
    """Every parameter that is a ctx and has the type `any`."""

    name = "untyped-ctx"
    theme = "project"
    severity = Severity.WARNING
    links = ("https://docs.convex.dev/understanding/best-practices/typescript",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such parameter."""
        for body in backend.bodies:
            if not body.kinds or is_test(body.module.source.path):
                continue
            for parameter in body.syntax.parameters:
                name = parameter.target.id if isinstance(parameter.target, syntax.Name) else None
                if parameter.annotation in _ANY and name in body.parameters:
                    yield Problem(
                        Place(body.place.source, parameter.start, parameter.end),
                        f"The type `{parameter.annotation}` switches off every check of how this ctx is used.",
                        help=f"give it the type {_types(body)}",
                    )


def _types(body: Body) -> str:
    if body.kinds <= {"action", "httpAction"}:
        return "`ActionCtx`"
    if body.kinds == {"mutation"}:
        return "`MutationCtx`"
    return (
        "`QueryCtx`, which a mutation's ctx fits as well"
        if body.kinds <= {"query", "mutation"}
        else "of its ctx"
    )
