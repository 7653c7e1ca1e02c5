"""A write, a job or an upload in a query, which can only read.

## What it does

Finds calls that change something — `ctx.db.insert`, `patch`, `replace` and `delete`, `ctx.scheduler`,
`ctx.storage.generateUploadUrl`, `store` and `delete`, `ctx.runMutation` and `ctx.runAction` — where a query's ctx is
used, in the query itself or in a helper that it calls.

## Why is this bad?

A query's ctx has none of them: the call throws when it runs. TypeScript says so unless an `any` is in the way.

## Example

```ts
export const open = query({
  args: { id: v.id("tasks") },
  handler: async (ctx: any, args) => {
    await ctx.db.patch("tasks", args.id, { seen: true });
    return await ctx.db.get("tasks", args.id);
  },
});
```

## Use instead

```ts
export const open = mutation({
  args: { id: v.id("tasks") },
  handler: async (ctx, args) => {
    await ctx.db.patch("tasks", args.id, { seen: true });
    return await ctx.db.get("tasks", args.id);
  },
});
```

## Known limits

Silent where a builder of your own may have given the query another ctx, and after a test on the ctx (`"insert" in
ctx.db`).

## References

* https://docs.convex.dev/functions/query-functions#query-context
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from biconvex.lint.finding import Severity
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.wording import begin, callee, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, CtxCall, Reach

__all__ = ["WriteInQuery"]

_CHANGES: Final = frozenset(
    {
        "db.insert", "db.patch", "db.replace", "db.delete", "runMutation", "runAction", "scheduler.runAfter",
        "scheduler.runAt", "scheduler.cancel", "storage.generateUploadUrl", "storage.store", "storage.delete",
    }
)  # fmt: skip

SILENT = (
    Case(
        "a query that reads, a mutation that writes",
        typescript="""\
import { mutation, query } from "./_generated/server";
import { v } from "convex/values";
export const list = query({ args: {}, handler: async (ctx) => await ctx.db.query("tasks").take(10) });
export const add = mutation({
  args: { title: v.string() },
  handler: async (ctx, args) => await ctx.db.insert("tasks", args),
});
""",
        python="""\
from biconvex.sim.server import mutation, query
from biconvex.sim.values import v

@query(args={})
async def list(ctx, args):
    return await ctx.db.query("tasks").take(10)

@mutation(args={"title": v.string()})
async def add(ctx, args):
    return await ctx.db.insert("tasks", args)
""",
    ),
    Case(
        "a helper that writes, called by mutations alone",
        typescript="""\
import { mutation, query, type MutationCtx } from "./_generated/server";
async function log(ctx: MutationCtx, what: string) {
  await ctx.db.insert("log", { what });
}
export const touch = mutation({ args: {}, handler: async (ctx) => { await log(ctx, "touched"); } });
export const read = query({ args: {}, handler: async (ctx) => await ctx.db.query("log").take(10) });
""",
        python="""\
from biconvex.sim.server import mutation, query

async def log(ctx, what):
    await ctx.db.insert("log", {"what": what})

@mutation(args={})
async def touch(ctx, args):
    await log(ctx, "touched")

@query(args={})
async def read(ctx, args):
    return await ctx.db.query("log").take(10)
""",
    ),
)

FLAGGED = (
    Case(
        "a patch in a query",
        typescript="""\
import { query } from "./_generated/server";
import { v } from "convex/values";
export const open = query({
  args: { id: v.id("tasks") },
  handler: async (ctx: any, args) => {
    await «ctx.db.patch("tasks", args.id, { seen: true })»;
    return await ctx.db.get("tasks", args.id);
  },
});
""",
        python="""\
from biconvex.sim.server import query
from biconvex.sim.values import v

@query(args={"id": v.id("tasks")})
async def open(ctx, args):
    await «ctx.db.patch("tasks", args["id"], {"seen": True})»
    return await ctx.db.get("tasks", args["id"])
""",
    ),
    Case(
        "a job, two calls down in another file",
        typescript={
            "tasks.ts": """\
import { query } from "./_generated/server";
import { noticed } from "./lib/notice";
export const list = query({
  args: {},
  handler: async (ctx) => {
    await noticed(ctx);
    return await ctx.db.query("tasks").take(10);
  },
});
""",
            "lib/notice.ts": """\
import { internal } from "../_generated/api";
export async function noticed(ctx: any) {
  await «ctx.scheduler.runAfter(60_000, internal.mail.send, {})»;
}
""",
        },
        python={
            "tasks.py": """\
from biconvex.sim.server import query
from .lib.notice import noticed

@query(args={})
async def list(ctx, args):
    await noticed(ctx)
    return await ctx.db.query("tasks").take(10)
""",
            "lib/notice.py": """\
from biconvex.sim.server import internal

async def noticed(ctx):
    await «ctx.scheduler.run_after(60_000, internal.mail.send, {})»
""",
        },
    ),
)


class WriteInQuery(Rule):
    """Every change that a query's ctx is asked for."""

    name = "write-in-query"
    theme = "database"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/functions/query-functions#query-context",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each change with the calls that lead to it, the shortest way."""
        for call in backend.ctx_calls:
            if call.api in _CHANGES and "query" in call.kinds:
                reach = backend.reach(call.body, "query")
                if reach is not None:
                    yield Problem(
                        call.place,
                        _message(call, reach),
                        help="make it a mutation, or move the change to one",
                        evidence=reach.evidence,
                    )


def _message(call: CtxCall, reach: Reach) -> str:
    if not reach.path:
        return begin(f"{name_of(reach.function)} is a query, which can only read: {callee(call)} fails.")
    where = f"in `{call.body.name}`" if call.body.name else "here"
    caller = f"a query calls it, as {name_of(reach.function)} does"
    return f"{callee(call)} {where} fails when {caller}: a query can only read."
