import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalMutation, internalQuery } from "./_generated/server";

const FEED = "https://feed.example.com/changes";

const change = v.object({ externalId: v.string(), title: v.string(), revision: v.number() });

// Fetches what has changed elsewhere since the last time. If that fails, there is a next time in five minutes.
export const pull = internalAction({
  args: {},
  handler: async (ctx) => {
    const after: number = await ctx.runQuery(internal.sync.position, {});
    const response = await fetch(`${FEED}?after=${after}`);
    if (!response.ok) {
      console.warn(`the feed answered with status ${response.status}`);
      return;
    }
    const changes = await response.json();
    if (changes.length > 0) {
      await ctx.runMutation(internal.sync.store, { changes });
    }
  },
});

// How far we are: the highest revision that is stored.
export const position = internalQuery({
  args: {},
  handler: async (ctx) => {
    const last = await ctx.db.query("imports").withIndex("by_revision").order("desc").first();
    return last === null ? 0 : last.revision;
  },
});

// Stores changes, each of them once: what is older than what we have is left out.
export const store = internalMutation({
  args: { changes: v.array(change) },
  handler: async (ctx, args) => {
    for (const change of args.changes) {
      const known = await ctx.db
        .query("imports")
        .withIndex("by_externalId", (q) => q.eq("externalId", change.externalId))
        .unique();
      if (known === null) {
        await ctx.db.insert("imports", change);
      } else if (known.revision < change.revision) {
        await ctx.db.patch("imports", known._id, change);
      }
    }
  },
});
