import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalAction, internalMutation } from "./_generated/server";
import { charge } from "./charging";

const FIRST_DELAY_MS = 30_000;
const MOST_ATTEMPTS = 6;

// An error of an action goes to its client, and nobody runs the action again: that is for the client to decide.
export const pay = action({
  args: { orderId: v.id("orders") },
  returns: v.string(),
  handler: async (ctx, { orderId }): Promise<string> => {
    const amount: number | null = await ctx.runQuery(internal.orders.due, { orderId });
    if (amount === null) {
      throw new ConvexError({ code: "NOTHING_DUE" });
    }
    try {
      const chargeId = await charge(orderId, amount);
      await ctx.runMutation(internal.orders.pay, { orderId, chargeId, amount });
      return chargeId;
    } catch (error) {
      console.error(`the payment of ${orderId} failed`);
      throw error;
    }
  },
});

// A retry of our own. A mutation is run exactly once, an action at most once: so the mutation keeps time. It starts an
// attempt and makes sure of the next one, whatever becomes of the first: an error, a timeout, or a crash half way.
export const retry = internalMutation({
  args: { orderId: v.id("orders"), attempt: v.number() },
  handler: async (ctx, { orderId, attempt }) => {
    const order = await ctx.db.get("orders", orderId);
    if (order === null || order.status !== "unpaid") {
      return;
    }
    if (attempt === MOST_ATTEMPTS) {
      await ctx.db.patch("orders", orderId, { status: "failed" });
      return;
    }
    await ctx.scheduler.runAfter(0, internal.payments.attempt, { orderId });
    const delayMs = FIRST_DELAY_MS * 2 ** attempt;
    await ctx.scheduler.runAfter(delayMs, internal.payments.retry, { orderId, attempt: attempt + 1 });
  },
});

export const attempt = internalAction({
  args: { orderId: v.id("orders") },
  handler: async (ctx, { orderId }) => {
    const amount: number | null = await ctx.runQuery(internal.orders.due, { orderId });
    if (amount !== null) {
      const chargeId = await charge(orderId, amount);
      await ctx.runMutation(internal.orders.pay, { orderId, chargeId, amount });
    }
  },
});
