from biconvex.sim.values import ConvexError


async def get_current_user(ctx):
    identity = await ctx.auth.get_user_identity()
    if identity is None:
        return None
    return (
        await ctx.db.query("users")
        .with_index("by_tokenIdentifier", lambda q: q.eq("tokenIdentifier", identity["tokenIdentifier"]))
        .unique()
    )


async def require_user(ctx):
    user = await get_current_user(ctx)
    if user is None:
        raise ConvexError({"code": "not-authenticated"})
    return user


async def require_member(ctx, organization_id):
    user = await require_user(ctx)
    if user.get("organizationId") != organization_id:
        raise ConvexError({"code": "not-a-member"})
    return user


async def require_own_post(ctx, post_id):
    """A post that the caller may change: their own, or any of their organization for its admins."""
    user = await require_user(ctx)
    post = await ctx.db.get("posts", post_id)
    if post is None or post["status"] == "removing":
        raise ConvexError({"code": "no-such-post"})
    is_admin = user["role"] == "admin" and user.get("organizationId") == post["organizationId"]
    if post["authorId"] != user["_id"] and not is_admin:
        raise ConvexError({"code": "not-your-post"})
    return post
