import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, mutation, query } from "./_generated/server";

/** Starts a chain of functions, each of which schedules the next. */
export const start = mutation({
  args: { hops: v.number() },
  returns: v.null(),
  handler: async (ctx, { hops }) => {
    await ctx.scheduler.runAfter(0, internal.hops.hop, { left: hops });
    return null;
  },
});

export const hop = internalMutation({
  args: { left: v.number() },
  returns: v.null(),
  handler: async (ctx, { left }) => {
    await ctx.db.insert("hops", { n: left });
    if (left > 1) {
      await ctx.scheduler.runAfter(1000, internal.hops.hop, { left: left - 1 });
    }
    return null;
  },
});

export const count = query({
  args: {},
  returns: v.number(),
  handler: async (ctx) => {
    return (await ctx.db.query("hops").collect()).length;
  },
});
