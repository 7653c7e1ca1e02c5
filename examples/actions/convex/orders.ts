import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, internalQuery, mutation, query } from "./_generated/server";

export const place = mutation({
  args: { item: v.string(), amount: v.number() },
  returns: v.id("orders"),
  handler: async (ctx, args) => {
    if (!Number.isInteger(args.amount) || args.amount <= 0) {
      throw new ConvexError({ code: "BAD_AMOUNT", amount: args.amount });
    }
    return await ctx.db.insert("orders", { ...args, status: "unpaid" });
  },
});

export const status = query({
  args: { orderId: v.id("orders") },
  returns: v.union(v.string(), v.null()),
  handler: async (ctx, args) => {
    const order = await ctx.db.get("orders", args.orderId);
    return order === null ? null : order.status;
  },
});

// The amount that is still to be paid; null where there is nothing to pay.
export const due = internalQuery({
  args: { orderId: v.id("orders") },
  handler: async (ctx, args) => {
    const order = await ctx.db.get("orders", args.orderId);
    return order === null || order.status === "paid" ? null : order.amount;
  },
});

// Whoever hears of a charge says so here: the action that asked for it, and the webhook, which may come twice, or first.
// The id is a string of somebody else's, and may be anything.
export const pay = internalMutation({
  args: { orderId: v.string(), chargeId: v.string(), amount: v.number() },
  handler: async (ctx, { orderId, chargeId, amount }) => {
    const known = await ctx.db
      .query("payments")
      .withIndex("by_chargeId", (q) => q.eq("chargeId", chargeId))
      .unique();
    if (known !== null) {
      return "known";
    }
    const id = ctx.db.normalizeId("orders", orderId);
    const order = id === null ? null : await ctx.db.get("orders", id);
    if (order === null) {
      console.error(`charge ${chargeId} is for no order of ours: ${orderId}`);
      return "ignored";
    }
    await ctx.db.insert("payments", { orderId: order._id, chargeId, amount });
    await ctx.db.patch("orders", order._id, { status: "paid" });
    return "recorded";
  },
});

// Asks for the money in the background, until it is there: see payments.ts.
export const collect = mutation({
  args: { orderId: v.id("orders") },
  returns: v.null(),
  handler: async (ctx, { orderId }) => {
    await ctx.scheduler.runAfter(0, internal.payments.retry, { orderId, attempt: 0 });
    return null;
  },
});
