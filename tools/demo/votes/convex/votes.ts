import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalMutation, internalQuery, mutation } from "./_generated/server";

export const open = mutation({
  args: {},
  handler: async (ctx) => await ctx.db.insert("polls", { votes: 0 }),
});

export const cast = mutation({
  args: { id: v.id("polls") },
  handler: async (ctx, args) => {
    await ctx.scheduler.runAfter(1000, internal.votes.count, args);
  },
});

export const count = internalAction({
  args: { id: v.id("polls") },
  handler: async (ctx, args) => {
    const votes: number = await ctx.runQuery(internal.votes.read, args);
    await ctx.runMutation(internal.votes.write, { ...args, votes: votes + 1 });
  },
});

export const read = internalQuery({
  args: { id: v.id("polls") },
  handler: async (ctx, args) => (await ctx.db.get("polls", args.id))!.votes,
});

export const write = internalMutation({
  args: { id: v.id("polls"), votes: v.number() },
  handler: async (ctx, { id, votes }) => await ctx.db.patch("polls", id, { votes }),
});
