from biconvex.sim.server import internal, mutation, query
from biconvex.sim.values import ConvexError, v


@mutation(args={"channelId": v.id("channels"), "authorId": v.id("users"), "content": v.string()})
async def send(ctx, args):
    channel = await ctx.db.get("channels", args["channelId"])
    if channel is None:
        raise ConvexError({"code": "no-such-channel"})
    author = await ctx.db.get("users", args["authorId"])
    if author is None:
        raise ConvexError({"code": "no-such-user"})
    message_id = await ctx.db.insert("messages", args)
    await ctx.scheduler.run_after(0, internal.assistant.answer, {"channelId": args["channelId"]})
    return message_id


@query(args={"channelId": v.id("channels"), "limit": v.optional(v.number())})
async def latest(ctx, args):
    messages = (
        await ctx.db.query("messages")
        .with_index("by_channelId", lambda q: q.eq("channelId", args["channelId"]))
        .order("desc")
        .take(args.get("limit", 20))
    )
    return [
        {"from": message.get("authorId", "assistant"), "content": message["content"]}
        for message in reversed(messages)
    ]
