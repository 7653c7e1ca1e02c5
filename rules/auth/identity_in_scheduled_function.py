"""The identity of the caller, read in a function that only the scheduler runs.

## What it does

Finds `ctx.auth.getUserIdentity()` where only the scheduler and cron jobs lead: in internal functions that are
scheduled and nothing else, in what those run, and in helpers that only they call.

## Why is this bad?

Nobody is logged in when the scheduler runs a function: Convex doesn't hand on the identity of whoever scheduled it. It
is always null there, so a check always fails, and work that was promised is never done.

## Example

```ts
await ctx.scheduler.runAfter(0, internal.mails.send, { text });
// mails.ts
export const send = internalMutation({
  args: { text: v.string() },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    await ctx.db.insert("mails", { to: identity!.email!, text: args.text });
  },
});
```

## Use instead

```ts
const identity = await ctx.auth.getUserIdentity();
await ctx.scheduler.runAfter(0, internal.mails.send, { to: identity!.email!, text });
```

## Known limits

Silent where anything else refers to the function, where a helper is shared with functions that do have a caller, and
where nothing in sight schedules it.

## References

* https://docs.convex.dev/scheduling/scheduled-functions#auth
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.auth.identity import READ
from biconvex.rules.auth.unattended import unattended
from biconvex.rules.wording import callee, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["IdentityInScheduledFunction"]

_TS_HEAD = """\
import { mutation, internalMutation } from "./_generated/server";
import { internal } from "./_generated/api";
import { cronJobs } from "convex/server";
"""
_PY_HEAD = """\
from biconvex.sim.server import cron_jobs, internal, internal_mutation, mutation
"""


def _case(name: str, typescript: str, python: str) -> Case:
    return Case(name, typescript={"mails.ts": _TS_HEAD + typescript}, python={"mails.py": _PY_HEAD + python})


SILENT = (
    _case(
        "the identity is read before",
        """\
export const ask = mutation({ args: {}, handler: async (ctx) => {
  const identity = await ctx.auth.getUserIdentity();
  await ctx.scheduler.runAfter(0, internal.mails.send, { to: identity });
} });
export const send = internalMutation({ args: {}, handler: async (ctx, args) => {
  await ctx.db.insert("mails", args);
} });
""",
        """\
@mutation(args={})
async def ask(ctx, args):
    identity = await ctx.auth.get_user_identity()
    await ctx.scheduler.run_after(0, internal.mails.send, {"to": identity})

@internal_mutation(args={})
async def send(ctx, args):
    await ctx.db.insert("mails", args)
""",
    ),
    _case(
        "a function that is also run for a caller",
        """\
export const ask = mutation({ args: {}, handler: async (ctx) => {
  await ctx.scheduler.runAfter(0, internal.mails.send, {});
  await ctx.runMutation(internal.mails.send, {});
} });
export const send = internalMutation({ args: {}, handler: async (ctx) => {
  await ctx.db.insert("mails", { to: await ctx.auth.getUserIdentity() });
} });
""",
        """\
@mutation(args={})
async def ask(ctx, args):
    await ctx.scheduler.run_after(0, internal.mails.send, {})
    await ctx.run_mutation(internal.mails.send, {})

@internal_mutation(args={})
async def send(ctx, args):
    await ctx.db.insert("mails", {"to": await ctx.auth.get_user_identity()})
""",
    ),
    _case(
        "a helper that is shared with functions that have a caller",
        """\
async function whoami(ctx) { return await ctx.auth.getUserIdentity(); }
export const ask = mutation({ args: {}, handler: async (ctx) => {
  await whoami(ctx);
  await ctx.scheduler.runAfter(0, internal.mails.send, {});
} });
export const send = internalMutation({ args: {}, handler: async (ctx) => { await whoami(ctx); } });
""",
        """\
async def whoami(ctx):
    return await ctx.auth.get_user_identity()

@mutation(args={})
async def ask(ctx, args):
    await whoami(ctx)
    await ctx.scheduler.run_after(0, internal.mails.send, {})

@internal_mutation(args={})
async def send(ctx, args):
    await whoami(ctx)
""",
    ),
)

FLAGGED = (
    _case(
        "a function that is only scheduled",
        """\
export const ask = mutation({ args: {}, handler: async (ctx) => {
  await ctx.scheduler.runAfter(0, internal.mails.send, {});
} });
export const send = internalMutation({ args: {}, handler: async (ctx) => {
  await ctx.db.insert("mails", { to: await «ctx.auth.getUserIdentity()» });
} });
""",
        """\
@mutation(args={})
async def ask(ctx, args):
    await ctx.scheduler.run_after(0, internal.mails.send, {})

@internal_mutation(args={})
async def send(ctx, args):
    await ctx.db.insert("mails", {"to": await «ctx.auth.get_user_identity()»})
""",
    ),
    _case(
        "a helper of what a cron job runs",
        """\
const crons = cronJobs();
crons.interval("send", { hours: 1 }, internal.mails.sendAll, {});
export default crons;
export const sendAll = internalMutation({ args: {}, handler: async (ctx) => {
  await ctx.runMutation(internal.mails.send, {});
} });
export const send = internalMutation({ args: {}, handler: async (ctx) => { await whoami(ctx); } });
async function whoami(ctx) { return await «ctx.auth.getUserIdentity()»; }
""",
        """\
crons = cron_jobs()
crons.interval("send", {"hours": 1}, internal.mails.send_all, {})

@internal_mutation(args={})
async def send_all(ctx, args):
    await ctx.run_mutation(internal.mails.send, {})

@internal_mutation(args={})
async def send(ctx, args):
    await whoami(ctx)

async def whoami(ctx):
    return await «ctx.auth.get_user_identity()»
""",
    ),
)


class IdentityInScheduledFunction(Rule):
    """Every read of the identity that only unattended functions reach."""

    name = "identity-in-scheduled-function"
    theme = "auth"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/scheduling/scheduled-functions#auth",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such read, with who schedules its function."""
        reads = [call for call in backend.ctx_calls if call.api == READ]
        alone = unattended(backend) if reads and not backend.fragment else {}
        for call in reads:
            ways = backend.reached_by(call.body)
            if not ways or not all(way.function in alone for way in ways):
                continue
            function = ways[0].function
            yield Problem(
                call.place,
                f"{callee(call)} always gives null here: only the scheduler and cron jobs run {name_of(function)}.",
                help="read the identity where the function is scheduled, and hand on what it needs as an argument",
                evidence=((alone[function], "what runs it"), *ways[0].evidence),
            )
