"""Functions that run again and again within ten seconds.

## What it does

Finds functions that schedule each other in a circle, or one itself, on every run and with less than ten
seconds for the whole round; and mutations that schedule themselves after a pause of less than ten seconds,
also under a condition. Cron jobs have a rule of their own, `frequent-cron`.

## Why is this bad?

A function that schedules itself every second runs 2.6 million times a month, whether or not anybody needs it.
Each run is a document, a transaction and a function call, and keeps every query that reads what it writes
running as well. A circle without a condition never ends: the jobs survive every deployment.

## Example

```ts
export const step = internalMutation({
  args: {},
  handler: async (ctx) => {
    await moveEverything(ctx);
    await ctx.scheduler.runAfter(1000, internal.game.step, {});
  },
});
```

## Use instead

```ts
export const step = internalMutation({
  args: {},
  handler: async (ctx) => {
    const moved = await moveEverything(ctx);
    if (moved > 0) {
      await ctx.scheduler.runAfter(10_000, internal.game.step, {});
    }
  },
});
```

## Known limits

A function that schedules itself under a condition and without a pause is taken for one that works in batches
and comes to an end, which is how Convex recommends to do it; so is one that reads with `take` or `paginate`,
and an action. Silent about delays that are not constant, and about circles that go through `ctx.runMutation`.

## References

* https://docs.convex.dev/scheduling/scheduled-functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.scheduling.circles import circles
from biconvex.rules.wording import begin, name_of, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend
    from biconvex.rules.scheduling.circles import Circle

__all__ = ["FrequentScheduling"]

SILENT = (
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
        "a game that is played every half second until it is over",
        typescript={
            "game.ts": """\
import { internalMutation } from "./_generated/server";
import { internal } from "./_generated/api";
import { v } from "convex/values";
const TICK_MS = 500;
export const tick = internalMutation({
  args: { id: v.id("games") },
  handler: async (ctx, args) => {
    const game = await ctx.db.get("games", args.id);
    if (!game || game.over) return;
    await ctx.db.patch("games", args.id, { round: game.round + 1 });
    await «ctx.scheduler.runAfter(TICK_MS, internal.game.tick, args)»;
  },
});
""",
        },
        python={
            "game.py": """\
from biconvex.sim.server import internal, internal_mutation
from biconvex.sim.values import v

TICK_MS = 500

@internal_mutation(args={"id": v.id("games")})
async def tick(ctx, args):
    game = await ctx.db.get("games", args["id"])
    if game is None or game["over"]:
        return
    await ctx.db.patch("games", args["id"], {"round": game["round"] + 1})
    await «ctx.scheduler.run_after(TICK_MS, internal.game.tick, args)»
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
)

SHORTEST_MS = 10_000
"""Less than this between two runs is too often."""


class FrequentScheduling(Rule):
    """Every circle of scheduled functions that goes round too fast."""

    name = "frequent-scheduling"
    theme = "scheduling"
    severity = Severity.WARNING
    scope = "linked"
    links = ("https://docs.convex.dev/scheduling/scheduled-functions",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield circles, then functions that go step by step."""
        for circle in circles(backend, SHORTEST_MS):
            yield _circle_problem(circle)
        yield from _steps(backend)


def _circle_problem(circle: Circle) -> Problem:
    function, call = circle[0]
    total_ms = sum(call.delay_ms or 0 for _, call in circle)
    others = ", ".join(name_of(other) for other, _ in circle[1:])
    whom = f"itself again through {others}" if others else "itself"
    when = f"every {_duration(total_ms)}" if total_ms else "without a pause"
    return Problem(
        call.place,
        begin(f"{name_of(function)} schedules {whom} on every run: it never stops, and runs {when}."),
        help=f"call `{spelled('runAfter', call.place)}` only while there is work left",
        evidence=tuple(
            (call.place, f"{name_of(f)} schedules the next after {_duration(call.delay_ms or 0)}")
            for f, call in circle[1:]
        ),
    )


def _steps(backend: Backend) -> Iterator[Problem]:
    """Yield mutations that schedule themselves after a short pause, under whatever condition: games, countdowns.

    Not those without a pause, nor those that read a batch: they work through something.
    """
    batches = {
        use.body
        for use in backend.database_uses
        if any(chain.terminal in {"take", "paginate"} for chain in use.chains)
    }
    handlers = {function.handler: function for function in backend.functions if function.kind == "mutation"}
    for call in backend.schedule_calls:
        function = handlers.get(call.body) if call.schedules_itself and call.conditional else None
        if function and 0 < (call.delay_ms or 0) < SHORTEST_MS and call.body not in batches:
            pause = _duration(call.delay_ms or 0)
            yield Problem(
                call.place,
                begin(
                    f"{name_of(function)} schedules itself again after {pause}, more often than every 10 s."
                ),
                help="let 10 s or more pass, and do the work of several steps in one run",
            )


def _duration(milliseconds: float) -> str:
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"
