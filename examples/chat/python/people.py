from biconvex.sim.server import mutation
from biconvex.sim.values import v


@mutation(args={"name": v.string()})
async def join(ctx, args):
    return await ctx.db.insert("users", {"name": args["name"]})
