import { v } from "convex/values";
import { mutation } from "../_generated/server";

// A patch changes the fields that it names. Where there is no such message, it throws.
export const edit = mutation({
  args: { messageId: v.id("messages"), content: v.string() },
  handler: async (ctx, args) => {
    await ctx.db.patch("messages", args.messageId, { content: args.content });
  },
});

// A replacement is the whole message: this one has no author any more. Where there is no such message, it throws.
export const redact = mutation({
  args: { messageId: v.id("messages"), channelId: v.id("channels") },
  handler: async (ctx, args) => {
    await ctx.db.replace("messages", args.messageId, { channelId: args.channelId, content: "[redacted]" });
  },
});
