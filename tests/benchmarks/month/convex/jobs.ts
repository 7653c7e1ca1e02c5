import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";

/** Counts in a table of a few rows. */
export const count = internalMutation({
  args: { name: v.string() },
  returns: v.null(),
  handler: async (ctx, { name }) => {
    const counter = await ctx.db
      .query("counters")
      .withIndex("by_name", (q) => q.eq("name", name))
      .unique();
    if (counter === null) {
      await ctx.db.insert("counters", { name, value: 1 });
    } else {
      await ctx.db.patch(counter._id, { value: counter.value + 1 });
    }
    return null;
  },
});

/** Schedules so many jobs, a second apart, in an order of their own. */
export const scheduleApart = internalMutation({
  args: { from: v.number(), count: v.number(), of: v.number() },
  returns: v.null(),
  handler: async (ctx, { from, count, of }) => {
    for (let n = from; n < from + count; n++) {
      await ctx.scheduler.runAfter(1000 + 1000 * ((n * 7919) % of), internal.jobs.count, { name: "job" });
    }
    return null;
  },
});
