import { ConvexError, v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import type { QueryCtx } from "./_generated/server";
import { mutation, query } from "./_generated/server";
import { record } from "./audit";
import { type Collection, collectionValidator, COLUMNS } from "./lib/collections";
import { requireStaff } from "./lib/people";
import { type Cell, csv, json } from "./lib/tables";

const MAX_ROWS = 1000;

const filterFields = {
  collection: collectionValidator,
  status: v.optional(v.string()),
  // Documents that were made from then on, and before then, in ms since the epoch.
  from: v.optional(v.number()),
  to: v.optional(v.number()),
};

type Filter = { collection: Collection; status?: string; from?: number; to?: number };

// One more than can be exported, so that it shows if there are too many.
async function find(ctx: QueryCtx, filter: Filter): Promise<Doc<Collection>[]> {
  const { collection, status, from = 0, to = Infinity } = filter;
  if (status === undefined) {
    return await ctx.db
      .query(collection)
      .withIndex("by_creation_time", (q) => q.gte("_creationTime", from).lt("_creationTime", to))
      .take(MAX_ROWS + 1);
  }
  if (collection === "beneficiaries") {
    const wanted = status as Doc<"beneficiaries">["status"];
    return await ctx.db
      .query("beneficiaries")
      .withIndex("by_status", (q) => q.eq("status", wanted).gte("_creationTime", from).lt("_creationTime", to))
      .take(MAX_ROWS + 1);
  }
  const wanted = status as Doc<"donations">["status"];
  return await ctx.db
    .query("donations")
    .withIndex("by_status", (q) => q.eq("status", wanted).gte("_creationTime", from).lt("_creationTime", to))
    .take(MAX_ROWS + 1);
}

async function select(ctx: QueryCtx, filter: Filter): Promise<Cell[][]> {
  const documents: Record<string, Cell | undefined>[] = await find(ctx, filter);
  if (documents.length > MAX_ROWS) {
    throw new ConvexError({ code: "too-many-rows", most: MAX_ROWS });
  }
  return documents.map((document) => COLUMNS[filter.collection].map((column) => document[column] ?? null));
}

export const count = query({
  args: filterFields,
  returns: v.number(),
  handler: async (ctx, args) => {
    await requireStaff(ctx);
    const rows = await select(ctx, args);
    return rows.length;
  },
});

// A mutation, because it leaves a line in the audit log.
export const download = mutation({
  args: { ...filterFields, format: v.union(v.literal("json"), v.literal("csv")) },
  returns: v.object({ count: v.number(), content: v.string() }),
  handler: async (ctx, { format, ...filter }) => {
    const user = await requireStaff(ctx);
    const rows = await select(ctx, filter);
    const columns = COLUMNS[filter.collection];
    const content = format === "csv" ? csv(columns, rows) : json(columns, rows);
    await record(ctx, user._id, "export", filter.collection, { format, count: rows.length });
    return { count: rows.length, content };
  },
});
