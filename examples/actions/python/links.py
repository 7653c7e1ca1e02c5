import asyncio

from biconvex.sim.server import action, fetch, internal, internal_mutation
from biconvex.sim.values import v

LINK = v.object({"url": v.string(), "status": v.number()})


@action(args={"list": v.string()}, returns=v.number())
async def check(ctx, args):
    """Check all links of a list, a text file on the web with one in each line; the answer is how many are broken.

    They are asked for at the same time, as far as an action may, every one is awaited, and what came of them is
    written by one mutation.
    """
    text = await (await fetch(args["list"])).text()
    urls = [line for line in text.split("\n") if line]
    statuses = await asyncio.gather(*(status(url) for url in urls))
    links = [{"url": url, "status": status} for url, status in zip(urls, statuses, strict=True)]
    await ctx.run_mutation(internal.links.record, {"links": links})
    return sum(status != 200 for status in statuses)


async def status(url):
    """The status of a page, 0 where there is no answer at all."""
    try:
        return (await fetch(url, method="HEAD")).status
    except Exception:  # noqa: BLE001 - whatever it is, it is no answer
        return 0


@internal_mutation(args={"links": v.array(LINK)})
async def record(ctx, args):
    for link in args["links"]:
        known = (
            await ctx.db.query("links")
            .with_index("by_url", lambda q, url=link["url"]: q.eq("url", url))
            .unique()
        )
        if known is None:
            await ctx.db.insert("links", link)
        else:
            await ctx.db.patch("links", known["_id"], {"status": link["status"]})
