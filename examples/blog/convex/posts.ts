import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { internalMutation, mutation } from "./_generated/server";
import { requireMember, requireOwnPost } from "./lib/auth";
import { countWords } from "./lib/texts";

// How many documents one transaction changes; there may be any number.
const BATCH = 100;

export const create = mutation({
  args: { title: v.string(), content: v.string(), organizationId: v.id("organizations") },
  returns: v.id("posts"),
  handler: async (ctx, args) => {
    const user = await requireMember(ctx, args.organizationId);
    return await ctx.db.insert("posts", {
      ...args,
      words: countWords(args.content),
      authorId: user._id,
      authorName: user.name,
      status: "draft",
      createdAt: Date.now(),
    });
  },
});

// A patch changes the fields that it names. One that is named as undefined is taken away: leave those out.
export const update = mutation({
  args: { postId: v.id("posts"), title: v.optional(v.string()), content: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { postId, title, content }) => {
    await requireOwnPost(ctx, postId);
    const words = content === undefined ? undefined : countWords(content);
    const updates = Object.fromEntries(
      Object.entries({ title, content, words }).filter(([, value]) => value !== undefined),
    );
    await ctx.db.patch("posts", postId, updates);
    return null;
  },
});

// A replacement is the whole document: what it leaves out is gone, here the time of publication.
export const replace = mutation({
  args: {
    postId: v.id("posts"),
    title: v.string(),
    content: v.string(),
    status: v.union(v.literal("draft"), v.literal("published")),
  },
  returns: v.null(),
  handler: async (ctx, { postId, ...newData }) => {
    const post = await requireOwnPost(ctx, postId);
    const { authorId, authorName, organizationId, createdAt } = post;
    const words = countWords(newData.content);
    await ctx.db.replace("posts", postId, {
      ...newData,
      words,
      authorId,
      authorName,
      organizationId,
      createdAt,
      ...(newData.status === "published" ? { publishedAt: Date.now() } : {}),
    });
    return null;
  },
});

export const publish = mutation({
  args: { postId: v.id("posts") },
  returns: v.null(),
  handler: async (ctx, args) => {
    const post = await requireOwnPost(ctx, args.postId);
    if (post.status === "draft") {
      await ctx.db.patch("posts", args.postId, { status: "published", publishedAt: Date.now() });
    }
    return null;
  },
});

// Deletes comments, and with the last of them the post: no comment is ever without its post. Says whether all is done.
async function removeBatch(ctx: MutationCtx, postId: Id<"posts">): Promise<boolean> {
  const comments = await ctx.db
    .query("comments")
    .withIndex("by_postId", (q) => q.eq("postId", postId))
    .take(BATCH);
  for (const comment of comments) {
    await ctx.db.delete("comments", comment._id);
  }
  if (comments.length === BATCH) {
    await ctx.scheduler.runAfter(0, internal.posts.finishRemoval, { postId });
    return false;
  }
  await ctx.db.delete("posts", postId);
  return true;
}

export const remove = mutation({
  args: { postId: v.id("posts") },
  returns: v.null(),
  handler: async (ctx, args) => {
    await requireOwnPost(ctx, args.postId);
    const done = await removeBatch(ctx, args.postId);
    if (!done) {
      await ctx.db.patch("posts", args.postId, { status: "removing" });
    }
    return null;
  },
});

export const finishRemoval = internalMutation({
  args: { postId: v.id("posts") },
  returns: v.null(),
  handler: async (ctx, args) => {
    const post = await ctx.db.get("posts", args.postId);
    if (post !== null) {
      await removeBatch(ctx, args.postId);
    }
    return null;
  },
});

// Signs the posts of an author with their present name: one at a time, without having all of them in memory.
export const sign = internalMutation({
  args: { authorId: v.id("users"), after: v.number() },
  returns: v.object({ processed: v.number() }),
  handler: async (ctx, { authorId, after }) => {
    const author = await ctx.db.get("users", authorId);
    let processed = 0;
    if (author === null) {
      return { processed };
    }
    for await (const post of ctx.db
      .query("posts")
      .withIndex("by_authorId", (q) => q.eq("authorId", authorId).gt("_creationTime", after))) {
      await ctx.db.patch("posts", post._id, { authorName: author.name });
      processed++;
      if (processed === BATCH) {
        const rest = { authorId, after: post._creationTime };
        await ctx.scheduler.runAfter(0, internal.posts.sign, rest);
        break;
      }
    }
    return { processed };
  },
});
