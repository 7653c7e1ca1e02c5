import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { ActionCtx } from "./_generated/server";
import { action, internalMutation } from "./_generated/server";
import { isSigned } from "./signature";

// For a sender that calls functions instead of URLs. The signature is all there is to know it by.
export const handle = action({
  args: { body: v.string(), signature: v.string() },
  returns: v.null(),
  handler: async (ctx, { body, signature }) => {
    if (!(await receive(ctx, body, signature))) {
      throw new ConvexError({ code: "BAD_SIGNATURE", message: "The signature is not one of this body" });
    }
    return null;
  },
});

// Takes an event in, also for http.ts; false where nobody knows who sent it.
export async function receive(ctx: ActionCtx, body: string, signature: string | null): Promise<boolean> {
  const secret = process.env.WEBHOOK_SECRET;
  if (secret === undefined || !(await isSigned(body, signature, secret))) {
    return false;
  }
  const { type, data } = JSON.parse(body);
  switch (type) {
    case "payment.completed":
      await ctx.runMutation(internal.webhooks.complete, { paymentId: data.id, amount: data.amount });
      break;
    case "subscription.started":
      await ctx.runMutation(internal.webhooks.subscribe, { subscriptionId: data.id, status: "active" });
      break;
    case "subscription.cancelled":
      await ctx.runMutation(internal.webhooks.subscribe, { subscriptionId: data.id, status: "cancelled" });
      break;
  }
  return true;
}

// The same event may be delivered again: a payment is completed once.
export const complete = internalMutation({
  args: { paymentId: v.string(), amount: v.number() },
  handler: async (ctx, args) => {
    const known = await ctx.db
      .query("payments")
      .withIndex("by_paymentId", (q) => q.eq("paymentId", args.paymentId))
      .unique();
    if (known === null) {
      await ctx.db.insert("payments", args);
    }
  },
});

// Events may overtake each other: what was cancelled doesn't start again.
export const subscribe = internalMutation({
  args: { subscriptionId: v.string(), status: v.union(v.literal("active"), v.literal("cancelled")) },
  handler: async (ctx, args) => {
    const known = await ctx.db
      .query("subscriptions")
      .withIndex("by_subscriptionId", (q) => q.eq("subscriptionId", args.subscriptionId))
      .unique();
    if (known === null) {
      await ctx.db.insert("subscriptions", args);
    } else if (args.status === "cancelled") {
      await ctx.db.patch("subscriptions", known._id, { status: "cancelled" });
    }
  },
});
