from biconvex.sim.server import internal, internal_mutation, mutation, now_ms
from biconvex.sim.values import v

from .lib.auth import require_member, require_own_post
from .lib.texts import count_words

# How many documents one transaction changes; there may be any number.
BATCH = 100


@mutation(
    args={"title": v.string(), "content": v.string(), "organizationId": v.id("organizations")},
    returns=v.id("posts"),
)
async def create(ctx, args):
    user = await require_member(ctx, args["organizationId"])
    return await ctx.db.insert(
        "posts",
        {
            **args,
            "words": count_words(args["content"]),
            "authorId": user["_id"],
            "authorName": user["name"],
            "status": "draft",
            "createdAt": now_ms(),
        },
    )


@mutation(
    args={"postId": v.id("posts"), "title": v.optional(v.string()), "content": v.optional(v.string())},
    returns=v.null(),
)
async def update(ctx, args):
    """A patch changes the fields that it names."""
    await require_own_post(ctx, args["postId"])
    updates = {field: args[field] for field in ("title", "content") if field in args}
    if "content" in args:
        updates["words"] = count_words(args["content"])
    await ctx.db.patch("posts", args["postId"], updates)


@mutation(
    args={
        "postId": v.id("posts"),
        "title": v.string(),
        "content": v.string(),
        "status": v.union(v.literal("draft"), v.literal("published")),
    },
    returns=v.null(),
)
async def replace(ctx, args):
    """A replacement is the whole document: what it leaves out is gone, here the time of publication."""
    post_id = args.pop("postId")
    post = await require_own_post(ctx, post_id)
    kept = {field: post[field] for field in ("authorId", "authorName", "organizationId", "createdAt")}
    published = {"publishedAt": now_ms()} if args["status"] == "published" else {}
    words = count_words(args["content"])
    await ctx.db.replace("posts", post_id, {**args, "words": words, **kept, **published})


@mutation(args={"postId": v.id("posts")}, returns=v.null())
async def publish(ctx, args):
    post = await require_own_post(ctx, args["postId"])
    if post["status"] == "draft":
        await ctx.db.patch("posts", args["postId"], {"status": "published", "publishedAt": now_ms()})


async def remove_batch(ctx, post_id):
    """Delete comments, and with the last of them the post: no comment is ever without its post.

    Say whether all is done.
    """
    comments = (
        await ctx.db.query("comments").with_index("by_postId", lambda q: q.eq("postId", post_id)).take(BATCH)
    )
    for comment in comments:
        await ctx.db.delete("comments", comment["_id"])
    if len(comments) == BATCH:
        await ctx.scheduler.run_after(0, internal.posts.finishRemoval, {"postId": post_id})
        return False
    await ctx.db.delete("posts", post_id)
    return True


@mutation(args={"postId": v.id("posts")}, returns=v.null())
async def remove(ctx, args):
    await require_own_post(ctx, args["postId"])
    done = await remove_batch(ctx, args["postId"])
    if not done:
        await ctx.db.patch("posts", args["postId"], {"status": "removing"})


@internal_mutation(args={"postId": v.id("posts")}, returns=v.null())
async def finishRemoval(ctx, args):  # noqa: N802 - the name that is scheduled
    post = await ctx.db.get("posts", args["postId"])
    if post is not None:
        await remove_batch(ctx, args["postId"])


@internal_mutation(
    args={"authorId": v.id("users"), "after": v.number()}, returns=v.object({"processed": v.number()})
)
async def sign(ctx, args):
    """Sign the posts of an author with their present name: one at a time, without having all of them in memory."""
    author_id, after = args["authorId"], args["after"]
    author = await ctx.db.get("users", author_id)
    processed = 0
    if author is None:
        return {"processed": processed}
    async for post in ctx.db.query("posts").with_index(
        "by_authorId", lambda q: q.eq("authorId", author_id).gt("_creationTime", after)
    ):
        await ctx.db.patch("posts", post["_id"], {"authorName": author["name"]})
        processed += 1
        if processed == BATCH:
            rest = {"authorId": author_id, "after": post["_creationTime"]}
            await ctx.scheduler.run_after(0, internal.posts.sign, rest)
            break
    return {"processed": processed}
