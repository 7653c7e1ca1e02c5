import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { v } from "convex/values";
import { query } from "./_generated/server";
import { getCurrentUser, requireMember } from "./lib/auth";
import { postValidator } from "./lib/fields";

const organization = { organizationId: v.id("organizations") };

// Everybody may read what is published; drafts are for the author's organization.
export const get = query({
  args: { postId: v.id("posts") },
  returns: v.union(postValidator, v.null()),
  handler: async (ctx, args) => {
    const post = await ctx.db.get("posts", args.postId);
    if (post === null || post.status === "removing") {
      return null;
    }
    const user = post.status === "draft" ? await getCurrentUser(ctx) : null;
    return post.status === "published" || user?.organizationId === post.organizationId ? post : null;
  },
});

// first(): one document or null. Both fields of the index are given, and what is left is in the order of creation.
export const newest = query({
  args: organization,
  returns: v.union(postValidator, v.null()),
  handler: async (ctx, args) => {
    return await ctx.db
      .query("posts")
      .withIndex("by_organizationId_status", (q) =>
        q.eq("organizationId", args.organizationId).eq("status", "published"),
      )
      .order("desc")
      .first();
  },
});

// take(n): no more than so many.
export const published = query({
  args: { ...organization, limit: v.optional(v.number()) },
  returns: v.array(postValidator),
  handler: async (ctx, args) => {
    return await ctx.db
      .query("posts")
      .withIndex("by_organizationId_status", (q) =>
        q.eq("organizationId", args.organizationId).eq("status", "published"),
      )
      .order("desc")
      .take(args.limit ?? 20);
  },
});

// collect(): all of them, for a range that stays small. A range ends the conditions of an index.
export const between = query({
  args: { ...organization, from: v.number(), to: v.number() },
  returns: v.array(postValidator),
  handler: async (ctx, args) => {
    await requireMember(ctx, args.organizationId);
    return await ctx.db
      .query("posts")
      .withIndex("by_organizationId_createdAt", (q) =>
        q.eq("organizationId", args.organizationId).gte("createdAt", args.from).lt("createdAt", args.to),
      )
      .collect();
  },
});

// paginate(): page by page, by the first field of the index, in the order of the next.
export const page = query({
  args: { ...organization, paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(postValidator),
  handler: async (ctx, args) => {
    await requireMember(ctx, args.organizationId);
    return await ctx.db
      .query("posts")
      .withIndex("by_organizationId_createdAt", (q) => q.eq("organizationId", args.organizationId))
      .order("desc")
      .paginate(args.paginationOpts);
  },
});

// filter(): what no index answers. It reads what it leaves out; in pages, the page stays full.
export const long = query({
  args: { ...organization, words: v.number(), paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(postValidator),
  handler: async (ctx, args) => {
    return await ctx.db
      .query("posts")
      .withIndex("by_organizationId_status", (q) =>
        q.eq("organizationId", args.organizationId).eq("status", "published"),
      )
      .filter((q) => q.gte(q.field("words"), args.words))
      .paginate(args.paginationOpts);
  },
});

// withSearchIndex(): the best match first. The filters are fields of the index.
export const search = query({
  args: { query: v.string(), authorId: v.optional(v.id("users")) },
  returns: v.array(postValidator),
  handler: async (ctx, args) => {
    return await ctx.db
      .query("posts")
      .withSearchIndex("search_content", (q) => {
        const found = q.search("content", args.query).eq("status", "published");
        return args.authorId === undefined ? found : found.eq("authorId", args.authorId);
      })
      .take(10);
  },
});
