from biconvex.sim.server import console, fetch, internal, internal_action, internal_mutation, internal_query
from biconvex.sim.values import v

SERVICE = "https://llm.example.com/v1/chat"
HISTORY = 10


@internal_action(args={"channelId": v.id("channels")})
async def answer(ctx, args):
    turns = await ctx.run_query(internal.assistant.history, args)
    response = await fetch(SERVICE, method="POST", json={"model": "small", "messages": turns})
    content = "I can't answer right now."
    if response.ok:
        completion = await response.json()
        content = completion["choices"][0]["message"]["content"]
    else:
        console.warn(f"the language model answered with status {response.status}")
    await ctx.run_mutation(internal.assistant.write, {"channelId": args["channelId"], "content": content})


@internal_query(args={"channelId": v.id("channels")})
async def history(ctx, args):
    messages = (
        await ctx.db.query("messages")
        .with_index("by_channelId", lambda q: q.eq("channelId", args["channelId"]))
        .order("desc")
        .take(HISTORY)
    )
    return [
        {"role": "user" if "authorId" in message else "assistant", "content": message["content"]}
        for message in reversed(messages)
    ]


@internal_mutation(args={"channelId": v.id("channels"), "content": v.string()})
async def write(ctx, args):
    await ctx.db.insert("messages", {"channelId": args["channelId"], "content": args["content"]})
