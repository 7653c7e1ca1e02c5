from biconvex.sim.server import internal_mutation, now_ms
from biconvex.sim.values import v


async def next_turn(ctx, name, interval_ms):
    """The next turn of a name, in ms from now: turns are `interval_ms` apart, however many ask at once."""
    limit = await ctx.db.query("limits").with_index("by_name", lambda q: q.eq("name", name)).unique()
    now = now_ms()
    turn = now if limit is None else max(now, limit["nextAt"])
    if limit is None:
        await ctx.db.insert("limits", {"name": name, "nextAt": turn + interval_ms})
    else:
        await ctx.db.patch("limits", limit["_id"], {"nextAt": turn + interval_ms})
    return turn - now


@internal_mutation(args={"name": v.string(), "intervalMs": v.number()}, returns=v.number())
async def reserve(ctx, args):
    return await next_turn(ctx, args["name"], args["intervalMs"])
