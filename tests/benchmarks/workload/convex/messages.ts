import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";
import { messageFields } from "./schema";

export const insert = mutation({
  args: messageFields,
  returns: v.id("messages"),
  handler: async (ctx, message) => {
    return await ctx.db.insert("messages", message);
  },
});

export const get = query({
  args: { id: v.id("messages") },
  handler: async (ctx, { id }) => {
    return await ctx.db.get(id);
  },
});

export const patch = mutation({
  args: { id: v.id("messages"), body: v.string() },
  returns: v.null(),
  handler: async (ctx, { id, body }) => {
    await ctx.db.patch(id, { body });
    return null;
  },
});

export const newest = query({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    return await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", channel))
      .order("desc")
      .take(10);
  },
});

export const newestByStatus = query({
  args: { channel: v.string(), status: v.string() },
  handler: async (ctx, { channel, status }) => {
    return await ctx.db
      .query("messages")
      .withIndex("by_channel_status", (q) => q.eq("channel", channel).eq("status", status))
      .order("desc")
      .take(10);
  },
});

export const page = query({
  args: { channel: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { channel, paginationOpts }) => {
    return await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", channel))
      .paginate(paginationOpts);
  },
});

/** Ten times: read a message, then change it. */
export const work = action({
  args: { id: v.id("messages") },
  returns: v.null(),
  handler: async (ctx, { id }): Promise<null> => {
    for (let round = 0; round < 10; round++) {
      const message = await ctx.runQuery(api.messages.get, { id });
      await ctx.runMutation(api.messages.patch, { id, body: `${message!.body.slice(0, 20)}${round}` });
    }
    return null;
  },
});

const numbered = (n: number) => ({
  channel: `c${n % 10}`,
  status: n % 2 === 1 ? "open" : "done",
  author: `user${n % 97}`,
  body: `message number ${n} ${"x".repeat(80)}`,
  n,
});

const fillArguments = { from: v.number(), count: v.number() };

/** Inserts so many messages, one after the other. */
export const fill = mutation({
  args: fillArguments,
  returns: v.null(),
  handler: async (ctx, { from, count }) => {
    for (let n = from; n < from + count; n++) {
      await ctx.db.insert("messages", numbered(n));
    }
    return null;
  },
});

/** Inserts so many messages, and waits for all of them together. */
export const fillTogether = mutation({
  args: fillArguments,
  returns: v.null(),
  handler: async (ctx, { from, count }) => {
    await Promise.all(Array.from({ length: count }, (_, at) => ctx.db.insert("messages", numbered(from + at))));
    return null;
  },
});
