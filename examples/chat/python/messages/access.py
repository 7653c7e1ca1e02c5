from biconvex.sim.server import mutation
from biconvex.sim.values import v


@mutation(args={"messageId": v.id("messages"), "content": v.string()})
async def edit(ctx, args):
    """A patch changes the fields that it names. Where there is no such message, it throws."""
    await ctx.db.patch("messages", args["messageId"], {"content": args["content"]})


@mutation(args={"messageId": v.id("messages"), "channelId": v.id("channels")})
async def redact(ctx, args):
    """A replacement is the whole message: this one has no author any more. Where there is none, it throws."""
    redacted = {"channelId": args["channelId"], "content": "[redacted]"}
    await ctx.db.replace("messages", args["messageId"], redacted)
