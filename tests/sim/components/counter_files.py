"""An app of the tests' own with a component of its own: counters, with everything that a component can have."""

from __future__ import annotations

from typing import Final

__all__ = ["APP", "COUNTER"]

APP: Final = {
    "convex.config.ts": """
        import { defineApp } from "convex/server";
        import { v } from "convex/values";
        import counter from "./counter/convex.config";
        const app = defineApp({ env: { SIZE: v.string() } });
        app.use(counter, { env: { STEP: app.env.SIZE, MODE: "fast" }, httpPrefix: "/counting" });
        app.use(counter, { name: "second" });
        export default app;
    """,
    "m.ts": """
        import { createFunctionHandle } from "convex/server";
        import { v } from "convex/values";
        import { api, components, internal } from "./_generated/api";
        import { action, internalMutation, mutation, query } from "./_generated/server";

        const pick = (reference: string) =>
          reference.split(".").reduce((part: any, name) => part[name], components as any);

        export const ask = query({
          args: { of: v.string(), args: v.optional(v.any()) },
          handler: async (ctx, { of, args }) => await ctx.runQuery(pick(of), args ?? {}),
        });
        export const tell = mutation({
          args: { of: v.string(), args: v.optional(v.any()) },
          handler: async (ctx, { of, args }) => await ctx.runMutation(pick(of), args ?? {}),
        });
        export const act = action({
          args: { kind: v.string(), of: v.string(), args: v.optional(v.any()) },
          handler: async (ctx, { kind, of, args }) => await (ctx as any)[kind](pick(of), args ?? {}),
        });
        export const schedule = mutation({
          args: { of: v.string(), args: v.any() },
          handler: async (ctx, { of, args }) => await ctx.scheduler.runAfter(1000, pick(of), args),
        });
        export const addBoth = mutation({
          args: { fail: v.boolean() },
          handler: async (ctx, { fail }) => {
            await ctx.db.insert("notes", { text: "before" });
            await ctx.runMutation(components.counter.public.add, { name: "a", count: 1 });
            await ctx.runMutation(components.second.public.add, { name: "a", count: 2 });
            if (fail) throw new Error("all or nothing");
          },
        });
        export const survive = mutation({
          args: {},
          handler: async (ctx) => {
            await ctx.runMutation(components.counter.public.add, { name: "kept", count: 1 });
            try {
              await ctx.runMutation(components.counter.public.addThenFail, { name: "lost" });
            } catch (error: any) {
              await ctx.db.insert("notes", { text: error.message });
            }
          },
        });
        export const note = internalMutation({
          args: { text: v.string() },
          handler: async (ctx, args) => {
            await ctx.db.insert("notes", args);
            return (await ctx.meta.getFunctionMetadata()).componentPath;
          },
        });
        export const whoAmI = query({
          args: {},
          handler: async (ctx) => [
            (await ctx.auth.getUserIdentity())?.subject ?? null,
            await ctx.runQuery(components.counter.public.whoAmI, {}),
          ],
        });
        export const handle = query({ args: {}, handler: async () => await createFunctionHandle(internal.m.note) });
        export const handleOf = query({
          args: { of: v.string() },
          handler: async (_ctx, { of }) => await createFunctionHandle(pick(of)),
        });
        export const run = mutation({
          args: { handle: v.string(), args: v.any() },
          handler: async (ctx, { handle, args }) => await ctx.runMutation(handle as any, args),
        });
        export const race = action({
          args: { times: v.number() },
          handler: async (ctx, { times }) => {
            const one = async () => {
              try {
                await ctx.runMutation(components.counter.public.add, { name: "a", count: 1 });
                return "done";
              } catch (error: any) {
                return error.message;
              }
            };
            return await Promise.all(Array.from({ length: times }, one));
          },
        });
        export const jobs = query({
          args: {},
          handler: async (ctx) => await ctx.db.system.query("_scheduled_functions").collect(),
        });
    """,
}

COUNTER: Final = {
    "counter/convex.config.ts": """
        import { defineComponent } from "convex/server";
        import { v } from "convex/values";
        import inner from "../inner/convex.config";
        const component = defineComponent("counter", {
          env: { STEP: v.optional(v.string()), MODE: v.optional(v.union(v.literal("fast"), v.literal("slow"))) },
        });
        component.use(inner, { env: { PASSED_ON: component.env.STEP } });
        export default component;
    """,
    "counter/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          counters: defineTable({ name: v.string(), value: v.number() }).index("by_name", ["name"]),
          seen: defineTable({ counter: v.id("counters") }),
        });
    """,
    "counter/public.ts": """
        import { createFunctionHandle } from "convex/server";
        import { v } from "convex/values";
        import { api, components, internal } from "./_generated/api";
        import { action, internalMutation, mutation, query } from "./_generated/server";

        export const add = mutation({
          args: { name: v.string(), count: v.number() },
          returns: v.number(),
          handler: async (ctx, { name, count }) => {
            const found = await ctx.db.query("counters").withIndex("by_name", (q) => q.eq("name", name)).unique();
            if (found === null) {
              await ctx.db.insert("counters", { name, value: count });
              return count;
            }
            await ctx.db.patch(found._id, { value: found.value + count });
            return found.value + count;
          },
        });
        export const count = query({
          args: { name: v.string() },
          handler: async (ctx, { name }) => {
            const found = await ctx.db.query("counters").withIndex("by_name", (q) => q.eq("name", name)).unique();
            return found?.value ?? 0;
          },
        });
        export const idOf = query({
          args: { name: v.string() },
          handler: async (ctx, { name }) =>
            (await ctx.db.query("counters").withIndex("by_name", (q) => q.eq("name", name)).unique())!._id,
        });
        export const byId = query({ args: { id: v.string() }, handler: async (ctx, { id }) => await ctx.db.get(id as any) });
        export const see = mutation({
          args: { id: v.id("counters") },
          handler: async (ctx, { id }) => { await ctx.db.insert("seen", { counter: id }); },
        });
        export const addThenFail = mutation({
          args: { name: v.string() },
          handler: async (ctx, { name }) => {
            await ctx.db.insert("counters", { name, value: 1 });
            await ctx.scheduler.runAfter(0, internal.public.hidden, { name });
            throw new Error("too late");
          },
        });
        export const page = query({
          args: {},
          handler: async (ctx) => await ctx.db.query("counters").paginate({ numItems: 1, cursor: null }),
        });
        export const whoAmI = query({ args: {}, handler: async (ctx) => await ctx.auth.getUserIdentity() });
        export const whoAmIInAction = action({ args: {}, handler: async (ctx) => await ctx.auth.getUserIdentity() });
        export const environment = query({
          args: {},
          handler: async () => ({
            step: process.env.STEP ?? null,
            mode: process.env.MODE ?? null,
            secret: process.env.SECRET ?? null,
            cloud: process.env.CONVEX_CLOUD_URL,
            site: process.env.CONVEX_SITE_URL,
          }),
        });
        export const inner = query({ args: {}, handler: async (ctx) => await ctx.runQuery(components.inner.m.about, {}) });
        export const about = query({ args: {}, handler: async (ctx) => await ctx.meta.getFunctionMetadata() });
        export const addLater = mutation({
          args: { name: v.string(), seconds: v.number() },
          handler: async (ctx, { name, seconds }) =>
            await ctx.scheduler.runAfter(seconds * 1000, internal.public.hidden, { name }),
        });
        export const cancel = mutation({
          args: { id: v.id("_scheduled_functions") },
          handler: async (ctx, { id }) => { await ctx.scheduler.cancel(id); },
        });
        export const hidden = internalMutation({
          args: { name: v.string() },
          handler: async (ctx, { name }) => { await ctx.runMutation(api.public.add, { name, count: 1 }); },
        });
        export const call = mutation({
          args: { handle: v.string(), args: v.any() },
          handler: async (ctx, { handle, args }) => await ctx.runMutation(handle as any, args),
        });
        export const callLater = mutation({
          args: { handle: v.string(), args: v.any() },
          handler: async (ctx, { handle, args }) => await ctx.scheduler.runAfter(1000, handle as any, args),
        });
        export const handleOfHidden = query({
          args: {},
          handler: async () => await createFunctionHandle(internal.public.hidden),
        });
        export const handleTo = query({
          args: { name: v.string() },
          handler: async (_ctx, { name }) => await createFunctionHandle((api.public as any)[name]),
        });
        export const store = action({
          args: { text: v.string() },
          handler: async (ctx, { text }) => await ctx.storage.store(new Blob([text])),
        });
        export const careless = action({
          args: {},
          handler: async (ctx) => { ctx.runMutation(api.public.add, { name: "a", count: 1 }); },
        });
        export const uploadUrl = mutation({ args: {}, handler: async (ctx) => await ctx.storage.generateUploadUrl() });
        export const files = query({
          args: {},
          handler: async (ctx) => await ctx.db.system.query("_storage").collect(),
        });
        export const removeFile = mutation({
          args: { id: v.id("_storage") },
          handler: async (ctx, { id }) => { await ctx.storage.delete(id); },
        });
        export const slow = action({
          args: {},
          handler: async (ctx) => {
            await new Promise((resolve) => setTimeout(resolve, 60_000));
            await ctx.scheduler.runAfter(0, internal.public.hidden, { name: "after" });
          },
        });
        export const startSlow = mutation({
          args: {},
          handler: async (ctx) => await ctx.scheduler.runAfter(0, api.public.slow, {}),
        });
        export const fileUrl = query({
          args: { id: v.string() },
          handler: async (ctx, { id }) => await ctx.storage.getUrl(id as any),
        });
    """,
    "counter/crons.ts": """
        import { cronJobs } from "convex/server";
        import { internal } from "./_generated/api";
        const crons = cronJobs();
        crons.interval("tick", { hours: 1 }, internal.public.hidden, { name: "ticks" });
        export default crons;
    """,
    "counter/http.ts": """
        import { httpRouter } from "convex/server";
        import { api } from "./_generated/api";
        import { httpAction } from "./_generated/server";
        const http = httpRouter();
        http.route({
          path: "/hook",
          method: "POST",
          handler: httpAction(async (ctx, request) => {
            const value = await ctx.runMutation(api.public.add, { name: "hooks", count: 1 });
            const identity = await ctx.auth.getUserIdentity();
            return Response.json({ value, url: request.url, identity });
          }),
        });
        http.route({
          pathPrefix: "/any/",
          method: "GET",
          handler: httpAction(async (_ctx, request) => new Response(`counter: ${new URL(request.url).pathname}`)),
        });
        export default http;
    """,
    "inner/convex.config.ts": """
        import { defineComponent } from "convex/server";
        import { v } from "convex/values";
        export default defineComponent("inner", { env: { PASSED_ON: v.optional(v.string()) } });
    """,
    "inner/m.ts": """
        import { query } from "./_generated/server";
        export const about = query({
          args: {},
          handler: async (ctx) => {
            const { name, componentPath } = await ctx.meta.getFunctionMetadata();
            return { name, componentPath, passedOn: process.env.PASSED_ON ?? null };
          },
        });
    """,
}
