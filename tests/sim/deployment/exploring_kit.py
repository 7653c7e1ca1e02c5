"""A small backend in both languages, for tests of what a test does beyond calling: counters, jobs, services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from biconvex.sim import Deployment

TYPESCRIPT = {
    "m": """
        export const create = mutation({
          args: {},
          handler: async (ctx) => await ctx.db.insert("counters", { n: 0 }),
        });
        export const add = mutation({
          args: { id: v.id("counters"), by: v.number() },
          handler: async (ctx, { id, by }) => {
            const { n } = (await ctx.db.get(id))!;
            await ctx.db.patch(id, { n: n + by });
            return n + by;
          },
        });
        export const get = query({
          args: { id: v.id("counters") },
          handler: async (ctx, { id }) => (await ctx.db.get(id))!.n,
        });
        export const set = internalMutation({
          args: { id: v.id("counters"), n: v.number() },
          handler: async (ctx, { id, n }) => await ctx.db.patch(id, { n }),
        });
        export const addSlowly = action({
          args: { id: v.id("counters"), by: v.number() },
          handler: async (ctx, { id, by }): Promise<number> => {
            const n: number = await ctx.runQuery(api.m.get, { id });
            await ctx.runMutation(internal.m.set, { id, n: n + by });
            return n + by;
          },
        });
        export const whoami = mutation({
          args: {},
          handler: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
        });
        export const refuse = mutation({
          args: {},
          handler: async () => { throw new ConvexError("no"); },
        });
        export const later = mutation({
          args: { id: v.id("counters"), ms: v.number(), slowly: v.boolean() },
          handler: async (ctx, { id, ms, slowly }) => {
            const ref: any = slowly ? api.m.addSlowly : api.m.add;
            await ctx.scheduler.runAfter(ms, ref, { id, by: 1 });
          },
        });
        export const ask = action({
          args: {},
          handler: async () => {
            try {
              return (await fetch("https://api.example.com/charge", { method: "POST" })).status;
            } catch (error) {
              return "failed";
            }
          },
        });
        let calls = 0;
        export const remembered = mutation({ args: {}, handler: async () => ++calls });
        export const held = action({
          args: { id: v.id("counters") },
          handler: async (ctx, { id }) => {
            const before = ++calls;
            await ctx.runQuery(api.m.get, { id });
            await new Promise((resolve) => setTimeout(resolve, 1000));
            return [before, ++calls];
          },
        });
    """,
    "http": """
        import { httpRouter } from "convex/server";
        import { httpAction } from "./_generated/server";
        const http = httpRouter();
        http.route({
          path: "/hook",
          method: "POST",
          handler: httpAction(async (ctx, request) => {
            const { id, by } = await request.json();
            const n: number = await ctx.runMutation(api.m.add, { id, by });
            return new Response(String(n));
          }),
        });
        export default http;
    """,
}

PYTHON = {
    "m": """
        @mutation(args={})
        async def create(ctx, args):
            return await ctx.db.insert("counters", {"n": 0})

        @mutation(args={"id": v.id("counters"), "by": v.number()})
        async def add(ctx, args):
            n = (await ctx.db.get(args["id"]))["n"] + args["by"]
            await ctx.db.patch(args["id"], {"n": n})
            return n

        @query(args={"id": v.id("counters")})
        async def get(ctx, args):
            return (await ctx.db.get(args["id"]))["n"]

        @internal_mutation(args={"id": v.id("counters"), "n": v.number()})
        async def set(ctx, args):
            await ctx.db.patch(args["id"], {"n": args["n"]})

        @action(args={"id": v.id("counters"), "by": v.number()})
        async def addSlowly(ctx, args):
            n = await ctx.run_query(api.m.get, {"id": args["id"]}) + args["by"]
            await ctx.run_mutation(internal.m.set, {"id": args["id"], "n": n})
            return n

        @mutation(args={})
        async def whoami(ctx, args):
            identity = await ctx.auth.get_user_identity()
            return identity["subject"] if identity else None

        @mutation(args={})
        async def refuse(ctx, args):
            raise ConvexError("no")

        @mutation(args={"id": v.id("counters"), "ms": v.number(), "slowly": v.boolean()})
        async def later(ctx, args):
            ref = api.m.addSlowly if args["slowly"] else api.m.add
            await ctx.scheduler.run_after(args["ms"], ref, {"id": args["id"], "by": 1})

        @action(args={})
        async def ask(ctx, args):
            try:
                return (await fetch("https://api.example.com/charge", method="POST")).status
            except RuntimeError:
                return "failed"

        calls = 0

        @mutation(args={})
        async def remembered(ctx, args):
            global calls
            calls += 1
            return calls

        @action(args={"id": v.id("counters")})
        async def held(ctx, args):
            global calls
            calls += 1
            before = calls
            await ctx.run_query(api.m.get, args)
            await asyncio.sleep(1)
            calls += 1
            return [before, calls]
    """,
    "http": """
        http = http_router()

        @http_action
        async def hook(ctx, request):
            return Response(str(int(await ctx.run_mutation(api.m.add, await request.json()))))

        http.route(path="/hook", method="POST", handler=hook)
    """,
}

CRON = {
    "crons": """
        import { cronJobs } from "convex/server";
        const crons = cronJobs();
        crons.interval("count", { minutes: 10 }, internal.m.count);
        export default crons;
    """,
    "m": """
        export const count = internalMutation({
          args: {},
          handler: async (ctx) => {
            await ctx.db.insert("runs", { at: Date.now() });
          },
        });
    """,
}

PYTHON_CRON = {
    "crons": """
        crons = cron_jobs()
        crons.interval("count", {"minutes": 10}, internal.m.count)
    """,
    "m": """
        @internal_mutation(args={})
        async def count(ctx, args):
            await ctx.db.insert("runs", {"at": now_ms()})
    """,
}

Make = Callable[..., Deployment]


def counters(backend: Make, **options: Any) -> tuple[Deployment, str]:
    """A deployment with one counter at 0, and its id."""
    convex = backend(typescript=TYPESCRIPT, python=PYTHON, **options)
    return convex, str(convex.db.insert("counters", {"n": 0}))


def with_cron(backend: Make, **options: Any) -> Deployment:
    """A deployment whose cron job notes each run."""
    return backend(typescript=CRON, python=PYTHON_CRON, **options)
