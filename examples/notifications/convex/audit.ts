import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { internalMutation, query } from "./_generated/server";
import { requireStaff } from "./lib/people";

const detailsValidator = v.record(v.string(), v.union(v.string(), v.number()));

// Writes down who did what, in the transaction that does it: there is no import without its line.
export async function record(
  ctx: MutationCtx,
  actorId: Id<"users">,
  action: string,
  subject: string,
  details: Doc<"auditLogs">["details"],
): Promise<void> {
  await ctx.db.insert("auditLogs", { actorId, action, subject, details });
}

// For actions, which have no transaction of their own.
export const write = internalMutation({
  args: { actorId: v.id("users"), action: v.string(), subject: v.string(), details: detailsValidator },
  returns: v.null(),
  handler: async (ctx, { actorId, action, subject, details }) => {
    await record(ctx, actorId, action, subject, details);
    return null;
  },
});

export const list = query({
  args: { subject: v.string(), paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(
    v.object({ at: v.number(), actorId: v.id("users"), action: v.string(), details: detailsValidator }),
  ),
  handler: async (ctx, args) => {
    await requireStaff(ctx);
    const found = await ctx.db
      .query("auditLogs")
      .withIndex("by_subject", (q) => q.eq("subject", args.subject))
      .order("desc")
      .paginate(args.paginationOpts);
    const page = found.page.map(({ _creationTime: at, actorId, action, details }) => {
      return { at, actorId, action, details };
    });
    return { ...found, page };
  },
});
