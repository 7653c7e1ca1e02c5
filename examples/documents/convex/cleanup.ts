import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";

const KEEP_MS = 30 * 24 * 60 * 60 * 1000;
const BATCH = 100;

// Deletes drafts that nobody touched for thirty days, found by the index, so many that it takes no transaction too
// long. Running it again deletes what there is to delete, and nothing twice.
export const drafts = internalMutation({
  args: {},
  handler: async (ctx) => {
    const old = await ctx.db
      .query("documents")
      .withIndex("by_status_and_updatedAt", (q) => q.eq("status", "draft").lt("updatedAt", Date.now() - KEEP_MS))
      .take(BATCH);
    for (const draft of old) {
      await ctx.db.delete("documents", draft._id);
    }
    if (old.length === BATCH) {
      await ctx.scheduler.runAfter(0, internal.cleanup.drafts, {});
    }
    if (old.length > 0) {
      console.log(`old drafts deleted: ${old.length}`);
    }
    return { deleted: old.length };
  },
});
