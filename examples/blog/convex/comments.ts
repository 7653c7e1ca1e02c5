import { ConvexError, v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";
import { commentValidator } from "./lib/fields";

export const add = mutation({
  args: { postId: v.id("posts"), content: v.string() },
  returns: v.id("comments"),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const post = await ctx.db.get("posts", args.postId);
    if (post === null || post.status !== "published") {
      throw new ConvexError({ code: "no-such-post" });
    }
    return await ctx.db.insert("comments", { ...args, authorId: user._id, createdAt: Date.now() });
  },
});

export const list = query({
  args: { postId: v.id("posts") },
  returns: v.array(commentValidator),
  handler: async (ctx, args) => {
    const post = await ctx.db.get("posts", args.postId);
    if (post === null || post.status !== "published") {
      return [];
    }
    return await ctx.db
      .query("comments")
      .withIndex("by_postId", (q) => q.eq("postId", args.postId))
      .take(100);
  },
});
