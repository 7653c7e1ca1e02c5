"""Public functions that the backend itself calls or schedules.

## What it does

Finds `ctx.runMutation` and `runAction`, scheduled functions and cron jobs that name a public function. A public query
that is run is mentioned as information: to read it is what it is there for.

## Why is this bad?

Whatever is public, any client can call, in any order and with any arguments. What only the backend calls trusts its
caller, and has no reason to check who that is; as a public function it should. And where a client and the backend both
call it, the check that is right for one is wrong for the other: nobody is signed in when a scheduled function runs.

## Example

```ts
crons.interval("clean up", { hours: 1 }, api.tasks.cleanUp);
await ctx.runMutation(api.orders.markAsPaid, { order });
```

## Use instead

```ts
crons.interval("clean up", { hours: 1 }, internal.tasks.cleanUp);
await ctx.runMutation(internal.orders.markAsPaid, { order });
```

## Known limits

Functions of a component are not open to clients, so that its own code is not looked at; nor are tests.

## References

* https://docs.convex.dev/understanding/best-practices/
* https://docs.convex.dev/functions/internal-functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.references._shared import declared, registered_as
from biconvex.rules.wording import about, callee, in_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, FunctionReference

__all__ = ["PublicFunctionFromServer"]

_COMPONENT = 'import { defineComponent } from "convex/server";\nexport default defineComponent("pool");\n'


def _files(root: str, marks: tuple[str, str] = ("", "")) -> tuple[dict[str, str], dict[str, str]]:
    """A backend that runs, schedules and repeats a function of one root."""
    name = f"{marks[0]}{root}.tasks.remind{marks[1]}"
    builder, decorator = (
        ("internalMutation", "internal_mutation") if root == "internal" else ("mutation", "mutation")
    )
    return {
        "tasks.ts": f"""\
import {{ action, {builder} }} from "./_generated/server";
import {{ {root} }} from "./_generated/api";
export const remind = {builder}({{ args: {{}}, handler: async () => {{}} }});
export const f = action({{
  args: {{}},
  handler: async (ctx) => {{
    await ctx.runMutation({name}, {{}});
    await ctx.scheduler.runAfter(0, {name}, {{}});
  }},
}});
""",
        "crons.ts": f"""\
import {{ cronJobs }} from "convex/server";
import {{ {root} }} from "./_generated/api";
const crons = cronJobs();
crons.interval("remind", {{ hours: 1 }}, {name}, {{}});
export default crons;
""",
    }, {
        "tasks.py": f"""\
from biconvex.sim.server import action, {root}, {decorator}

@{decorator}(args={{}})
async def remind(ctx, args): ...

@action(args={{}})
async def f(ctx, args):
    await ctx.run_mutation({name}, {{}})
    await ctx.scheduler.run_after(0, {name}, {{}})
""",
        "crons.py": f"""\
from biconvex.sim.server import cron_jobs, {root}

crons = cron_jobs()
crons.interval("remind", {{"hours": 1}}, {name}, {{}})
""",
    }


SILENT = (
    Case("an internal function", *_files("internal")),
    Case(
        "within a component",
        {**_files("api")[0], "convex.config.ts": _COMPONENT},
        _files("internal")[1],
    ),
    Case(
        "a reference that is handed on, and a component's function",
        """\
import { action } from "./_generated/server";
import { api, components } from "./_generated/api";
export const f = action({
  args: {},
  handler: async (ctx) => {
    await pool.enqueue(ctx, api.tasks.f, {});
    await ctx.runMutation(components.pool.lib.enqueue, {});
  },
});
""",
        """\
from biconvex.sim.server import action, api, components

@action(args={})
async def f(ctx, args):
    await pool.enqueue(ctx, api.tasks.f, {})
    await ctx.run_mutation(components.pool.lib.enqueue, {})
""",
    ),
)

FLAGGED = (
    Case("run, scheduled and repeated", *_files("api", ("«", "»"))),
    Case(
        "by its name",
        """\
import { mutation } from "./_generated/server";
export const f = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(1000, «"tasks:f"», {});
  },
});
""",
        """\
from biconvex.sim.server import mutation

@mutation(args={})
async def f(ctx, args):
    await ctx.scheduler.run_after(1000, «"tasks:f"», {})
""",
    ),
)


class PublicFunctionFromServer(Rule):
    """Every call of the backend that goes to a function which clients can call."""

    name = "public-function-from-server"
    theme = "references"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/understanding/best-practices/",
        "https://docs.convex.dev/functions/internal-functions",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each reference to a public function in a call, then those of cron jobs."""
        if backend.kind == "component":
            return
        for call in backend.run_calls:
            yield from _problem(call.reference, f"{callee(call)} calls")
        for scheduled in backend.schedule_calls:
            yield from _problem(scheduled.reference, f"{callee(scheduled)} schedules")
        for job in backend.crons:
            yield from _problem(job.reference, "This cron job calls")


def _problem(reference: FunctionReference | None, who: str) -> Iterator[Problem]:
    function = reference.function if reference else None
    if (
        reference is None
        or function is None
        or function.visibility != "public"
        or reference.root == "internal"
    ):
        return
    if function.kind == "httpAction" or in_tests(reference.place):
        return
    yield Problem(
        reference.place,
        f"{who} `{reference.name}`, {registered_as(function)} that every client can call as well.",
        help="make it internal, or call an internal function that shares its code",
        severity=Severity.INFO if function.kind == "query" else None,
        evidence=declared(function),
        topic=about(function),
    )
