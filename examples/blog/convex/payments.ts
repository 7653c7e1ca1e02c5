import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";

const resultValidator = v.object({ success: v.boolean(), paymentId: v.string() });

// Writes a payment down once, however often it is told: by the action that made it, and by the provider's webhook,
// which is delivered at least once.
export const record = internalMutation({
  args: { paymentId: v.string(), orderId: v.string(), amount: v.number() },
  returns: resultValidator,
  handler: async (ctx, args) => {
    const existing = await ctx.db
      .query("payments")
      .withIndex("by_paymentId", (q) => q.eq("paymentId", args.paymentId))
      .first();
    if (existing !== null) {
      return { success: true, paymentId: existing.paymentId };
    }
    const order = await ctx.db
      .query("orders")
      .withIndex("by_orderId", (q) => q.eq("orderId", args.orderId))
      .unique();
    if (order === null || order.amount !== args.amount) {
      return { success: false, paymentId: args.paymentId };
    }
    await ctx.db.insert("payments", { ...args, processedAt: Date.now() });
    // Money that comes too late, or a second time, goes back.
    const status = order.status === "pending" ? "paid" : "refunding";
    await ctx.db.patch("orders", order._id, { status });
    return { success: true, paymentId: args.paymentId };
  },
});

export const latest = internalQuery({
  args: {},
  returns: v.array(v.object({ paymentId: v.string(), amount: v.number() })),
  handler: async (ctx) => {
    const payments = await ctx.db.query("payments").order("desc").take(10);
    return payments.map(({ paymentId, amount }) => ({ paymentId, amount }));
  },
});
