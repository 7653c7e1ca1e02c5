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

Only where the parameter surely is a ctx: a call hands one on. A parameter without a type is left alone. After the fix,
the type checker may find what was hidden.

## References

* https://docs.convex.dev/understanding/best-practices/typescript
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Edit, Fix, Severity
from biconvex.lint.fixes import import_from
from biconvex.lint.model import Place
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.auth.unattended import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body
    from biconvex.lint.source import Language

__all__ = ["UntypedCtx"]


def _case(name: str, typescript: str, python: str, fixed: tuple[str, str] | None = None) -> Case:
    """A helper with these parameters, which a query calls, before and after it is fixed."""
    return Case(name, *_files(typescript, python), fixed=Fixed(*_files(*fixed)) if fixed else None)


def _files(typescript: str, python: str) -> tuple[str, str]:
    return (
        f"""\
import {{ query, type QueryCtx }} from "./_generated/server";
async function first({typescript}) {{ return await ctx.db.query("tasks").first(); }}
export const f = query({{ args: {{}}, handler: async (ctx) => await first(ctx, 1) }});
""",
        f"""\
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

_HELP_TS = 'import { title } from "./titles"; // of tasks'
_LIB_TS = """\
{1}
export const add = async ({0}) => await ctx.db.insert("tasks", {{ title: title() }});
"""
_TASKS_TS = """\
import { mutation } from "./_generated/server";
import { add } from "./lib";
export const f = mutation({ args: {}, handler: async (ctx) => { await add(ctx); } });
"""
_LIB_PY = """\
{1}

async def add({0}):
    await ctx.db.insert("tasks", {{}})
"""
_TASKS_PY = """\
from .lib import add
from biconvex.sim.server import mutation

@mutation(args={})
async def f(ctx, args):
    await add(ctx)
"""

FLAGGED = (
    _case(
        "any",
        "«ctx: any», n: number",
        "«ctx: Any», n: int",
        ("ctx: QueryCtx, n: number", "ctx: QueryCtx, n: int"),
    ),
    _case(
        "any beside any",
        "«ctx: any», n: any",
        "«ctx: Any», n: Any",
        ("ctx: QueryCtx, n: any", "ctx: QueryCtx, n: Any"),
    ),
    Case(
        "any in a helper of mutations, in a file of its own",
        typescript={"lib.ts": _LIB_TS.format("«ctx: any»", _HELP_TS), "tasks.ts": _TASKS_TS},
        python={"lib.py": _LIB_PY.format("«ctx: Any»", "from typing import Any"), "tasks.py": _TASKS_PY},
        fixed=Fixed(
            {
                "lib.ts": _LIB_TS.format(
                    "ctx: MutationCtx",
                    f'{_HELP_TS}\nimport type {{ MutationCtx }} from "./_generated/server";',
                )
            },
            {
                "lib.py": _LIB_PY.format(
                    "ctx: MutationCtx", "from typing import Any\nfrom biconvex.sim.server import MutationCtx"
                )
            },
        ),
    ),
)

_ANY = frozenset({"any", "Any", "typing.Any"})


class UntypedCtx(Rule):
    """Every parameter that is a ctx and has the type `any`."""

    name = "untyped-ctx"
    theme = "project"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/understanding/best-practices/typescript",)
    silent = SILENT
    flagged = FLAGGED
    fixable = "unsafe"

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
                        fix=_fix(body, parameter),
                    )


def _fix(body: Body, parameter: syntax.Parameter) -> Fix | None:
    """Write the type that every ctx which comes here fits, and import it."""
    module, annotation = body.module, parameter.annotation or ""
    name = _type(body)
    start = parameter.end - len(annotation.encode())
    if name is None or module.path.startswith("..") or module.source.text(start, parameter.end) != annotation:
        return None
    up = "../" * module.path.count("/") or "./"
    sources: dict[Language, str] = {
        "typescript": f"{up}_generated/server",
        "python": "biconvex.sim.server",
    }
    had = import_from(module, sources, name, type_only=True)
    if had is None:
        return None
    return Fix(
        f"give it the type {_types(body)}",
        (Edit(module.source.path, start, parameter.end, had.local), *had.edits),
        safe=False,
    )


def _type(body: Body) -> str | None:
    if body.kinds <= {"action", "httpAction"}:
        return "ActionCtx"
    if body.kinds == {"mutation"}:
        return "MutationCtx"
    return "QueryCtx" if body.kinds <= {"query", "mutation"} else None


def _types(body: Body) -> str:
    name = _type(body)
    if name == "QueryCtx":
        return "`QueryCtx`, which a mutation's ctx fits as well"
    return f"`{name}`" if name else "of its ctx"
