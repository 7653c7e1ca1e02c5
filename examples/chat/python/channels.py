from biconvex.sim.server import mutation, query
from biconvex.sim.values import ConvexError, v


@mutation(args={"name": v.string(), "topic": v.optional(v.string())})
async def open(ctx, args):  # noqa: A001 - the name that clients call
    taken = (
        await ctx.db.query("channels").with_index("by_name", lambda q: q.eq("name", args["name"])).unique()
    )
    if taken is not None:
        raise ConvexError({"code": "name-taken", "name": args["name"]})
    return await ctx.db.insert("channels", args)


@query(args={})
async def list(ctx, args):  # noqa: A001 - the name that clients call
    channels = await ctx.db.query("channels").with_index("by_name").take(100)
    return [{"id": channel["_id"], "name": channel["name"]} for channel in channels]
