import { ConvexError } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";

export async function getCurrentUser(ctx: QueryCtx): Promise<Doc<"users"> | null> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) {
    return null;
  }
  return await ctx.db
    .query("users")
    .withIndex("by_tokenIdentifier", (q) => q.eq("tokenIdentifier", identity.tokenIdentifier))
    .unique();
}

export async function requireUser(ctx: QueryCtx): Promise<Doc<"users">> {
  const user = await getCurrentUser(ctx);
  if (user === null) {
    throw new ConvexError({ code: "not-authenticated" });
  }
  return user;
}

export async function requireMember(ctx: QueryCtx, organizationId: Id<"organizations">): Promise<Doc<"users">> {
  const user = await requireUser(ctx);
  if (user.organizationId !== organizationId) {
    throw new ConvexError({ code: "not-a-member" });
  }
  return user;
}

// A post that the caller may change: their own, or any of their organization for its admins.
export async function requireOwnPost(ctx: QueryCtx, postId: Id<"posts">): Promise<Doc<"posts">> {
  const user = await requireUser(ctx);
  const post = await ctx.db.get("posts", postId);
  if (post === null || post.status === "removing") {
    throw new ConvexError({ code: "no-such-post" });
  }
  const isAdmin = user.role === "admin" && user.organizationId === post.organizationId;
  if (post.authorId !== user._id && !isAdmin) {
    throw new ConvexError({ code: "not-your-post" });
  }
  return post;
}
