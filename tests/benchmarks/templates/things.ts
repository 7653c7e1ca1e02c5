import { paginationOptsValidator } from "convex/server";
import { ConvexError, v } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import { action, internalAction, internalMutation, internalQuery, mutation, query } from "../_generated/server";
import { requireMember, requireUser } from "../model/access";
import { describeThing, findThing, nextStatus, recordChange, thingTotal } from "../model/things";

const PAGE_LIMIT = 100;
const BATCH_SIZE = 50;
const DAY_MS = 24 * 60 * 60 * 1000;

const statusValidator = v.union(v.literal("draft"), v.literal("open"), v.literal("done"), v.literal("failed"));

const thingFields = {
  name: v.string(),
  teamId: v.id("teams"),
  amount: v.number(),
  dueAt: v.number(),
  notes: v.optional(v.string()),
  tags: v.array(v.string()),
  // extra fields
};

/** The things of a team, newest first, page by page. */
export const list = query({
  args: { teamId: v.id("teams"), paginationOpts: paginationOptsValidator },
  handler: async (ctx, args) => {
    await requireMember(ctx, args.teamId);
    return await ctx.db
      .query("things")
      .withIndex("by_team", (q) => q.eq("teamId", args.teamId))
      .order("desc")
      .paginate(args.paginationOpts);
  },
});

/** The things of a team that have one status, at most a hundred of them. */
export const listByStatus = query({
  args: { teamId: v.id("teams"), status: statusValidator },
  handler: async (ctx, { teamId, status }) => {
    await requireMember(ctx, teamId);
    const things = await ctx.db
      .query("things")
      .withIndex("by_team_status", (q) => q.eq("teamId", teamId).eq("status", status))
      .take(PAGE_LIMIT);
    return things.map((thing) => ({ ...thing, title: describeThing(thing) }));
  },
});

export const get = query({
  args: { thingId: v.id("things") },
  handler: async (ctx, { thingId }) => {
    const thing = await findThing(ctx, thingId);
    await requireMember(ctx, thing.teamId);
    const owner = await ctx.db.get("users", thing.ownerId);
    return { ...thing, ownerName: owner?.name ?? "somebody who left" };
  },
});

/** What is due before a moment, soonest first. */
export const due = query({
  args: { teamId: v.id("teams"), before: v.number() },
  handler: async (ctx, { teamId, before }) => {
    await requireMember(ctx, teamId);
    const things: Doc<"things">[] = [];
    const open = ctx.db
      .query("things")
      .withIndex("by_team_due", (q) => q.eq("teamId", teamId).lt("dueAt", before));
    for await (const thing of open) {
      if (thing.archived || thing.status === "done") continue;
      things.push(thing);
      if (things.length === PAGE_LIMIT) break;
    }
    return things;
  },
});

/** Figures for the team's dashboard. */
export const summary = query({
  args: { teamId: v.id("teams") },
  handler: async (ctx, { teamId }) => {
    await requireMember(ctx, teamId);
    const things = await ctx.db
      .query("things")
      .withIndex("by_team", (q) => q.eq("teamId", teamId))
      .take(1000);
    const counts: Record<string, number> = {};
    for (const thing of things) {
      counts[thing.status] = (counts[thing.status] ?? 0) + 1;
    }
    const total = thingTotal(things);
    return { counts, total, average: things.length === 0 ? 0 : total / things.length };
  },
});

export const search = query({
  args: { teamId: v.id("teams"), text: v.string() },
  handler: async (ctx, { teamId, text }) => {
    await requireMember(ctx, teamId);
    if (text.trim() === "") return [];
    return await ctx.db
      .query("things")
      .withSearchIndex("by_name", (q) => q.search("name", text).eq("teamId", teamId))
      .take(20);
  },
});

export const create = mutation({
  args: thingFields,
  handler: async (ctx, args) => {
    const { user } = await requireMember(ctx, args.teamId);
    if (args.amount < 0) {
      throw new ConvexError({ code: "negative_amount", message: `The amount ${args.amount} is negative.` });
    }
    const thingId = await ctx.db.insert("things", {
      ...args,
      ownerId: user._id,
      status: "draft",
      archived: false,
    });
    await recordChange(ctx, thingId, "created", user._id);
    await ctx.scheduler.runAfter(0, internal.AREA.things.announce, { thingId });
    return thingId;
  },
});

export const update = mutation({
  args: {
    thingId: v.id("things"),
    name: v.optional(v.string()),
    amount: v.optional(v.number()),
    dueAt: v.optional(v.number()),
    notes: v.optional(v.string()),
  },
  handler: async (ctx, { thingId, ...changes }) => {
    const thing = await findThing(ctx, thingId);
    const { user } = await requireMember(ctx, thing.teamId);
    if (thing.archived) {
      throw new ConvexError({ code: "archived", message: `${thing.name} is archived.` });
    }
    await ctx.db.patch("things", thingId, changes);
    await recordChange(ctx, thingId, "updated", user._id);
    return null;
  },
});

/** Moves a thing to the status that follows. */
export const promote = mutation({
  args: { thingId: v.id("things") },
  handler: async (ctx, { thingId }) => {
    const thing = await findThing(ctx, thingId);
    const { user } = await requireMember(ctx, thing.teamId);
    const status = nextStatus(thing.status);
    if (status === null) {
      return { changed: false, status: thing.status };
    }
    await ctx.db.patch("things", thing._id, { status });
    await recordChange(ctx, thing._id, `promoted to ${status}`, user._id);
    if (status === "done") {
      await ctx.scheduler.runAfter(7 * DAY_MS, internal.AREA.things.archiveIfDone, { thingId: thing._id });
    }
    return { changed: true, status };
  },
});

export const assign = mutation({
  args: { thingId: v.id("things"), userId: v.id("users") },
  handler: async (ctx, { thingId, userId }) => {
    const thing = await findThing(ctx, thingId);
    await requireMember(ctx, thing.teamId);
    const membership = await ctx.db
      .query("memberships")
      .withIndex("by_team_user", (q) => q.eq("teamId", thing.teamId).eq("userId", userId))
      .unique();
    if (membership === null) {
      throw new ConvexError({ code: "not_a_member", message: "Only members of the team can be assigned." });
    }
    await ctx.db.patch("things", thingId, { ownerId: userId });
    return null;
  },
});

export const addTags = mutation({
  args: { thingIds: v.array(v.id("things")), tags: v.array(v.string()) },
  handler: async (ctx, { thingIds, tags }) => {
    const user = await requireUser(ctx);
    const changed: Id<"things">[] = [];
    for (const thingId of thingIds.slice(0, BATCH_SIZE)) {
      const thing = await findThing(ctx, thingId);
      await requireMember(ctx, thing.teamId);
      const missing = tags.filter((tag) => !thing.tags.includes(tag));
      if (missing.length === 0) continue;
      await ctx.db.patch("things", thingId, { tags: [...thing.tags, ...missing] });
      await recordChange(ctx, thingId, `tagged ${missing.join(", ")}`, user._id);
      changed.push(thingId);
    }
    return changed;
  },
});

export const duplicate = mutation({
  args: { thingId: v.id("things"), times: v.optional(v.number()) },
  handler: async (ctx, { thingId, times }) => {
    const thing = await findThing(ctx, thingId);
    const { user } = await requireMember(ctx, thing.teamId);
    const { _id, _creationTime, ...fields } = thing;
    const copies = await Promise.all(
      Array.from({ length: Math.min(times ?? 1, 10) }, (_, copy) =>
        ctx.db.insert("things", {
          ...fields,
          name: `${fields.name} (${copy + 1})`,
          status: "draft",
          ownerId: user._id,
        }),
      ),
    );
    await recordChange(ctx, _id, `copied ${copies.length} times, as it was at ${_creationTime}`, user._id);
    return copies;
  },
});

export const remove = mutation({
  args: { thingId: v.id("things") },
  handler: async (ctx, { thingId }) => {
    const thing = await findThing(ctx, thingId);
    await requireMember(ctx, thing.teamId);
    const changes = await ctx.db
      .query("changes")
      .withIndex("by_subject", (q) => q.eq("subject", thingId))
      .take(BATCH_SIZE);
    for (const change of changes) {
      await ctx.db.delete("changes", change._id);
    }
    await ctx.db.delete("things", thingId);
    return null;
  },
});

export const archiveIfDone = internalMutation({
  args: { thingId: v.id("things") },
  handler: async (ctx, { thingId }) => {
    const thing = await ctx.db.get("things", thingId);
    if (thing === null || thing.status !== "done") return null;
    await ctx.db.patch("things", thingId, { archived: true });
    return null;
  },
});

/** Archives what has been done for long, some at a time. */
export const sweep = internalMutation({
  args: { before: v.number() },
  handler: async (ctx, { before }) => {
    const things = await ctx.db
      .query("things")
      .withIndex("by_status_due", (q) => q.eq("status", "done").lt("dueAt", before))
      .take(BATCH_SIZE);
    for (const thing of things) {
      await ctx.db.patch("things", thing._id, { archived: true, status: "draft" });
    }
    if (things.length === BATCH_SIZE) {
      await ctx.scheduler.runAfter(60 * 1000, internal.AREA.things.sweep, { before });
    }
    return things.length;
  },
});

export const forService = internalQuery({
  args: { thingId: v.id("things") },
  handler: async (ctx, { thingId }) => {
    const thing = await ctx.db.get("things", thingId);
    if (thing === null) return null;
    const team = await ctx.db.get("teams", thing.teamId);
    return { name: thing.name, team: team?.name ?? null, amount: thing.amount, tags: thing.tags };
  },
});

export const setStatus = internalMutation({
  args: { thingId: v.id("things"), status: statusValidator, notes: v.optional(v.string()) },
  handler: async (ctx, { thingId, status, notes }) => {
    await ctx.db.patch("things", thingId, notes === undefined ? { status } : { status, notes });
    return null;
  },
});

/** Tells the outside about a new thing, and writes down how that went. */
export const announce = internalAction({
  args: { thingId: v.id("things") },
  handler: async (ctx, { thingId }): Promise<null> => {
    const thing = await ctx.runQuery(internal.AREA.things.forService, { thingId });
    if (thing === null) return null;
    const response = await fetch("https://hooks.example.com/things", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(thing),
    });
    await ctx.runMutation(internal.AREA.things.setStatus, {
      thingId,
      status: response.ok ? "open" : "failed",
      notes: response.ok ? undefined : `The service answered ${response.status}.`,
    });
    return null;
  },
});

/** What a service makes of some things, asked one after the other. */
export const review = action({
  args: { thingIds: v.array(v.id("things")) },
  handler: async (ctx, { thingIds }): Promise<string[]> => {
    const verdicts: string[] = [];
    for (const thingId of thingIds) {
      const thing = await ctx.runQuery(internal.AREA.things.forService, { thingId });
      if (thing === null) continue;
      try {
        const response = await fetch(`https://review.example.com/things?name=${encodeURIComponent(thing.name)}`);
        const verdict = (await response.json()) as { text: string };
        verdicts.push(verdict.text);
      } catch (error) {
        console.error(`No review of ${thing.name}:`, error);
        await ctx.runMutation(internal.AREA.things.setStatus, { thingId, status: "failed" });
      }
    }
    return verdicts;
  },
});
