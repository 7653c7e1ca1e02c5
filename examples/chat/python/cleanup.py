from biconvex.sim.server import internal, internal_mutation, now_ms
from biconvex.sim.values import v

HOUR_MS = 60 * 60 * 1000
KEEP_MS = 7 * 24 * HOUR_MS
BATCH = 50


@internal_mutation(args={"deleted": v.optional(v.number())})
async def sweep(ctx, args):
    """Delete what is older than a week, a batch at a time, and schedule itself again.

    An hour from now, or sooner while there is more to delete.
    """
    old = (
        await ctx.db.query("messages")
        .with_index("by_creation_time", lambda q: q.lt("_creationTime", now_ms() - KEEP_MS))
        .take(BATCH)
    )
    for message in old:
        await ctx.db.delete("messages", message["_id"])
    deleted = args.get("deleted", 0) + len(old)
    delay_ms = 15_000 if len(old) == BATCH else HOUR_MS
    await ctx.scheduler.run_after(delay_ms, internal.cleanup.sweep, {"deleted": deleted})
    return deleted
