import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalQuery, mutation } from "./_generated/server";
import { requireStaff } from "./lib/people";
import { sendTemplate } from "./services/email";

// The first to join is staff. Everybody gets a letter of welcome, if there is an address.
export const join = mutation({
  args: { name: v.string(), email: v.optional(v.string()) },
  returns: v.id("users"),
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (identity === null) {
      throw new ConvexError({ code: "not-logged-in" });
    }
    const { tokenIdentifier } = identity;
    const known = await ctx.db
      .query("users")
      .withIndex("by_tokenIdentifier", (q) => q.eq("tokenIdentifier", tokenIdentifier))
      .unique();
    if (known !== null) {
      return known._id;
    }
    const first = await ctx.db.query("users").first();
    const role = first === null ? "staff" : "member";
    const userId = await ctx.db.insert("users", { tokenIdentifier, role, ...args });
    if (args.email !== undefined) {
      await ctx.scheduler.runAfter(0, internal.people.welcome, { userId, name: args.name, email: args.email });
    }
    return userId;
  },
});

export const welcome = internalAction({
  args: { userId: v.id("users"), name: v.string(), email: v.string() },
  returns: v.null(),
  handler: async (_ctx, args) => {
    await sendTemplate(args.email, "welcome", { name: args.name }, `welcome-${args.userId}`);
    return null;
  },
});

// Actions have no database: they ask here who called them.
export const staff = internalQuery({
  args: {},
  returns: v.id("users"),
  handler: async (ctx) => {
    const user = await requireStaff(ctx);
    return user._id;
  },
});
