from biconvex.sim.server import pagination_opts_validator, pagination_result_validator, query
from biconvex.sim.values import v

from .lib.auth import get_current_user, require_member
from .lib.fields import post_validator

organization = {"organizationId": v.id("organizations")}


@query(args={"postId": v.id("posts")}, returns=v.union(post_validator, v.null()))
async def get(ctx, args):
    """Everybody may read what is published; drafts are for the author's organization."""
    post = await ctx.db.get("posts", args["postId"])
    if post is None or post["status"] == "removing":
        return None
    if post["status"] == "published":
        return post
    user = await get_current_user(ctx)
    is_member = user is not None and user.get("organizationId") == post["organizationId"]
    return post if is_member else None


@query(args=organization, returns=v.union(post_validator, v.null()))
async def newest(ctx, args):
    """first(): one document or None.

    Both fields of the index are given, and what is left is in the order of creation.
    """
    return (
        await ctx.db.query("posts")
        .with_index(
            "by_organizationId_status",
            lambda q: q.eq("organizationId", args["organizationId"]).eq("status", "published"),
        )
        .order("desc")
        .first()
    )


@query(args={**organization, "limit": v.optional(v.number())}, returns=v.array(post_validator))
async def published(ctx, args):
    """take(n): no more than so many."""
    return (
        await ctx.db.query("posts")
        .with_index(
            "by_organizationId_status",
            lambda q: q.eq("organizationId", args["organizationId"]).eq("status", "published"),
        )
        .order("desc")
        .take(args.get("limit", 20))
    )


@query(args={**organization, "from": v.number(), "to": v.number()}, returns=v.array(post_validator))
async def between(ctx, args):
    """collect(): all of them, for a range that stays small. A range ends the conditions of an index."""
    await require_member(ctx, args["organizationId"])
    return (
        await ctx.db.query("posts")
        .with_index(
            "by_organizationId_createdAt",
            lambda q: (
                q.eq("organizationId", args["organizationId"])
                .gte("createdAt", args["from"])
                .lt("createdAt", args["to"])
            ),
        )
        .collect()
    )


@query(
    args={**organization, "paginationOpts": pagination_opts_validator},
    returns=pagination_result_validator(post_validator),
)
async def page(ctx, args):
    """paginate(): page by page, by the first field of the index, in the order of the next."""
    await require_member(ctx, args["organizationId"])
    return (
        await ctx.db.query("posts")
        .with_index("by_organizationId_createdAt", lambda q: q.eq("organizationId", args["organizationId"]))
        .order("desc")
        .paginate(args["paginationOpts"])
    )


@query(
    args={**organization, "words": v.number(), "paginationOpts": pagination_opts_validator},
    returns=pagination_result_validator(post_validator),
)
async def long(ctx, args):
    """filter(): what no index answers. It reads what it leaves out; in pages, the page stays full."""
    return (
        await ctx.db.query("posts")
        .with_index(
            "by_organizationId_status",
            lambda q: q.eq("organizationId", args["organizationId"]).eq("status", "published"),
        )
        .filter(lambda q: q.gte(q.field("words"), args["words"]))
        .paginate(args["paginationOpts"])
    )


@query(args={"query": v.string(), "authorId": v.optional(v.id("users"))}, returns=v.array(post_validator))
async def search(ctx, args):
    """with_search_index(): the best match first. The filters are fields of the index."""

    def wanted(q):
        found = q.search("content", args["query"]).eq("status", "published")
        return found.eq("authorId", args["authorId"]) if "authorId" in args else found

    return await ctx.db.query("posts").with_search_index("search_content", wanted).take(10)
