"""Functions scheduled in a loop, or again and again within ten seconds.

## What it does

Finds three things:

* `runAfter` or `runAt` in a loop, also in a helper that is called in a loop, when the number of rounds is not
  known to be small: a loop over all documents of a query, or over any array, whose jobs are all due at once;
* functions that schedule each other in a circle, or one itself, on every run and with less than ten seconds
  for the whole round;
* cron jobs with an interval of less than ten seconds.

## Why is this bad?

Every scheduled function is a document, a transaction and a function call. A mutation may schedule 1,000 at
most, so that a loop over a table works until the table has grown, and then fails every time. Hundreds of jobs
that are due together conflict with each other, and stand in the way of everything else that is scheduled. A
function that schedules itself every second runs 2.6 million times a month, whether or not anybody needs it.

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

A loop counts as small up to 1,000 rounds: a literal array, `take(n)`, a counted range. Where each round
computes its own delay, the jobs are spread over time, and only the loop over all documents of a query is
reported. A round that schedules and then leaves the loop is fine. A function that schedules itself under a
condition is taken for one that works in batches and comes to an end, which is how Convex recommends to do it.
Delays that are not constant are not added up. A page of `paginate` counts as a query without a limit unless
its size is constant.

## References

* https://docs.convex.dev/scheduling/scheduled-functions
* https://docs.convex.dev/production/state/limits
* https://docs.convex.dev/scheduling/cron-jobs
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.scheduling.circles import circles
from biconvex.rules.wording import callee, name_of, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from biconvex.lint.model import Backend, Loop, Place, ScheduleCall
    from biconvex.rules.scheduling.circles import Circle

__all__ = ["FrequentScheduling"]

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
        "batches that come to an end",
        typescript="""\
import { internalMutation } from "./_generated/server";
import { internal } from "./_generated/api";
export const clear = internalMutation({
  args: {},
  handler: async (ctx) => {
    const batch = await ctx.db.query("tasks").take(100);
    for (const task of batch) {
      await ctx.db.delete("tasks", task._id);
    }
    if (batch.length === 100) {
      await ctx.scheduler.runAfter(0, internal.tasks.clear, {});
    }
  },
});
""",
        python="""\
from biconvex.sim.server import internal, internal_mutation

@internal_mutation(args={})
async def clear(ctx, args):
    batch = await ctx.db.query("tasks").take(100)
    for task in batch:
        await ctx.db.delete("tasks", task["_id"])
    if len(batch) == 100:
        await ctx.scheduler.run_after(0, internal.tasks.clear, {})
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
        "every minute, for ever",
        typescript="""\
import { internalMutation } from "./_generated/server";
import { internal } from "./_generated/api";
export const tick = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("ticks", {});
    await ctx.scheduler.runAfter(60 * 1000, internal.tasks.tick, {});
  },
});
""",
        python="""\
from biconvex.sim.server import internal, internal_mutation

@internal_mutation(args={})
async def tick(ctx, args):
    await ctx.db.insert("ticks", {})
    await ctx.scheduler.run_after(60 * 1000, internal.tasks.tick, {})
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
        "a function that schedules itself every second",
        typescript={
            "game.ts": """\
import { internalMutation } from "./_generated/server";
import { internal } from "./_generated/api";
export const step = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("steps", {});
    await «ctx.scheduler.runAfter(1000, internal.game.step, {})»;
  },
});
""",
        },
        python={
            "game.py": """\
from biconvex.sim.server import internal, internal_mutation

@internal_mutation(args={})
async def step(ctx, args):
    await ctx.db.insert("steps", {})
    await «ctx.scheduler.run_after(1000, internal.game.step, {})»
""",
        },
    ),
    Case(
        "two functions that schedule each other",
        typescript={
            "game.ts": """\
import { internalMutation } from "./_generated/server";
import { internal } from "./_generated/api";
export const tick = internalMutation({
  args: {},
  handler: async (ctx) => {
    await «ctx.scheduler.runAfter(0, internal.game.tock, {})»;
  },
});
export const tock = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(2 * 1000, internal.game.tick, {});
  },
});
""",
        },
        python={
            "game.py": """\
from biconvex.sim.server import internal, internal_mutation

@internal_mutation(args={})
async def tick(ctx, args):
    await «ctx.scheduler.run_after(0, internal.game.tock, {})»

@internal_mutation(args={})
async def tock(ctx, args):
    await ctx.scheduler.run_after(2 * 1000, internal.game.tick, {})
""",
        },
    ),
    Case(
        "a cron job every five seconds",
        typescript={
            "crons.ts": """\
import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";
const crons = cronJobs();
«crons.interval("poll", { seconds: 5 }, internal.feed.poll)»;
export default crons;
""",
        },
        python={
            "crons.py": """\
from biconvex.sim.server import cron_jobs, internal

crons = cron_jobs()
«crons.interval("poll", {"seconds": 5}, internal.feed.poll)»
""",
        },
    ),
)

SHORTEST_MS = 10_000
"""Less than this between two runs is too often."""

SMALL = 1_000
"""As many functions as one mutation may schedule (semantics §7)."""


class FrequentScheduling(Rule):
    """Every loop, circle and cron job that schedules too much, too often."""

    name = "frequent-scheduling"
    theme = "scheduling"
    severity = Severity.WARNING
    links = (
        "https://docs.convex.dev/scheduling/scheduled-functions",
        "https://docs.convex.dev/production/state/limits",
        "https://docs.convex.dev/scheduling/cron-jobs",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield loops, then circles, then cron jobs."""
        for call in backend.schedule_calls:
            yield from _looping(backend, call)
        for circle in circles(backend, SHORTEST_MS):
            yield _circle_problem(circle)
        for job in backend.crons:
            if job.method == "interval" and job.period_ms is not None and job.period_ms < SHORTEST_MS:
                name = f"The cron job `{job.identifier}`" if job.identifier else "This cron job"
                yield Problem(
                    job.place,
                    f"{name} runs every {_duration(job.period_ms)}, more often than every 10 s.",
                    help="give it an interval of 10 s or more, or schedule its work when there is some",
                )


# --- loops -------------------------------------------------------------------------------------------------


def _looping(backend: Backend, call: ScheduleCall) -> Iterator[Problem]:
    """Yield a problem if the call is made in a loop that may be large, its own or that of a caller."""
    loop = None if call.leaves_loop else _large(call.loops, call)
    evidence: tuple[tuple[Place, str], ...] = ()
    if loop is None:
        for reach in backend.reached_by(call.body):
            loop = _large([loop for step in reach.path for loop in step.loops], call)
            if loop:
                evidence = reach.evidence
                break
    if loop:
        yield Problem(
            call.place,
            f"`{callee(call)}(…)` {_rounds(loop)}.",
            help="work in batches: schedule one function for many documents, and let it schedule the next",
            evidence=(*evidence, (loop.place, "this loop")),
        )


def _large(loops: Sequence[Loop], call: ScheduleCall) -> Loop | None:
    """Pick the loop that calls too often. A delay computed in each round spreads the jobs over time."""
    for loop in loops:
        if loop.query and loop.query.complete and loop.query.terminal in {"collect", "iterate"}:
            return loop
        unknown = loop.bound is None and loop.query is None
        if unknown and call.operation == "runAfter" and call.delay_ms is not None:
            return loop
        if loop.bound is not None and loop.bound > SMALL:
            return loop
    return None


def _rounds(loop: Loop) -> str:
    if loop.query:
        table = f" of `{loop.query.table}`" if loop.query.table else ""
        return f"runs once for every document{table} that the query finds, however many there are"
    if loop.bound is not None:
        return f"runs up to {loop.bound:,} times in a row; a mutation can schedule {SMALL:,} functions"
    if loop.endless:
        return "is in a loop without end, and its jobs are all due at once"
    return "is in a loop of any number of rounds, and its jobs are all due at once"


# --- circles and figures ------------------------------------------------------------------------------------


def _circle_problem(circle: Circle) -> Problem:
    function, call = circle[0]
    total_ms = sum(call.delay_ms or 0 for _, call in circle)
    others = ", ".join(name_of(other) for other, _ in circle[1:])
    whom = f"itself again through {others}" if others else "itself"
    when = f"every {_duration(total_ms)}" if total_ms else "without a pause"
    return Problem(
        call.place,
        f"{name_of(function)} schedules {whom} on every run: it never stops, and runs {when}.",
        help=f"call `{spelled('runAfter', call.place)}` only while there is work left",
        evidence=tuple(
            (call.place, f"{name_of(f)} schedules the next after {_duration(call.delay_ms or 0)}")
            for f, call in circle[1:]
        ),
    )


def _duration(milliseconds: float) -> str:
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"
