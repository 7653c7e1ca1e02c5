// biconvex: ignore-file[unreferenced-internal-function] load tests call these, as the admin
import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";

export const write = internalMutation({
  args: { channelId: v.id("channels"), count: v.number(), length: v.number() },
  handler: async (ctx, { channelId, count, length }) => {
    const content = "x".repeat(length);
    for (let written = 0; written < count; written++) {
      await ctx.db.insert("messages", { channelId, content });
    }
  },
});

export const read = internalQuery({
  args: { channelId: v.id("channels") },
  handler: async (ctx, { channelId }) => {
    let count = 0;
    for await (const _message of ctx.db
      .query("messages")
      .withIndex("by_channelId", (q) => q.eq("channelId", channelId))) {
      count++;
    }
    return count;
  },
});

export const give = internalQuery({
  args: { length: v.number() },
  handler: async (_ctx, args) => "x".repeat(args.length),
});
