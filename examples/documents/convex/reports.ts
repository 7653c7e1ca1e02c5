import { v } from "convex/values";
import { internalMutation, query } from "./_generated/server";
import { caller } from "./access";

const DAY_MS = 24 * 60 * 60 * 1000;
const MOST_COUNTED = 1_000;

// The report of the day before, made once, however often this runs: how many documents of that day there are.
export const generate = internalMutation({
  args: {},
  handler: async (ctx) => {
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const day = new Date(today - DAY_MS).toISOString().slice(0, 10);
    const known = await ctx.db
      .query("reports")
      .withIndex("by_day", (q) => q.eq("day", day))
      .unique();
    if (known !== null) {
      return;
    }
    const created = await ctx.db
      .query("documents")
      .withIndex("by_creation_time", (q) => q.gte("_creationTime", today - DAY_MS).lt("_creationTime", today))
      .take(MOST_COUNTED);
    await ctx.db.insert("reports", { day, created: created.length });
    console.log(`documents created on ${day}: ${created.length}`);
  },
});

export const latest = query({
  args: {},
  returns: v.array(v.object({ day: v.string(), created: v.number() })),
  handler: async (ctx) => {
    await caller(ctx);
    const reports = await ctx.db.query("reports").withIndex("by_day").order("desc").take(7);
    return reports.map(({ day, created }) => ({ day, created }));
  },
});
