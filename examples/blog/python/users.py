from biconvex.sim.server import internal, mutation, now_ms, query
from biconvex.sim.values import ConvexError, v

from .lib.auth import require_member, require_user

# Not the whole document: a return validator refuses fields that it doesn't name.
profile_validator = v.object({"_id": v.id("users"), "name": v.string(), "email": v.string()})


def profile(user):
    return {field: user[field] for field in ("_id", "name", "email")}


@mutation(args={"name": v.string(), "email": v.string()}, returns=v.id("users"))
async def register(ctx, args):
    identity = await ctx.auth.get_user_identity()
    if identity is None:
        raise ConvexError({"code": "not-authenticated"})
    token = identity["tokenIdentifier"]
    known = (
        await ctx.db.query("users")
        .with_index("by_tokenIdentifier", lambda q: q.eq("tokenIdentifier", token))
        .unique()
    )
    if known is not None:
        return known["_id"]
    taken = await ctx.db.query("users").with_index("by_email", lambda q: q.eq("email", args["email"])).first()
    if taken is not None:
        raise ConvexError({"code": "email-taken", "email": args["email"]})
    user = {"tokenIdentifier": token, **args, "role": "user", "createdAt": now_ms()}
    return await ctx.db.insert("users", user)


@mutation(args={"name": v.string()}, returns=v.null())
async def rename(ctx, args):
    """Posts carry the name of their author, so that a list of posts is one read: it has to follow."""
    user = await require_user(ctx)
    await ctx.db.patch("users", user["_id"], {"name": args["name"]})
    await ctx.scheduler.run_after(0, internal.posts.sign, {"authorId": user["_id"], "after": 0})


@query(args={"limit": v.optional(v.number())}, returns=v.array(profile_validator))
async def list(ctx, args):  # noqa: A001 - the name that clients call
    await require_user(ctx)
    newest = await ctx.db.query("users").order("desc").take(args.get("limit", 50))
    return [profile(user) for user in newest]


@query(args={"email": v.string()}, returns=v.union(profile_validator, v.null()))
async def getByEmail(ctx, args):  # noqa: N802 - the name that clients call
    await require_user(ctx)
    found = (
        await ctx.db.query("users").with_index("by_email", lambda q: q.eq("email", args["email"])).unique()
    )
    return None if found is None else profile(found)


@query(args={"organizationId": v.id("organizations")}, returns=v.array(profile_validator))
async def members(ctx, args):
    await require_member(ctx, args["organizationId"])
    found = (
        await ctx.db.query("users")
        .with_index("by_organizationId", lambda q: q.eq("organizationId", args["organizationId"]))
        .collect()
    )
    return [profile(user) for user in found]
