import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";

const HOUR_MS = 60 * 60 * 1000;
const KEEP_MS = 7 * 24 * HOUR_MS;
const BATCH = 50;

// Deletes what is older than a week, a batch at a time, and schedules itself again: an hour from now,
// or sooner while there is more to delete.
export const sweep = internalMutation({
  args: { deleted: v.optional(v.number()) },
  handler: async (ctx, args) => {
    const old = await ctx.db
      .query("messages")
      .withIndex("by_creation_time", (q) => q.lt("_creationTime", Date.now() - KEEP_MS))
      .take(BATCH);
    for (const message of old) {
      await ctx.db.delete("messages", message._id);
    }
    const deleted = (args.deleted ?? 0) + old.length;
    const more = old.length === BATCH;
    await ctx.scheduler.runAfter(more ? 15_000 : HOUR_MS, internal.cleanup.sweep, { deleted });
    return deleted;
  },
});
