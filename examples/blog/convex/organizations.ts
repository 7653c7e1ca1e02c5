import { ConvexError, v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import type { QueryCtx } from "./_generated/server";
import { mutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";

const organizationValidator = v.object({ _id: v.id("organizations"), name: v.string(), slug: v.string() });

function shown({ _id, name, slug }: Doc<"organizations">) {
  return { _id, name, slug };
}

// Unique by the transaction: of two that create the same slug at once, one conflicts, is run again, and finds it taken.
async function bySlug(ctx: QueryCtx, slug: string): Promise<Doc<"organizations"> | null> {
  return await ctx.db
    .query("organizations")
    .withIndex("by_slug", (q) => q.eq("slug", slug))
    .unique();
}

export const create = mutation({
  args: { name: v.string(), slug: v.string() },
  returns: v.id("organizations"),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const taken = await bySlug(ctx, args.slug);
    if (taken !== null) {
      throw new ConvexError({ code: "slug-taken", slug: args.slug });
    }
    const organization = { ...args, ownerId: user._id, createdAt: Date.now() };
    const organizationId = await ctx.db.insert("organizations", organization);
    await ctx.db.patch("users", user._id, { organizationId, role: "admin" });
    return organizationId;
  },
});

export const join = mutation({
  args: { slug: v.string() },
  returns: v.id("organizations"),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const organization = await bySlug(ctx, args.slug);
    if (organization === null) {
      throw new ConvexError({ code: "no-such-organization" });
    }
    await ctx.db.patch("users", user._id, { organizationId: organization._id, role: "user" });
    return organization._id;
  },
});

export const getBySlug = query({
  args: { slug: v.string() },
  returns: v.union(organizationValidator, v.null()),
  handler: async (ctx, args) => {
    const found = await bySlug(ctx, args.slug);
    return found === null ? null : shown(found);
  },
});

export const mine = query({
  args: {},
  returns: v.array(organizationValidator),
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const found = await ctx.db
      .query("organizations")
      .withIndex("by_ownerId", (q) => q.eq("ownerId", user._id))
      .collect();
    return found.map(shown);
  },
});
