import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { mutation, query } from "./_generated/server";
import { requireMember, requireUser } from "./lib/auth";

// Not the whole document: a return validator refuses fields that it doesn't name.
const profileValidator = v.object({ _id: v.id("users"), name: v.string(), email: v.string() });

function profile({ _id, name, email }: Doc<"users">) {
  return { _id, name, email };
}

export const register = mutation({
  args: { name: v.string(), email: v.string() },
  returns: v.id("users"),
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (identity === null) {
      throw new ConvexError({ code: "not-authenticated" });
    }
    const { tokenIdentifier } = identity;
    const known = await ctx.db
      .query("users")
      .withIndex("by_tokenIdentifier", (q) => q.eq("tokenIdentifier", tokenIdentifier))
      .unique();
    if (known !== null) {
      return known._id;
    }
    const taken = await ctx.db
      .query("users")
      .withIndex("by_email", (q) => q.eq("email", args.email))
      .first();
    if (taken !== null) {
      throw new ConvexError({ code: "email-taken", email: args.email });
    }
    return await ctx.db.insert("users", { tokenIdentifier, ...args, role: "user", createdAt: Date.now() });
  },
});

// Posts carry the name of their author, so that a list of posts is one read: it has to follow.
export const rename = mutation({
  args: { name: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await ctx.db.patch("users", user._id, { name: args.name });
    await ctx.scheduler.runAfter(0, internal.posts.sign, { authorId: user._id, after: 0 });
    return null;
  },
});

export const list = query({
  args: { limit: v.optional(v.number()) },
  returns: v.array(profileValidator),
  handler: async (ctx, args) => {
    await requireUser(ctx);
    const newest = await ctx.db
      .query("users")
      .order("desc")
      .take(args.limit ?? 50);
    return newest.map(profile);
  },
});

export const getByEmail = query({
  args: { email: v.string() },
  returns: v.union(profileValidator, v.null()),
  handler: async (ctx, args) => {
    await requireUser(ctx);
    const found = await ctx.db
      .query("users")
      .withIndex("by_email", (q) => q.eq("email", args.email))
      .unique();
    return found === null ? null : profile(found);
  },
});

export const members = query({
  args: { organizationId: v.id("organizations") },
  returns: v.array(profileValidator),
  handler: async (ctx, args) => {
    await requireMember(ctx, args.organizationId);
    const found = await ctx.db
      .query("users")
      .withIndex("by_organizationId", (q) => q.eq("organizationId", args.organizationId))
      .collect();
    return found.map(profile);
  },
});
