from datetime import UTC, datetime

from biconvex.sim.server import console, internal_mutation, now_ms, query
from biconvex.sim.values import v

from .access import caller

DAY_MS = 24 * 60 * 60 * 1000
MOST_COUNTED = 1_000


@internal_mutation(args={})
async def generate(ctx, args):
    """Make the report of the day before, once, however often this runs: how many documents of that day there are."""
    today = now_ms() // DAY_MS * DAY_MS
    day = datetime.fromtimestamp((today - DAY_MS) / 1000, UTC).date().isoformat()
    known = await ctx.db.query("reports").with_index("by_day", lambda q: q.eq("day", day)).unique()
    if known is not None:
        return
    created = (
        await ctx.db.query("documents")
        .with_index(
            "by_creation_time",
            lambda q: q.gte("_creationTime", today - DAY_MS).lt("_creationTime", today),
        )
        .take(MOST_COUNTED)
    )
    await ctx.db.insert("reports", {"day": day, "created": len(created)})
    console.log(f"documents created on {day}: {len(created)}")


@query(args={}, returns=v.array(v.object({"day": v.string(), "created": v.number()})))
async def latest(ctx, args):
    await caller(ctx)
    reports = await ctx.db.query("reports").with_index("by_day").order("desc").take(7)
    return [{"day": report["day"], "created": report["created"]} for report in reports]
