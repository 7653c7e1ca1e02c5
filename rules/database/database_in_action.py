"""The database used where there is none: in an action.

## What it does

Follows the ctx of every action and HTTP action, through destructuring and into helpers in any file, and finds
what uses its `db`.

## Why is this bad?

Actions run outside of transactions, and their ctx has no `db`. TypeScript says so, unless a ctx typed `any`
or a cast hides it, often in a helper that mutations use as well. The action then dies with "Cannot read
properties of undefined" when it gets there, after it has perhaps already called a paid service.

## Example

```ts
export const summarize = internalAction({
  args: { id: v.id("tasks") },
  handler: async (ctx: any, args) => {
    const task = await ctx.db.get("tasks", args.id);
    return await askModel(task.title);
  },
});
```

## Use instead

```ts
export const summarize = internalAction({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => {
    const task = await ctx.runQuery(internal.tasks.get, { id: args.id });
    return await askModel(task.title);
  },
});
```

## Known limits

Silent where the code asks first whether there is a database (`"db" in ctx`), where a custom builder may have
put one there, and where a helper is called with a ctx of unknown origin. A helper that only hands `ctx.db` on
to something out of sight is not reported.

## References

* https://docs.convex.dev/api/interfaces/server.GenericActionCtx
* https://docs.convex.dev/functions/actions#action-context
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import a_kind, begin, callee, name_of, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, DatabaseUse, Kind, Reach

__all__ = ["DatabaseInAction"]

SILENT = (
    Case(
        "an action that runs a query",
        typescript="""\
import { internalAction } from "./_generated/server";
import { internal } from "./_generated/api";
import { v } from "convex/values";
export const summarize = internalAction({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => await ctx.runQuery(internal.tasks.get, { id: args.id }),
});
""",
        python="""\
from biconvex.sim.server import internal, internal_action
from biconvex.sim.values import v

@internal_action(args={"id": v.id("tasks")})
async def summarize(ctx, args):
    return await ctx.run_query(internal.tasks.get, {"id": args["id"]})
""",
    ),
    Case(
        "a helper that only mutations reach",
        typescript="""\
import { mutation, action, type MutationCtx } from "./_generated/server";
async function touch(ctx: MutationCtx) {
  await ctx.db.insert("touches", {});
}
export const visit = mutation({ args: {}, handler: async (ctx) => { await touch(ctx); } });
export const ping = action({ args: {}, handler: async () => { await fetch("https://example.com"); } });
""",
        python="""\
from biconvex.sim.server import action, fetch, mutation

async def touch(ctx):
    await ctx.db.insert("touches", {})

@mutation(args={})
async def visit(ctx, args):
    await touch(ctx)

@action(args={})
async def ping(ctx, args):
    await fetch("https://example.com")
""",
    ),
    Case(
        "a helper that asks for the database first",
        typescript="""\
import { action, query, type ActionCtx, type QueryCtx } from "./_generated/server";
import { internal } from "./_generated/api";
async function first(ctx: QueryCtx | ActionCtx) {
  if ("db" in ctx) {
    return await ctx.db.query("tasks").first();
  }
  return await ctx.runQuery(internal.tasks.first, {});
}
export const a = action({ args: {}, handler: async (ctx) => await first(ctx) });
export const q = query({ args: {}, handler: async (ctx) => await first(ctx) });
""",
        python="""\
from biconvex.sim.server import action, internal, query

async def first(ctx):
    if hasattr(ctx, "db"):
        return await ctx.db.query("tasks").first()
    return await ctx.run_query(internal.tasks.first, {})

@action(args={})
async def a(ctx, args):
    return await first(ctx)

@query(args={})
async def q(ctx, args):
    return await first(ctx)
""",
    ),
    Case(
        "a helper called with a ctx from somewhere else",
        typescript="""\
import { action, type MutationCtx } from "./_generated/server";
import { testContext } from "./testing";
async function count(ctx: MutationCtx) {
  return (await ctx.db.query("tasks").take(100)).length;
}
export const check = action({ args: {}, handler: async () => await count(testContext()) });
""",
        python="""\
from biconvex.sim.server import action
from .testing import test_context

async def count(ctx):
    return len(await ctx.db.query("tasks").take(100))

@action(args={})
async def check(ctx, args):
    return await count(test_context())
""",
    ),
)

FLAGGED = (
    Case(
        "a query in an action",
        typescript="""\
import { internalAction } from "./_generated/server";
import { v } from "convex/values";
export const summarize = internalAction({
  args: { id: v.id("tasks") },
  handler: async (ctx: any, args) => {
    const task = await «ctx.db.get("tasks", args.id)»;
    return task.title;
  },
});
""",
        python="""\
from biconvex.sim.server import internal_action
from biconvex.sim.values import v

@internal_action(args={"id": v.id("tasks")})
async def summarize(ctx, args):
    task = await «ctx.db.get("tasks", args["id"])»
    return task["title"]
""",
    ),
    Case(
        "a write in an HTTP action, which keeps the database in a variable",
        typescript="""\
import { httpAction } from "./_generated/server";
export const hook = httpAction(async (ctx: any, request) => {
  const { db } = ctx;
  await «db.insert("calls", { body: await request.text() })»;
  return new Response(null);
});
""",
        python="""\
from biconvex.sim.server import http_action

@http_action
async def hook(ctx, request):
    db = ctx.db
    await «db.insert("calls", {"body": await request.text()})»
""",
    ),
    Case(
        "an HTTP action within its route",
        typescript={
            "http.ts": """\
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const http = httpRouter();
http.route({
  path: "/hook",
  method: "POST",
  handler: httpAction(async ({ db }: any, request) => {
    await «db.insert("calls", { body: await request.text() })»;
    return new Response(null);
  }),
});
export default http;
"""
        },
        python={
            "http.py": """\
from biconvex.sim.server import http_action, http_router

http = http_router()

async def receive(ctx, request):
    await «ctx.db.insert("calls", {"body": await request.text()})»

http.route(path="/hook", method="POST", handler=http_action(receive))
"""
        },
    ),
    Case(
        "two calls down, in another file",
        typescript={
            "mail.ts": """\
import { action } from "./_generated/server";
import { recipients } from "./lib/people";
export const send = action({ args: {}, handler: async (ctx) => { await recipients(ctx); } });
""",
            "lib/people.ts": """\
import { everybody } from "./table";
export async function recipients(ctx: any) {
  return (await everybody(ctx)).map((person) => person.email);
}
""",
            "lib/table.ts": """\
export const everybody = async (ctx: any) => await «ctx.db.query("people").take(50)»;
""",
        },
        python={
            "mail.py": """\
from biconvex.sim.server import action
from .lib.people import recipients

@action(args={})
async def send(ctx, args):
    await recipients(ctx)
""",
            "lib/people.py": """\
from .table import everybody

async def recipients(ctx):
    return [person["email"] for person in await everybody(ctx)]
""",
            "lib/table.py": """\
async def everybody(ctx):
    return await «ctx.db.query("people").take(50)»
""",
        },
    ),
)

WITHOUT_DATABASE: tuple[Kind, ...] = ("action", "httpAction")


class DatabaseInAction(Rule):
    """Every use of the database that an action's ctx reaches."""

    name = "database-in-action"
    theme = "database"
    severity = Severity.ERROR
    scope = "linked"
    links = (
        "https://docs.convex.dev/api/interfaces/server.GenericActionCtx",
        "https://docs.convex.dev/functions/actions#action-context",
    )
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each use with the calls that lead to it, the shortest way."""
        for use in backend.database_uses:
            reach = _reach(backend, use)
            if reach is None or (use.operation == "passed" and reach.path):
                continue
            yield Problem(use.place, _message(use, reach), help=_help(use), evidence=reach.evidence)


def _reach(backend: Backend, use: DatabaseUse) -> Reach | None:
    ways = (backend.reach(use.body, kind) for kind in WITHOUT_DATABASE if kind in use.kinds)
    return next((way for way in ways if way), None)


def _message(use: DatabaseUse, reach: Reach) -> str:
    function = reach.function
    used = "`ctx.db`" if use.operation == "passed" else callee(use)
    if not reach.path and function.name is None:
        return f"HTTP actions have no database: {used} fails."
    if not reach.path:
        return begin(f"{name_of(function)} is {a_kind(function)}, which has no database: {used} fails.")
    where = f"in `{use.body.name}`" if use.body.name else "here"
    caller = f"{a_kind(function)} calls it, as {name_of(function)} does"
    return f"{used} {where} fails when {caller}: it has no database."


def _help(use: DatabaseUse) -> str:
    if use.operation in {"insert", "patch", "replace", "delete"}:
        kind, run = "mutation", spelled("runMutation", use.place)
    else:
        kind, run = "query", spelled("runQuery", use.place)
    return f"move it to an internal {kind}, and call that with `ctx.{run}`"
