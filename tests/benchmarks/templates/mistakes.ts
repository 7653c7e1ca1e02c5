/** Changed in passing. */
export const touch = mutation({
  args: { thingId: v.id("things") },
  handler: async (ctx, { thingId }) => {
    const thing = await findThing(ctx, thingId);
    await requireMember(ctx, thing.teamId);
    ctx.db.patch(thingId, { dueAt: thing.dueAt + DAY_MS });
    return null;
  },
});

export const all = query({
  handler: async (ctx) => {
    return await ctx.db.query("things").collect();
  },
});

export const cheap = query({
  args: { teamId: v.id("teams") },
  handler: async (ctx, { teamId }) => {
    await requireMember(ctx, teamId);
    return await ctx.db
      .query("things")
      .filter((q) => q.and(q.eq(q.field("teamId"), teamId), q.lt(q.field("amount"), 100)))
      .collect();
  },
});

export const byId = query({
  args: { thingId: v.id("things") },
  handler: async (ctx, { thingId }) => {
    await requireUser(ctx);
    return await ctx.db.get(thingId);
  },
});

export const remindAll = mutation({
  args: { thingIds: v.array(v.id("things")) },
  handler: async (ctx, { thingIds }) => {
    await requireUser(ctx);
    for (const thingId of thingIds) {
      await ctx.scheduler.runAfter(0, internal.AREA.things.announce, { thingId });
    }
    return thingIds.length;
  },
});
