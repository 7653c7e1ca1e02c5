from biconvex.sim.server import action, internal, internal_mutation, internal_query, mutation
from biconvex.sim.values import ConvexError, v

from .model import complete


@mutation(args={"content": v.string()}, returns=v.id("messages"))
async def send(ctx, args):
    return await ctx.db.insert("messages", args)


@action(args={"messageId": v.id("messages")}, returns=v.string())
async def process(ctx, args):
    """Answer a message.

    An action has no database: it reads through an internal query and writes through an internal mutation, each in a
    transaction of its own. Between the two anything may happen, so the mutation looks again.
    """
    content = await ctx.run_query(internal.messages.read, args)
    if content is None:
        raise ConvexError({"code": "NO_SUCH_MESSAGE"})
    response = await complete(content)
    return await ctx.run_mutation(internal.messages.respond, {**args, "response": response})


@internal_query(args={"messageId": v.id("messages")})
async def read(ctx, args):
    message = await ctx.db.get("messages", args["messageId"])
    return None if message is None else message["content"]


@internal_mutation(args={"messageId": v.id("messages"), "response": v.string()})
async def respond(ctx, args):
    """Keep the first response; the answer is the one that stays."""
    message = await ctx.db.get("messages", args["messageId"])
    if message is None:
        raise ConvexError({"code": "NO_SUCH_MESSAGE"})
    if "response" in message:
        return message["response"]
    await ctx.db.patch("messages", args["messageId"], {"response": args["response"]})
    return args["response"]
