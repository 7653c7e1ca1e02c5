import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { ConvexError, v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { mutation, query } from "./_generated/server";
import { categoryValidator, channelValidator, statusValidator } from "./lib/notices";
import { notify } from "./lib/notify";
import { requireStaff, requireUser } from "./lib/people";

const noticeValidator = v.object({
  id: v.id("notifications"),
  category: categoryValidator,
  title: v.string(),
  body: v.string(),
  status: statusValidator,
});

function notice(notification: Doc<"notifications">) {
  const { _id, category, title, body, status } = notification;
  return { id: _id, category, title, body, status };
}

export const create = mutation({
  args: {
    recipientId: v.id("users"),
    channel: channelValidator,
    category: categoryValidator,
    title: v.string(),
    body: v.string(),
    delayMs: v.optional(v.number()),
  },
  returns: v.id("notifications"),
  handler: async (ctx, { delayMs = 0, ...args }) => {
    await requireStaff(ctx);
    const recipient = await ctx.db.get("users", args.recipientId);
    if (recipient === null) {
      throw new ConvexError({ code: "no-such-user" });
    }
    if (!(delayMs >= 0)) {
      throw new ConvexError({ code: "invalid-delay" });
    }
    return await notify(ctx, args, Date.now() + delayMs);
  },
});

export const mine = query({
  args: { paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(noticeValidator),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const found = await ctx.db
      .query("notifications")
      .withIndex("by_recipientId", (q) => q.eq("recipientId", user._id))
      .order("desc")
      .paginate(args.paginationOpts);
    return { ...found, page: found.page.map(notice) };
  },
});

export const acknowledge = mutation({
  args: { id: v.id("notifications") },
  returns: v.null(),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const notification = await ctx.db.get("notifications", args.id);
    if (notification === null || notification.recipientId !== user._id) {
      throw new ConvexError({ code: "no-such-notification" });
    }
    if (notification.status === "sent") {
      await ctx.db.patch("notifications", args.id, { status: "read", readAt: Date.now() });
    }
    return null;
  },
});
