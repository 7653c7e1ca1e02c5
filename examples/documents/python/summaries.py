import asyncio
import os

from biconvex.sim.server import action, console, fetch, internal, internal_mutation, internal_query
from biconvex.sim.values import ConvexError, v

from .access import owned

SERVICE = "https://llm.example.com/v1/chat/completions"
PAUSES_S = [1, 4]


@action(args={"id": v.id("documents")}, returns=v.object({"summary": v.string(), "saved": v.boolean()}))
async def summarize(ctx, args):
    """Have a document summarized.

    Who calls an action is also who calls the functions that it runs, so they can check whose document it is.
    """
    content = await ctx.run_query(internal.summaries.read, args)
    summary = await ask(content)
    saved = await ctx.run_mutation(internal.summaries.save, {**args, "summary": summary, "content": content})
    return {"summary": summary, "saved": saved}


async def ask(content):
    """Ask the language model, and again after a pause where that may help: it is busy, or out of order for a moment."""
    for pause_s in [*PAUSES_S, None]:
        response = await fetch(
            SERVICE,
            method="POST",
            headers={"Authorization": f"Bearer {os.environ['LLM_API_KEY']}"},
            json={
                "model": "small",
                "messages": [
                    {"role": "system", "content": "Summarize the following text."},
                    {"role": "user", "content": content},
                ],
            },
        )
        if response.ok:
            completion = await response.json()
            return completion["choices"][0]["message"]["content"]
        if pause_s is None or (response.status != 429 and response.status < 500):
            console.error(f"the language model answered with status {response.status}")
            break
        await asyncio.sleep(pause_s)
    raise ConvexError({"code": "NO_SUMMARY", "message": "There is no summary right now"})


@internal_query(args={"id": v.id("documents")})
async def read(ctx, args):
    return (await owned(ctx, args["id"]))["content"]


@internal_mutation(args={"id": v.id("documents"), "summary": v.string(), "content": v.string()})
async def save(ctx, args):
    """Keep a summary if the content still is what was summarized; the answer is whether it was kept.

    Meanwhile, anything may have happened to the document.
    """
    document = await ctx.db.get("documents", args["id"])
    if document is None or document["content"] != args["content"]:
        return False
    await ctx.db.patch("documents", args["id"], {"summary": args["summary"]})
    return True
