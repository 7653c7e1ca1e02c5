from biconvex.sim.values import ConvexError


async def require_user(ctx):
    """Who calls: the user that belongs to the token. Jobs and crons have none."""
    identity = await ctx.auth.get_user_identity()
    if identity is None:
        raise ConvexError({"code": "not-logged-in"})
    user = (
        await ctx.db.query("users")
        .with_index("by_tokenIdentifier", lambda q: q.eq("tokenIdentifier", identity["tokenIdentifier"]))
        .unique()
    )
    if user is None:
        raise ConvexError({"code": "not-a-member"})
    return user


async def require_staff(ctx):
    user = await require_user(ctx)
    if user["role"] != "staff":
        raise ConvexError({"code": "not-staff"})
    return user
