from biconvex.sim.server import mutation, now_ms, query
from biconvex.sim.values import ConvexError, v

from .lib.auth import require_user
from .lib.fields import comment_validator


@mutation(args={"postId": v.id("posts"), "content": v.string()}, returns=v.id("comments"))
async def add(ctx, args):
    user = await require_user(ctx)
    post = await ctx.db.get("posts", args["postId"])
    if post is None or post["status"] != "published":
        raise ConvexError({"code": "no-such-post"})
    return await ctx.db.insert("comments", {**args, "authorId": user["_id"], "createdAt": now_ms()})


@query(args={"postId": v.id("posts")}, returns=v.array(comment_validator))
async def list(ctx, args):  # noqa: A001 - the name that clients call
    post = await ctx.db.get("posts", args["postId"])
    if post is None or post["status"] != "published":
        return []
    return (
        await ctx.db.query("comments")
        .with_index("by_postId", lambda q: q.eq("postId", args["postId"]))
        .take(100)
    )
