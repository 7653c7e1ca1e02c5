import { v } from "convex/values";
import { mutation } from "./_generated/server";

export const join = mutation({
  args: { name: v.string() },
  handler: async (ctx, args) => {
    return await ctx.db.insert("users", { name: args.name });
  },
});
