from biconvex.sim.server import console, internal, internal_mutation, now_ms

KEEP_MS = 30 * 24 * 60 * 60 * 1000
BATCH = 100


@internal_mutation(args={})
async def drafts(ctx, args):
    """Delete drafts that nobody touched for thirty days.

    They are found by the index, so many that it takes no transaction too long. Running it again deletes what there is
    to delete, and nothing twice.
    """
    old = (
        await ctx.db.query("documents")
        .with_index(
            "by_status_and_updatedAt",
            lambda q: q.eq("status", "draft").lt("updatedAt", now_ms() - KEEP_MS),
        )
        .take(BATCH)
    )
    for draft in old:
        await ctx.db.delete("documents", draft["_id"])
    if len(old) == BATCH:
        await ctx.scheduler.run_after(0, internal.cleanup.drafts, {})
    if old:
        console.log(f"old drafts deleted: {len(old)}")
    return {"deleted": len(old)}
