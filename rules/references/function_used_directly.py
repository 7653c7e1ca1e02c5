"""Registered functions that are called or passed on themselves.

## What it does

Finds a registered function that is passed to `ctx.runMutation`, `ctx.scheduler.runAfter`, a cron job and the like in
the place of its reference, and one that is called like a plain function: `await remind(ctx, args)`.

## Why is this bad?

A registered function is no reference: `ctx.runMutation(remind)` throws. And called like a plain function it does not do
what was registered: nothing validates its arguments, it can see what its caller must not, its types say no, and Convex
warns each time that it isn't supported.

## Example

```ts
export const remind = internalMutation({ args: {}, handler: async (ctx) => { … } });
await ctx.runMutation(remind, {});
await remind(ctx, {});
```

## Use instead

```ts
await ctx.runMutation(internal.tasks.remind, {});
await remindEverybody(ctx); // a helper, which `remind` calls as well
```

## Known limits

Silent about functions of which it isn't certain that they are registered ones, and in tests.

## References

* https://docs.convex.dev/functions/internal-functions
* https://docs.convex.dev/understanding/best-practices/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import import_beside, replace
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.references._shared import declared, dotted, modules_by_file, registered_as
from biconvex.rules.wording import in_tests, name_of, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DirectUse

__all__ = ["FunctionUsedDirectly"]


def _case(name: str, ts: str, py: str, ts_fixed: str | None = None, py_fixed: str | None = None) -> Case:
    def script(body: str) -> str:
        return f"""\
import {{ internalMutation, mutation, type MutationCtx }} from "./_generated/server";
import {{ internal }} from "./_generated/api";
async function everybody(ctx: MutationCtx) {{}}
export const remind = internalMutation({{ args: {{}}, handler: async (ctx) => await everybody(ctx) }});
export const f = mutation({{
  args: {{}},
  handler: async (ctx, {{ ref }}) => {{
    {body}
  }},
}});
"""

    def module(body: str) -> str:
        return f"""\
from biconvex.sim.server import internal, internal_mutation, mutation

async def everybody(ctx): ...

@internal_mutation(args={{}})
async def remind(ctx, args):
    await everybody(ctx)

@mutation(args={{}})
async def f(ctx, args):
    {body}
"""

    fixed = Fixed(script(ts_fixed), module(py_fixed)) if ts_fixed and py_fixed else None
    return Case(name, script(ts), module(py), fixed)


SILENT = (
    _case(
        "a reference",
        "await ctx.runMutation(internal.tasks.remind, {});",
        "await ctx.run_mutation(internal.tasks.remind)",
    ),
    _case("a helper", "await everybody(ctx);", "await everybody(ctx)"),
    _case(
        "a reference in an argument",
        "await ctx.runMutation(ref, {});",
        'await ctx.run_mutation(args["ref"], {})',
    ),
    _case(
        "a name that hides the function",
        "const remind = await lookUp(ref); await ctx.scheduler.runAfter(0, remind, {});",
        "remind = await look_up(args); await ctx.scheduler.run_after(0, remind, {})",
    ),
)

FLAGGED = (
    _case(
        "passed to a call",
        "await ctx.runMutation(«remind», {});",
        "await ctx.run_mutation(«remind», {})",
        "await ctx.runMutation(internal.tasks.remind, {});",
        "await ctx.run_mutation(internal.tasks.remind, {})",
    ),
    _case(
        "scheduled",
        "await ctx.scheduler.runAfter(0, «remind», {});",
        "await ctx.scheduler.run_after(0, «remind», {})",
        "await ctx.scheduler.runAfter(0, internal.tasks.remind, {});",
        "await ctx.scheduler.run_after(0, internal.tasks.remind, {})",
    ),
    _case("called", "await «remind(ctx, {})»;", "await «remind(ctx, {})»"),
)


class FunctionUsedDirectly(Rule):
    """Every registered function in the place of a reference, or of a helper."""

    name = "function-used-directly"
    theme = "references"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/internal-functions",
        "https://docs.convex.dev/understanding/best-practices/",
    )
    silent = SILENT
    flagged = FLAGGED
    fixable = "safe"

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield uses in functions, then those of cron jobs."""
        for use in backend.direct_uses:
            if in_tests(use.place):
                continue
            evidence, who = declared(use.function), registered_as(use.function)
            if use.use == "called":
                yield Problem(
                    use.place,
                    f"{name_of(use.function)} is {who}, and is called like a plain function.",
                    help="move its code into a helper that both call",
                    evidence=evidence,
                    severity=Severity.WARNING,
                )
            else:
                api = spelled(use.use, use.place)
                yield Problem(
                    use.place,
                    f"`ctx.{api}` is passed {name_of(use.function)} itself, and wants a reference to it.",
                    help=f"pass `{dotted(use.function)}`"
                    if use.function.reference
                    else "export it, and pass its reference",
                    evidence=evidence,
                    fix=_fix(backend, use),
                )
        for job in backend.crons:
            if job.direct is not None:
                yield Problem(
                    job.place,
                    f"The cron job is given {name_of(job.direct)} itself, and wants a reference to it.",
                    help=f"pass `{dotted(job.direct)}`"
                    if job.direct.reference
                    else "export it, and pass its reference",
                    evidence=declared(job.direct),
                )


def _fix(backend: Backend, use: DirectUse) -> Fix | None:
    """Put the reference in its place, where the file can name it."""
    if use.function.reference is None:
        return None
    reference = dotted(use.function)
    root, _, rest = reference.partition(".")
    module = modules_by_file(backend).get(use.place.source.path)
    for known in ("api", "internal"):
        had = import_beside(module, known, root) if module is not None else None
        if had is not None:
            return Fix(f"pass `{reference}`", (replace(use.place, f"{had.local}.{rest}"), *had.edits))
    return None
