# biconvex: ignore-file[unreferenced-internal-function] load tests call these, as the admin
from biconvex.sim.server import internal_mutation, internal_query
from biconvex.sim.values import v


@internal_mutation(args={"channelId": v.id("channels"), "count": v.number(), "length": v.number()})
async def write(ctx, args):
    content = "x" * int(args["length"])
    for _ in range(int(args["count"])):
        await ctx.db.insert("messages", {"channelId": args["channelId"], "content": content})


@internal_query(args={"channelId": v.id("channels")})
async def read(ctx, args):
    messages = ctx.db.query("messages").with_index(
        "by_channelId", lambda q: q.eq("channelId", args["channelId"])
    )
    return sum([1 async for _ in messages])


@internal_query(args={"length": v.number()})
async def give(ctx, args):
    return "x" * int(args["length"])
