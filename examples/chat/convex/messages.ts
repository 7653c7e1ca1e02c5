import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { mutation, query } from "./_generated/server";

export const send = mutation({
  args: { channelId: v.id("channels"), authorId: v.id("users"), content: v.string() },
  handler: async (ctx, args) => {
    const channel = await ctx.db.get("channels", args.channelId);
    if (channel === null) {
      throw new ConvexError({ code: "no-such-channel" });
    }
    const author = await ctx.db.get("users", args.authorId);
    if (author === null) {
      throw new ConvexError({ code: "no-such-user" });
    }
    const messageId = await ctx.db.insert("messages", args);
    await ctx.scheduler.runAfter(0, internal.assistant.answer, { channelId: args.channelId });
    return messageId;
  },
});

export const latest = query({
  args: { channelId: v.id("channels"), limit: v.optional(v.number()) },
  handler: async (ctx, args) => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_channelId", (q) => q.eq("channelId", args.channelId))
      .order("desc")
      .take(args.limit ?? 20);
    return messages.reverse().map((message) => ({
      from: message.authorId ?? "assistant",
      content: message.content,
    }));
  },
});
