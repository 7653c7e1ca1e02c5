import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation, internalQuery, mutation } from "./_generated/server";
import { complete } from "./model";

export const send = mutation({
  args: { content: v.string() },
  returns: v.id("messages"),
  handler: async (ctx, args) => await ctx.db.insert("messages", args),
});

// An action has no database: it reads through an internal query and writes through an internal mutation,
// each in a transaction of its own. Between the two anything may happen, so the mutation looks again.
export const process = action({
  args: { messageId: v.id("messages") },
  returns: v.string(),
  handler: async (ctx, { messageId }): Promise<string> => {
    const content: string | null = await ctx.runQuery(internal.messages.read, { messageId });
    if (content === null) {
      throw new ConvexError({ code: "NO_SUCH_MESSAGE" });
    }
    const response = await complete(content);
    return await ctx.runMutation(internal.messages.respond, { messageId, response });
  },
});

export const read = internalQuery({
  args: { messageId: v.id("messages") },
  handler: async (ctx, args) => {
    const message = await ctx.db.get("messages", args.messageId);
    return message === null ? null : message.content;
  },
});

// The first response stays. Gives the one that stays.
export const respond = internalMutation({
  args: { messageId: v.id("messages"), response: v.string() },
  handler: async (ctx, { messageId, response }) => {
    const message = await ctx.db.get("messages", messageId);
    if (message === null) {
      throw new ConvexError({ code: "NO_SUCH_MESSAGE" });
    }
    if (message.response !== undefined) {
      return message.response;
    }
    await ctx.db.patch("messages", messageId, { response });
    return response;
  },
});
