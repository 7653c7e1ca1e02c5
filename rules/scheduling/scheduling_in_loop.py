"""Functions scheduled in a loop that is, or becomes, a large one.

## What it does

Finds `runAfter` and `runAt` in a loop that surely is, or becomes, a large one: over all documents of a query,
over as many values as a caller passes, or counting to more than ten with all jobs due at once. A helper that
schedules is followed to the loops in which it is called, in any file.

## Why is this bad?

Every scheduled function is a document, a transaction and a function call. A mutation may schedule 1,000 at
most, so that a loop over a table works until the table has grown, and then fails every time. Hundreds of jobs
that are due together conflict with each other, and stand in the way of everything else that is scheduled.

## Example

```ts
for (const user of await ctx.db.query("users").collect()) {
  await ctx.scheduler.runAfter(0, internal.mail.send, { user: user._id });
}
```

## Use instead

```ts
const page = await ctx.db.query("users").paginate({ cursor: args.cursor, numItems: 100 });
await ctx.scheduler.runAfter(0, internal.mail.sendAll, { users: page.page.map((user) => user._id) });
if (!page.isDone) {
  await ctx.scheduler.runAfter(0, internal.mail.nextPage, { cursor: page.continueCursor });
}
```

## Known limits

Silent about a loop that may be small: over an array from elsewhere, one written out, `take(n)` up to 1,000,
or a page. Silent about arguments whose length the function looks at. Where each round computes its own delay,
the jobs are spread over time, and only the loop over all documents of a query is reported. A round that
schedules and then leaves the loop is fine, and so is a helper that schedules only under a condition.

## References

* https://docs.convex.dev/scheduling/scheduled-functions
* https://docs.convex.dev/production/state/limits
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.scheduling.loops import too_many
from biconvex.rules.wording import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Loop, Place, ScheduleCall

__all__ = ["SchedulingInLoop"]

SILENT = (
    Case(
        "a few, from an array in sight and from a limited query",
        typescript="""\
import { mutation } from "./_generated/server";
import { internal } from "./_generated/api";
export const start = mutation({
  args: {},
  handler: async (ctx) => {
    for (const name of ["mail", "push"]) {
      await ctx.scheduler.runAfter(0, internal.notify.send, { name });
    }
    for (const user of await ctx.db.query("users").take(50)) {
      await ctx.scheduler.runAfter(0, internal.notify.send, { name: user.name });
    }
  },
});
""",
        python="""\
from biconvex.sim.server import internal, mutation

@mutation(args={})
async def start(ctx, args):
    for name in ["mail", "push"]:
        await ctx.scheduler.run_after(0, internal.notify.send, {"name": name})
    for user in await ctx.db.query("users").take(50):
        await ctx.scheduler.run_after(0, internal.notify.send, {"name": user["name"]})
""",
    ),
    Case(
        "scheduled in a loop that ends with it",
        typescript="""\
import { internalMutation } from "./_generated/server";
import { internal } from "./_generated/api";
export const sweep = internalMutation({
  args: {},
  handler: async (ctx) => {
    let seen = 0;
    for await (const task of ctx.db.query("tasks")) {
      seen += 1;
      if (seen > 500) {
        await ctx.scheduler.runAfter(0, internal.tasks.sweep, {});
        return;
      }
      await ctx.db.patch("tasks", task._id, { seen: true });
    }
  },
});
""",
        python="""\
from biconvex.sim.server import internal, internal_mutation

@internal_mutation(args={})
async def sweep(ctx, args):
    seen = 0
    async for task in ctx.db.query("tasks"):
        seen += 1
        if seen > 500:
            await ctx.scheduler.run_after(0, internal.tasks.sweep, {})
            return
        await ctx.db.patch("tasks", task["_id"], {"seen": True})
""",
    ),
    Case(
        "a helper that schedules, called for one document at most",
        typescript="""\
import { internalMutation, type MutationCtx } from "./_generated/server";
import { internal } from "./_generated/api";
async function greet(ctx: MutationCtx, user: string) {
  await ctx.scheduler.runAfter(0, internal.mail.send, { user });
}
export const remind = internalMutation({
  args: {},
  handler: async (ctx) => {
    for await (const user of ctx.db.query("users")) {
      if (user.forgetful) return await greet(ctx, user._id);
    }
  },
});
""",
        python="""\
from biconvex.sim.server import internal, internal_mutation

async def greet(ctx, user):
    await ctx.scheduler.run_after(0, internal.mail.send, {"user": user})

@internal_mutation(args={})
async def remind(ctx, args):
    async for user in ctx.db.query("users"):
        if user["forgetful"]:
            return await greet(ctx, user["_id"])
""",
    ),
    Case(
        "arrays that may be small, or are checked to be",
        typescript="""\
import { mutation, action } from "./_generated/server";
import { internal } from "./_generated/api";
import { v } from "convex/values";
export const fetchAll = action({
  args: {},
  handler: async (ctx) => {
    const feeds = await ctx.runQuery(internal.feeds.due, {});
    for (const feed of feeds) {
      await ctx.scheduler.runAfter(0, internal.feeds.fetch, { feed });
    }
  },
});
export const notify = mutation({
  args: { users: v.array(v.id("users")) },
  handler: async (ctx, args) => {
    if (args.users.length > 20) throw new Error("too many");
    await Promise.all(args.users.map((user) => ctx.scheduler.runAfter(0, internal.mail.send, { user })));
  },
});
""",
        python="""\
from biconvex.sim.server import action, internal, mutation
from biconvex.sim.values import v

@action(args={})
async def fetch_all(ctx, args):
    feeds = await ctx.run_query(internal.feeds.due, {})
    for feed in feeds:
        await ctx.scheduler.run_after(0, internal.feeds.fetch, {"feed": feed})

@mutation(args={"users": v.array(v.id("users"))})
async def notify(ctx, args):
    if len(args["users"]) > 20:
        raise ValueError("too many")
    for user in args["users"]:
        await ctx.scheduler.run_after(0, internal.mail.send, {"user": user})
""",
    ),
)

FLAGGED = (
    Case(
        "a job for every document",
        typescript="""\
import { internalMutation } from "./_generated/server";
import { internal } from "./_generated/api";
export const remind = internalMutation({
  args: {},
  handler: async (ctx) => {
    const users = await ctx.db.query("users").collect();
    for (const user of users) {
      await «ctx.scheduler.runAfter(0, internal.mail.send, { user: user._id })»;
    }
  },
});
""",
        python="""\
from biconvex.sim.server import internal, internal_mutation

@internal_mutation(args={})
async def remind(ctx, args):
    users = await ctx.db.query("users").collect()
    for user in users:
        await «ctx.scheduler.run_after(0, internal.mail.send, {"user": user["_id"]})»
""",
    ),
    Case(
        "a helper that schedules, called for every document",
        typescript={
            "users.ts": """\
import { internalMutation } from "./_generated/server";
import { greet } from "./lib/mail";
export const remind = internalMutation({
  args: {},
  handler: async (ctx) => {
    for await (const user of ctx.db.query("users")) {
      await greet(ctx, user._id);
    }
  },
});
""",
            "lib/mail.ts": """\
import type { MutationCtx } from "../_generated/server";
import { internal } from "../_generated/api";
export async function greet(ctx: MutationCtx, user: string) {
  await «ctx.scheduler.runAfter(1000, internal.mail.send, { user })»;
}
""",
        },
        python={
            "users.py": """\
from biconvex.sim.server import internal_mutation
from .lib.mail import greet

@internal_mutation(args={})
async def remind(ctx, args):
    async for user in ctx.db.query("users"):
        await greet(ctx, user["_id"])
""",
            "lib/mail.py": """\
from biconvex.sim.server import internal

async def greet(ctx, user):
    await «ctx.scheduler.run_after(1000, internal.mail.send, {"user": user})»
""",
        },
    ),
    Case(
        "as many jobs as the caller asks for",
        typescript="""\
import { mutation } from "./_generated/server";
import { internal } from "./_generated/api";
import { v } from "convex/values";
export const notify = mutation({
  args: { users: v.array(v.id("users")) },
  handler: async (ctx, { users }) => {
    await Promise.all(users.map((user) => «ctx.scheduler.runAfter(0, internal.mail.send, { user })»));
  },
});
""",
        python="""\
from biconvex.sim.server import internal, mutation
from biconvex.sim.values import v

@mutation(args={"users": v.array(v.id("users"))})
async def notify(ctx, args):
    for user in args["users"]:
        await «ctx.scheduler.run_after(0, internal.mail.send, {"user": user})»
""",
    ),
    Case(
        "a hundred jobs at once",
        typescript="""\
import { mutation } from "./_generated/server";
import { internal } from "./_generated/api";
export const start = mutation({
  args: {},
  handler: async (ctx) => {
    for (let i = 0; i < 100; i++) {
      await «ctx.scheduler.runAfter(5000, internal.game.move, { i })»;
    }
  },
});
""",
        python="""\
from biconvex.sim.server import internal, mutation

@mutation(args={})
async def start(ctx, args):
    for i in range(100):
        await «ctx.scheduler.run_after(5000, internal.game.move, {"i": i})»
""",
    ),
)


class SchedulingInLoop(Rule):
    """Every scheduled call in a loop that is too large, its own or that of a caller."""

    name = "scheduling-in-loop"
    theme = "scheduling"
    severity = Severity.WARNING
    scope = "linked"
    links = (
        "https://docs.convex.dev/scheduling/scheduled-functions",
        "https://docs.convex.dev/production/state/limits",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each call once, for the outermost loop that is too large."""
        for call in backend.schedule_calls:
            yield from _looping(backend, call)


def _looping(backend: Backend, call: ScheduleCall) -> Iterator[Problem]:
    """Yield a problem if the call is made in a loop that is too large, its own or that of a caller."""
    for loop in () if call.leaves_loop else call.loops:
        reason = too_many(loop, call)
        if reason:
            yield _loop_problem(call, loop, reason)
            return
    if call.conditional:
        return
    for reach in backend.reached_by(call.body):
        for loop in (loop for step in reach.path if not step.leaves_loop for loop in step.loops):
            reason = too_many(loop, call)
            if reason:
                yield _loop_problem(call, loop, reason, reach.evidence)
                return


def _loop_problem(
    call: ScheduleCall, loop: Loop, reason: str, evidence: tuple[tuple[Place, str], ...] = ()
) -> Problem:
    return Problem(
        call.place,
        f"{callee(call)} {reason}.",
        help="work in batches: schedule one function for many documents, and let it schedule the next",
        evidence=(*evidence, (loop.place, "this loop")),
    )
