from math import inf

from biconvex.sim.server import mutation, query
from biconvex.sim.values import ConvexError, v

from .audit import record
from .lib.collections import COLUMNS, collection_validator
from .lib.people import require_staff
from .lib.tables import csv, json

MAX_ROWS = 1000

filter_fields = {
    "collection": collection_validator,
    "status": v.optional(v.string()),
    # Documents that were made from then on, and before then, in ms since the epoch.
    "from": v.optional(v.number()),
    "to": v.optional(v.number()),
}


async def find(ctx, wanted):
    """One more than can be exported, so that it shows if there are too many."""
    status, start, end = wanted.get("status"), wanted.get("from", 0), wanted.get("to", inf)
    if status is None:
        return (
            await ctx.db.query(wanted["collection"])
            .with_index("by_creation_time", lambda q: q.gte("_creationTime", start).lt("_creationTime", end))
            .take(MAX_ROWS + 1)
        )
    return (
        await ctx.db.query(wanted["collection"])
        .with_index(
            "by_status", lambda q: q.eq("status", status).gte("_creationTime", start).lt("_creationTime", end)
        )
        .take(MAX_ROWS + 1)
    )


async def select(ctx, wanted):
    documents = await find(ctx, wanted)
    if len(documents) > MAX_ROWS:
        raise ConvexError({"code": "too-many-rows", "most": MAX_ROWS})
    columns = COLUMNS[wanted["collection"]]
    return [[document.get(column) for column in columns] for document in documents]


@query(args=filter_fields, returns=v.number())
async def count(ctx, args):
    await require_staff(ctx)
    rows = await select(ctx, args)
    return len(rows)


@mutation(
    args={**filter_fields, "format": v.union(v.literal("json"), v.literal("csv"))},
    returns=v.object({"count": v.number(), "content": v.string()}),
)
async def download(ctx, args):
    """A mutation, because it leaves a line in the audit log."""
    user = await require_staff(ctx)
    rows = await select(ctx, args)
    columns = COLUMNS[args["collection"]]
    content = csv(columns, rows) if args["format"] == "csv" else json(columns, rows)
    details = {"format": args["format"], "count": len(rows)}
    await record(ctx, user["_id"], "export", args["collection"], details)
    return {"count": len(rows), "content": content}
