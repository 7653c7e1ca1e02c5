import { ConvexError, v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const open = mutation({
  args: { name: v.string(), topic: v.optional(v.string()) },
  handler: async (ctx, args) => {
    const taken = await ctx.db
      .query("channels")
      .withIndex("by_name", (q) => q.eq("name", args.name))
      .unique();
    if (taken !== null) {
      throw new ConvexError({ code: "name-taken", name: args.name });
    }
    return await ctx.db.insert("channels", args);
  },
});

export const list = query({
  args: {},
  handler: async (ctx) => {
    const channels = await ctx.db.query("channels").withIndex("by_name").take(100);
    return channels.map((channel) => ({ id: channel._id, name: channel.name }));
  },
});
