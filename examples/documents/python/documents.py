import asyncio

from biconvex.sim.server import internal_query, mutation, now_ms, query
from biconvex.sim.values import UNDEFINED, ConvexError, v

from .access import caller, owned
from .schema import status

MOST_AT_ONCE = 100
LISTED = v.object({"id": v.id("documents"), "title": v.string(), "status": status})


@mutation(
    args={"title": v.string(), "content": v.string(), "isPublic": v.boolean()}, returns=v.id("documents")
)
async def create(ctx, args):
    owner_id = await caller(ctx)
    return await ctx.db.insert(
        "documents", {**args, "status": "draft", "ownerId": owner_id, "updatedAt": now_ms()}
    )


@mutation(
    args={"id": v.id("documents"), "title": v.optional(v.string()), "content": v.optional(v.string())},
    returns=v.null(),
)
async def update(ctx, args):
    document = await owned(ctx, args["id"])
    changes = {name: value for name, value in args.items() if name != "id"}
    if changes.get("content", document["content"]) != document["content"]:
        # A summary is one of the content that it was made of.
        changes["summary"] = UNDEFINED
    await ctx.db.patch("documents", document["_id"], {**changes, "updatedAt": now_ms()})


@mutation(args={"id": v.id("documents")}, returns=v.null())
async def remove(ctx, args):
    await owned(ctx, args["id"])
    await ctx.db.delete("documents", args["id"])


@mutation(args={"ids": v.array(v.id("documents")), "status": status}, returns=v.number())
async def mark(ctx, args):
    """Give several documents a status: all of them, or none if one isn't the caller's."""
    ids = list(dict.fromkeys(args["ids"]))
    if len(ids) > MOST_AT_ONCE:
        raise ConvexError({"code": "TOO_MANY", "message": f"At most {MOST_AT_ONCE} documents at once"})

    async def mark_one(document_id):
        await owned(ctx, document_id)
        await ctx.db.patch("documents", document_id, {"status": args["status"], "updatedAt": now_ms()})

    await asyncio.gather(*map(mark_one, ids))
    return len(ids)


@query(args={}, returns=v.array(LISTED))
async def mine(ctx, args):
    owner_id = await caller(ctx)
    documents = (
        await ctx.db.query("documents")
        .with_index("by_ownerId", lambda q: q.eq("ownerId", owner_id))
        .order("desc")
        .take(MOST_AT_ONCE)
    )
    return [
        {"id": document["_id"], "title": document["title"], "status": document["status"]}
        for document in documents
    ]


@internal_query(args={"id": v.string()})
async def visible(ctx, args):
    """What the REST route shows of a document: None unless it is public, or the caller's own.

    The id is a part of a URL, and may be anything.
    """
    document_id = ctx.db.normalize_id("documents", args["id"])
    document = None if document_id is None else await ctx.db.get("documents", document_id)
    if document is None:
        return None
    identity = await ctx.auth.get_user_identity()
    is_own = identity is not None and document["ownerId"] == identity["tokenIdentifier"]
    if not document["isPublic"] and not is_own:
        return None
    shown = {name: document[name] for name in ("title", "content")}
    return {"id": document["_id"], **shown, "summary": document.get("summary")}
