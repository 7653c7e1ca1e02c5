import { v } from "convex/values";
import type { MutationCtx } from "./_generated/server";
import { internalMutation } from "./_generated/server";

// The next turn of a name, in ms from now: turns are `intervalMs` apart, however many ask at once.
export async function nextTurn(ctx: MutationCtx, name: string, intervalMs: number): Promise<number> {
  const limit = await ctx.db
    .query("limits")
    .withIndex("by_name", (q) => q.eq("name", name))
    .unique();
  const now = Date.now();
  const turn = Math.max(now, limit?.nextAt ?? now);
  if (limit === null) {
    await ctx.db.insert("limits", { name, nextAt: turn + intervalMs });
  } else {
    await ctx.db.patch("limits", limit._id, { nextAt: turn + intervalMs });
  }
  return turn - now;
}

export const reserve = internalMutation({
  args: { name: v.string(), intervalMs: v.number() },
  returns: v.number(),
  handler: async (ctx, args) => await nextTurn(ctx, args.name, args.intervalMs),
});
