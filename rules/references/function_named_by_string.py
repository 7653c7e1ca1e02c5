"""A function that is named by a string where a reference belongs.

## What it does

Finds `ctx.runQuery`, `runMutation` and `runAction`, scheduled functions and cron jobs whose function is a string such
as `"tasks:remind"`.

## Why is this bad?

Nothing follows a string: the type check knows neither the arguments nor the result, a renamed function is only missed
when the call runs, and whoever looks for the uses of the function doesn't find this one.

## Example

```ts
await ctx.scheduler.runAfter(0, "tasks:remind" as any, { id });
```

## Use instead

```ts
await ctx.scheduler.runAfter(0, internal.tasks.remind, { id });
```

## Known limits

Client code is not looked at: some clients know nothing but names. Silent for `makeFunctionReference("tasks:remind")`.

## References

* https://docs.convex.dev/functions/internal-functions
* https://docs.convex.dev/scheduling/scheduled-functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Severity
from biconvex.lint.rule import Problem, Rule
from biconvex.rules.examples import handler_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, FunctionReference

__all__ = ["FunctionNamedByString"]

SILENT = (
    handler_case(
        "a reference",
        "await ctx.runMutation(internal.tasks.remind, {});",
        "await ctx.run_mutation(internal.tasks.remind, {})",
        kind="action",
        before=(
            'import { internal } from "./_generated/api";\n',
            "from biconvex.sim.server import internal\n",
        ),
    ),
    handler_case(
        "a name that is computed",
        "await ctx.runMutation(`tasks:${args.name}`, {});",
        'await ctx.run_mutation(f"tasks:{args}", {})',
        kind="action",
    ),
)

FLAGGED = (
    handler_case(
        "a name",
        'await ctx.runMutation(«"tasks:remind"», {});',
        'await ctx.run_mutation(«"tasks:remind"», {})',
        kind="action",
    ),
    handler_case(
        "a job",
        'await ctx.scheduler.runAfter(5000, «"tasks:remind"», {});',
        'await ctx.scheduler.run_after(5000, «"tasks:remind"», {})',
        kind="mutation",
    ),
)


class FunctionNamedByString(Rule):
    """Every call, job and cron job whose function is a string."""

    name = "function-named-by-string"
    theme = "references"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/functions/internal-functions",
        "https://docs.convex.dev/scheduling/scheduled-functions",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each string."""
        written = [
            *((call.reference, call.arguments) for call in backend.run_calls),
            *((call.reference, call.arguments) for call in backend.schedule_calls),
        ]
        for reference, arguments in written:
            if reference is not None and reference.root == "string" and _is_string(reference, arguments):
                yield _problem(reference)
        for job in backend.crons:
            if job.reference is not None and job.reference.root == "string":
                yield _problem(job.reference)


def _is_string(reference: FunctionReference, arguments: tuple[syntax.Node, ...]) -> bool:
    """Tell whether the string itself is the argument."""
    for argument in arguments:
        node = argument
        while isinstance(node, syntax.Cast):
            node = node.value
        if isinstance(node, syntax.Literal) and reference.place.start <= node.start < reference.place.end:
            return True
    return False


def _problem(reference: FunctionReference) -> Problem:
    root = "internal" if reference.function is None or reference.function.visibility == "internal" else "api"
    module, _, name = reference.name.partition(":")
    path = ".".join((root, *module.removesuffix(".js").split("/"), *([name] if name else [])))
    return Problem(
        reference.place,
        f"The function is named by the string `{reference.name}`, which nothing can follow.",
        help=f"pass the reference `{path}`",
        topic=reference.place.source.path,
    )
