import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalMutation, mutation } from "./_generated/server";
import { requireUser } from "./lib/people";
import { turkishPhone } from "./lib/phones";
import { MINUTE_MS } from "./lib/time";
import { nextTurn } from "./limits";
import { sendVerification } from "./services/sms";

const GOOD_FOR_MS = 10 * MINUTE_MS;

// Sends a code to a phone that the caller says is theirs; once a minute for everybody.
export const request = mutation({
  args: { phone: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const phone = turkishPhone(args.phone);
    if (phone === null) {
      throw new ConvexError({ code: "invalid-phone", phone: args.phone });
    }
    const retryAfterMs = await nextTurn(ctx, `verification of ${user._id}`, MINUTE_MS);
    if (retryAfterMs > 0) {
      throw new ConvexError({ code: "rate-limited", retryAfterMs });
    }
    await ctx.scheduler.runAfter(0, internal.verification.send, { userId: user._id, phone });
    return null;
  },
});

// An action, because a secret needs randomness that nobody can foresee: mutations have a seeded one.
export const send = internalAction({
  args: { userId: v.id("users"), phone: v.string() },
  returns: v.null(),
  handler: async (ctx, { userId, phone }) => {
    const [number] = crypto.getRandomValues(new Uint32Array(1));
    const code = String(number % 1_000_000).padStart(6, "0");
    const verificationId = await ctx.runMutation(internal.verification.store, { userId, phone, code });
    await sendVerification(phone, code, verificationId);
    return null;
  },
});

export const store = internalMutation({
  args: { userId: v.id("users"), phone: v.string(), code: v.string() },
  returns: v.id("verifications"),
  handler: async (ctx, args) => {
    const earlier = await ctx.db
      .query("verifications")
      .withIndex("by_userId", (q) => q.eq("userId", args.userId))
      .unique();
    if (earlier !== null) {
      await ctx.db.delete("verifications", earlier._id);
    }
    return await ctx.db.insert("verifications", { ...args, expiresAt: Date.now() + GOOD_FOR_MS });
  },
});

// Says whether the code was right. Either way it is used up, or else it could be guessed.
export const confirm = mutation({
  args: { code: v.string() },
  returns: v.boolean(),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const found = await ctx.db
      .query("verifications")
      .withIndex("by_userId", (q) => q.eq("userId", user._id))
      .unique();
    if (found === null) {
      return false;
    }
    await ctx.db.delete("verifications", found._id);
    if (found.code !== args.code || found.expiresAt < Date.now()) {
      return false;
    }
    await ctx.db.patch("users", user._id, { phone: found.phone });
    return true;
  },
});
