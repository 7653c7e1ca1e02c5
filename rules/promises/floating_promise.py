"""A promise that nobody awaits.

## What it does

Finds calls on a ctx, and of the project's own async functions that are handed a ctx, whose promise is
dropped: called as a statement, kept in a variable that nothing reads, made in the callback of a `forEach`, or
gathered by a `Promise.all` or `map` that itself is not awaited.

## Why is this bad?

In an action, work that is still going on when the handler returns may or may not happen. In a query or
mutation Convex finishes what was begun, but the function goes on before it is done, `try` around it catches
nothing, and a failure ends the whole function. In Python, a coroutine that nobody awaits does not even begin.

## Example

```ts
export const finish = mutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => {
    ctx.db.patch("tasks", args.id, { done: true });
    ctx.scheduler.runAfter(0, internal.mail.send, { id: args.id });
  },
});
```

## Use instead

```ts
export const finish = mutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => {
    await ctx.db.patch("tasks", args.id, { done: true });
    await ctx.scheduler.runAfter(0, internal.mail.send, { id: args.id });
  },
});
```

## Known limits

Silent for a promise that is returned, passed on, put into an array or a map, or kept in a variable that
something reads: it may be awaited there. `void promise` says that the author means it, and is not reported.

## References

* https://docs.convex.dev/understanding/best-practices/#await-all-promises
* https://docs.convex.dev/functions/actions#dangling-promises
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Fix, Severity
from biconvex.lint.fixes import insert_before
from biconvex.lint.rule import Case, Fixed, Problem, Rule
from biconvex.rules.wording import begin, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Promise

__all__ = ["FloatingPromise"]

SILENT = (
    Case(
        "awaited, returned and gathered",
        typescript="""\
import { mutation } from "./_generated/server";
import { v } from "convex/values";
export const finish = mutation({
  args: { ids: v.array(v.id("tasks")) },
  handler: async (ctx, args) => {
    await ctx.db.insert("log", { ids: args.ids });
    await Promise.all(args.ids.map((id) => ctx.db.patch("tasks", id, { done: true })));
    return ctx.db.query("tasks").first();
  },
});
""",
        python="""\
import asyncio
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={"ids": v.array(v.id("tasks"))})
async def finish(ctx, args):
    await ctx.db.insert("log", {"ids": args["ids"]})
    await asyncio.gather(*[ctx.db.patch("tasks", id, {"done": True}) for id in args["ids"]])
    return await ctx.db.query("tasks").first()
""",
    ),
    Case(
        "begun now, awaited later",
        typescript="""\
import { query } from "./_generated/server";
export const both = query({
  args: {},
  handler: async (ctx) => {
    const tasks = ctx.db.query("tasks").take(10);
    const users = ctx.db.query("users").take(10);
    return { tasks: await tasks, users: await users };
  },
});
""",
        python="""\
from biconvex.sim.server import query

@query(args={})
async def both(ctx, args):
    tasks = ctx.db.query("tasks").take(10)
    users = ctx.db.query("users").take(10)
    return {"tasks": await tasks, "users": await users}
""",
    ),
    Case(
        "remembered in a map and awaited together",
        typescript="""\
import { query, type QueryCtx } from "./_generated/server";
import { v } from "convex/values";
export const owners = query({
  args: { ids: v.array(v.id("users")) },
  handler: async (ctx, args) => {
    const pending = new Map();
    for (const id of args.ids) {
      if (!pending.has(id)) {
        const owner = ctx.db.get("users", id);
        pending.set(id, owner);
      }
    }
    return await Promise.all(pending.values());
  },
});
""",
        python="""\
import asyncio
from biconvex.sim.server import query
from biconvex.sim.values import v

@query(args={"ids": v.array(v.id("users"))})
async def owners(ctx, args):
    pending = {}
    for id in args["ids"]:
        if id not in pending:
            owner = ctx.db.get("users", id)
            pending[id] = owner
    return await asyncio.gather(*pending.values())
""",
    ),
    Case(
        "dropped on purpose, and what is no promise",
        typescript="""\
import { mutation } from "./_generated/server";
import { internal } from "./_generated/api";
import { v } from "convex/values";
export const finish = mutation({
  args: { id: v.string() },
  handler: async (ctx, args) => {
    void ctx.scheduler.runAfter(60_000, internal.mail.send, {});
    ctx.db.normalizeId("tasks", args.id);
  },
});
""",
        python="""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={"id": v.string()})
async def finish(ctx, args):
    ctx.db.normalize_id("tasks", args["id"])
""",
    ),
)

FLAGGED = (
    Case(
        "a write that nobody awaits",
        typescript="""\
import { mutation } from "./_generated/server";
import { v } from "convex/values";
export const finish = mutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => {
    «ctx.db.patch("tasks", args.id, { done: true })»;
  },
});
""",
        python="""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={"id": v.id("tasks")})
async def finish(ctx, args):
    «ctx.db.patch("tasks", args["id"], {"done": True})»
""",
        fixed=Fixed(
            typescript="""\
import { mutation } from "./_generated/server";
import { v } from "convex/values";
export const finish = mutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => {
    await ctx.db.patch("tasks", args.id, { done: true });
  },
});
""",
            python="""\
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={"id": v.id("tasks")})
async def finish(ctx, args):
    await ctx.db.patch("tasks", args["id"], {"done": True})
""",
        ),
    ),
    Case(
        "a job scheduled by an action, in one branch",
        typescript="""\
import { action } from "./_generated/server";
import { internal } from "./_generated/api";
import { v } from "convex/values";
export const order = action({
  args: { mail: v.boolean() },
  handler: async (ctx, args) => {
    if (args.mail) {
      «ctx.scheduler.runAfter(60_000, internal.mail.send, {})»;
      return;
    }
    await ctx.runMutation(internal.tasks.finish, {});
  },
});
""",
        python="""\
from biconvex.sim.server import action, internal
from biconvex.sim.values import v

@action(args={"mail": v.boolean()})
async def order(ctx, args):
    if args["mail"]:
        «ctx.scheduler.run_after(60_000, internal.mail.send, {})»
        return
    await ctx.run_mutation(internal.tasks.finish, {})
""",
        fixed=Fixed(
            typescript="""\
import { action } from "./_generated/server";
import { internal } from "./_generated/api";
import { v } from "convex/values";
export const order = action({
  args: { mail: v.boolean() },
  handler: async (ctx, args) => {
    if (args.mail) {
      await ctx.scheduler.runAfter(60_000, internal.mail.send, {});
      return;
    }
    await ctx.runMutation(internal.tasks.finish, {});
  },
});
""",
            python="""\
from biconvex.sim.server import action, internal
from biconvex.sim.values import v

@action(args={"mail": v.boolean()})
async def order(ctx, args):
    if args["mail"]:
        await ctx.scheduler.run_after(60_000, internal.mail.send, {})
        return
    await ctx.run_mutation(internal.tasks.finish, {})
""",
        ),
    ),
    Case(
        "all at once, without waiting for any",
        typescript="""\
import { mutation } from "./_generated/server";
import { v } from "convex/values";
export const remove = mutation({
  args: { ids: v.array(v.id("tasks")) },
  handler: async (ctx, args) => {
    «args.ids.forEach(async (id) => {
      await ctx.db.delete("tasks", id);
    })»;
    «Promise.all(args.ids.map((id) => ctx.db.delete("tasks", id)))»;
  },
});
""",
        python="""\
import asyncio
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={"ids": v.array(v.id("tasks"))})
async def remove(ctx, args):
    [«ctx.db.delete("tasks", id)» for id in args["ids"]]
    «asyncio.gather(*[ctx.db.delete("tasks", id) for id in args["ids"]])»
""",
        fixed=Fixed(
            typescript="""\
import { mutation } from "./_generated/server";
import { v } from "convex/values";
export const remove = mutation({
  args: { ids: v.array(v.id("tasks")) },
  handler: async (ctx, args) => {
    args.ids.forEach(async (id) => {
      await ctx.db.delete("tasks", id);
    });
    await Promise.all(args.ids.map((id) => ctx.db.delete("tasks", id)));
  },
});
""",
            python="""\
import asyncio
from biconvex.sim.server import mutation
from biconvex.sim.values import v

@mutation(args={"ids": v.array(v.id("tasks"))})
async def remove(ctx, args):
    [ctx.db.delete("tasks", id) for id in args["ids"]]
    await asyncio.gather(*[ctx.db.delete("tasks", id) for id in args["ids"]])
""",
        ),
    ),
    Case(
        "a helper of the project, called and forgotten",
        typescript={
            "tasks.ts": """\
import { mutation } from "./_generated/server";
import { record } from "./lib/log";
export const finish = mutation({
  args: {},
  handler: async (ctx) => {
    «record(ctx, "finished")»;
  },
});
""",
            "lib/log.ts": """\
import type { MutationCtx } from "../_generated/server";
export async function record(ctx: MutationCtx, text: string) {
  await ctx.db.insert("log", { text });
}
""",
        },
        python={
            "tasks.py": """\
from biconvex.sim.server import mutation
from .lib.log import record

@mutation(args={})
async def finish(ctx, args):
    «record(ctx, "finished")»
""",
            "lib/log.py": """\
async def record(ctx, text):
    await ctx.db.insert("log", {"text": text})
""",
        },
        fixed=Fixed(
            typescript={
                "tasks.ts": """\
import { mutation } from "./_generated/server";
import { record } from "./lib/log";
export const finish = mutation({
  args: {},
  handler: async (ctx) => {
    await record(ctx, "finished");
  },
});
"""
            },
            python={
                "tasks.py": """\
from biconvex.sim.server import mutation
from .lib.log import record

@mutation(args={})
async def finish(ctx, args):
    await record(ctx, "finished")
"""
            },
        ),
    ),
)


class FloatingPromise(Rule):
    """Every promise of a ctx that is dropped."""

    name = "floating-promise"
    theme = "promises"
    severity = Severity.ERROR
    scope = "linked"
    fixable = "safe"
    links = (
        "https://docs.convex.dev/understanding/best-practices/#await-all-promises",
        "https://docs.convex.dev/functions/actions#dangling-promises",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each promise that floats, or that only a variable holds which nothing reads."""
        for promise in backend.promises:
            if promise.fate in {"floating", "unused"}:
                yield Problem(promise.place, _message(promise), help=_help(promise), fix=_fix(promise))


def _fix(promise: Promise) -> Fix | None:
    """Await what is dropped, unless it is dropped within a callback that nobody waits for."""
    if not promise.in_async or promise.through in {"forEach", "map"}:
        return None
    return Fix(_help(promise), (insert_before(promise.place, "await "),))


def _message(promise: Promise) -> str:
    called = quoted(promise.callee)
    if promise.through == "map" and promise.place.source.language == "python":
        fact = f"{called} in this comprehension is never awaited"
    elif promise.through in {"forEach", "map"}:
        fact = f"`{promise.through}` does not wait for its callback, so {called} in it is never awaited"
    elif promise.through:
        fact = f"{called} is gathered by `{promise.through}`, which is never awaited"
    elif promise.fate == "unused":
        fact = f"{called} is kept in a variable that nothing reads, and never awaited"
    else:
        fact = f"{called} is never awaited"
    return begin(f"{fact}: {_consequence(promise)}.")


def _consequence(promise: Promise) -> str:
    if promise.place.source.language == "python":
        return "a coroutine that nobody awaits does not run"
    caught = ".catch(" in promise.place.text
    if promise.body.kinds & {"action", "httpAction"}:
        unheard = "" if caught else "if it fails, nobody hears of it, and "
        if (promise.api or "").startswith("scheduler."):
            return f"{unheard}the job may not be scheduled"
        return f"{unheard}it may not happen at all once the action has returned"
    return "the function goes on before it is done" + ("" if caught else ", and can't catch its failure")


def _help(promise: Promise) -> str:
    python = promise.place.source.language == "python"
    together = "`await asyncio.gather(*…)`" if python else "`await Promise.all(….map(…))`"
    if promise.through == "forEach":
        return f"use a `for … of` loop and await it there, or {together}"
    if promise.through == "map":
        return f"await it all with {together}"
    if promise.through:
        return f"await the `{promise.through}`"
    return "await it" if promise.in_async else "await it in an async function, or return it"
