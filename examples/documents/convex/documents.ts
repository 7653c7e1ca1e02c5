import { ConvexError, v } from "convex/values";
import { internalQuery, mutation, query } from "./_generated/server";
import { caller, owned } from "./access";
import { status } from "./schema";

const MOST_AT_ONCE = 100;
const listed = v.object({ id: v.id("documents"), title: v.string(), status });

export const create = mutation({
  args: { title: v.string(), content: v.string(), isPublic: v.boolean() },
  returns: v.id("documents"),
  handler: async (ctx, args) => {
    const ownerId = await caller(ctx);
    return await ctx.db.insert("documents", { ...args, status: "draft", ownerId, updatedAt: Date.now() });
  },
});

export const update = mutation({
  args: { id: v.id("documents"), title: v.optional(v.string()), content: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { id, ...changes }) => {
    const document = await owned(ctx, id);
    // A summary is one of the content that it was made of.
    const isOutdated = changes.content !== undefined && changes.content !== document.content;
    const summary = isOutdated ? { summary: undefined } : {};
    await ctx.db.patch("documents", id, { ...changes, ...summary, updatedAt: Date.now() });
    return null;
  },
});

export const remove = mutation({
  args: { id: v.id("documents") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    await owned(ctx, id);
    await ctx.db.delete("documents", id);
    return null;
  },
});

// Gives several documents a status: all of them, or none if one isn't the caller's.
export const mark = mutation({
  args: { ids: v.array(v.id("documents")), status },
  returns: v.number(),
  handler: async (ctx, args) => {
    const ids = [...new Set(args.ids)];
    if (ids.length > MOST_AT_ONCE) {
      throw new ConvexError({ code: "TOO_MANY", message: `At most ${MOST_AT_ONCE} documents at once` });
    }
    await Promise.all(
      ids.map(async (id) => {
        await owned(ctx, id);
        await ctx.db.patch("documents", id, { status: args.status, updatedAt: Date.now() });
      }),
    );
    return ids.length;
  },
});

export const mine = query({
  args: {},
  returns: v.array(listed),
  handler: async (ctx) => {
    const ownerId = await caller(ctx);
    const documents = await ctx.db
      .query("documents")
      .withIndex("by_ownerId", (q) => q.eq("ownerId", ownerId))
      .order("desc")
      .take(MOST_AT_ONCE);
    return documents.map(({ _id, title, status }) => ({ id: _id, title, status }));
  },
});

// What the REST route shows of a document: null unless it is public, or the caller's own. The id is a part of a URL,
// and may be anything.
export const visible = internalQuery({
  args: { id: v.string() },
  handler: async (ctx, args) => {
    const id = ctx.db.normalizeId("documents", args.id);
    const document = id === null ? null : await ctx.db.get("documents", id);
    if (document === null) {
      return null;
    }
    const identity = await ctx.auth.getUserIdentity();
    if (!document.isPublic && document.ownerId !== identity?.tokenIdentifier) {
      return null;
    }
    const { _id, title, content, summary } = document;
    return { id: _id, title, content, summary: summary ?? null };
  },
});
