import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalMutation } from "./_generated/server";
import { channelValidator, outcomeValidator, type Outcome } from "./lib/notices";
import { backoffMs, MINUTE_MS, sleep } from "./lib/time";
import { sendTemplate } from "./services/email";
import { INTERVAL_MS, sendNotice } from "./services/sms";

const MAX_ATTEMPTS = 5;
// No action runs for longer than ten minutes: one that hasn't reported by then never will.
const LEASE_MS = 15 * MINUTE_MS;
const BATCH = 50;

const messageValidator = v.object({
  attempt: v.number(),
  channel: channelValidator,
  address: v.string(),
  name: v.string(),
  title: v.string(),
  body: v.string(),
});

export const deliver = internalAction({
  args: { id: v.id("notifications") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    const message = await ctx.runMutation(internal.delivery.claim, { id });
    if (message === null) {
      return null;
    }
    const { attempt, channel, address, name, title, body } = message;
    let outcome: Outcome;
    if (channel === "email") {
      outcome = await sendTemplate(address, "notification", { name, title, body }, id);
    } else {
      await sleep(await ctx.runMutation(internal.limits.reserve, { name: "sms", intervalMs: INTERVAL_MS }));
      outcome = await sendNotice(address, title, body, id);
    }
    await ctx.runMutation(internal.delivery.settle, { id, attempt, outcome });
    return null;
  },
});

// Takes a notification for one attempt: of several jobs that are after it, one gets it.
export const claim = internalMutation({
  args: { id: v.id("notifications") },
  returns: v.union(messageValidator, v.null()),
  handler: async (ctx, { id }) => {
    const notification = await ctx.db.get("notifications", id);
    if (notification === null || notification.status !== "pending") {
      return null;
    }
    const { channel, recipientId, title, body } = notification;
    const recipient = await ctx.db.get("users", recipientId);
    const address = channel === "email" ? recipient?.email : recipient?.phone;
    if (recipient === null || address === undefined) {
      await ctx.db.patch("notifications", id, { status: "failed", error: "no address" });
      return null;
    }
    const attempt = notification.attempts + 1;
    const dueAt = Date.now() + LEASE_MS;
    await ctx.db.patch("notifications", id, { status: "sending", attempts: attempt, dueAt });
    return { attempt, channel, address, name: recipient.name, title, body };
  },
});

// Writes down what came of an attempt, unless it was given up in the meantime.
export const settle = internalMutation({
  args: { id: v.id("notifications"), attempt: v.number(), outcome: outcomeValidator },
  returns: v.null(),
  handler: async (ctx, { id, attempt, outcome }) => {
    const notification = await ctx.db.get("notifications", id);
    if (notification === null || notification.status !== "sending" || notification.attempts !== attempt) {
      return null;
    }
    if (outcome.kind === "sent") {
      await ctx.db.patch("notifications", id, { status: "sent", sentAt: Date.now(), error: undefined });
    } else if (outcome.kind === "failed" && outcome.again && attempt < MAX_ATTEMPTS) {
      const dueAt = Date.now() + backoffMs(attempt);
      await ctx.db.patch("notifications", id, { status: "pending", dueAt, error: outcome.error });
      await ctx.scheduler.runAt(dueAt, internal.delivery.deliver, { id });
    } else {
      await ctx.db.patch("notifications", id, { status: outcome.kind, error: outcome.error });
    }
    return null;
  },
});

// Actions run at most once. What became of one that died, or never ran, is found here: its time is long over.
export const recover = internalMutation({
  args: {},
  returns: v.number(),
  handler: async (ctx) => {
    const now = Date.now();
    const dead = await ctx.db
      .query("notifications")
      .withIndex("by_status_dueAt", (q) => q.eq("status", "sending").lt("dueAt", now))
      .take(BATCH);
    const lost = await ctx.db
      .query("notifications")
      .withIndex("by_status_dueAt", (q) => q.eq("status", "pending").lt("dueAt", now - LEASE_MS))
      .take(BATCH);
    for (const { _id: id, attempts } of [...dead, ...lost]) {
      if (attempts >= MAX_ATTEMPTS) {
        await ctx.db.patch("notifications", id, { status: "failed", error: "never reported back" });
      } else {
        await ctx.db.patch("notifications", id, { status: "pending", dueAt: now });
        await ctx.scheduler.runAfter(0, internal.delivery.deliver, { id });
      }
    }
    return dead.length + lost.length;
  },
});
