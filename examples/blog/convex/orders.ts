import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, internalQuery, mutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";
import { orderStatusValidator } from "./lib/fields";
import { generateId } from "./lib/ids";

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

const orderValidator = v.object({ orderId: v.string(), amount: v.number(), status: orderStatusValidator });

// An order has a week to be paid. The jobs exist if, and only if, the order does.
export const create = mutation({
  args: { amount: v.number() },
  returns: v.string(),
  handler: async (ctx, { amount }) => {
    const user = await requireUser(ctx);
    if (!(amount > 0)) {
      throw new ConvexError({ code: "invalid-amount", amount });
    }
    const orderId = generateId("ord");
    const order = { orderId, buyerId: user._id, amount, status: "pending", createdAt: Date.now() } as const;
    await ctx.db.insert("orders", order);
    await ctx.scheduler.runAfter(0, internal.checkout.confirm, { orderId, email: user.email });
    await ctx.scheduler.runAfter(WEEK_MS, internal.orders.expire, { orderId });
    return orderId;
  },
});

export const mine = query({
  args: {},
  returns: v.array(orderValidator),
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const orders = await ctx.db
      .query("orders")
      .withIndex("by_buyerId", (q) => q.eq("buyerId", user._id))
      .order("desc")
      .take(100);
    return orders.map(({ orderId, amount, status }) => ({ orderId, amount, status }));
  },
});

// For the action that pays: it has no database, but hands on who called it.
export const toPay = internalQuery({
  args: { orderId: v.string() },
  returns: v.union(orderValidator, v.null()),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const order = await ctx.db
      .query("orders")
      .withIndex("by_orderId", (q) => q.eq("orderId", args.orderId))
      .unique();
    if (order === null || order.buyerId !== user._id) {
      return null;
    }
    const { orderId, amount, status } = order;
    return { orderId, amount, status };
  },
});

export const expire = internalMutation({
  args: { orderId: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const order = await ctx.db
      .query("orders")
      .withIndex("by_orderId", (q) => q.eq("orderId", args.orderId))
      .unique();
    if (order !== null && order.status === "pending") {
      await ctx.db.patch("orders", order._id, { status: "cancelled" });
    }
    return null;
  },
});
