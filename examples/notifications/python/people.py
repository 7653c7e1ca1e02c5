from biconvex.sim.server import internal, internal_action, internal_query, mutation
from biconvex.sim.values import ConvexError, v

from .lib.people import require_staff
from .services.email import send_template


@mutation(args={"name": v.string(), "email": v.optional(v.string())}, returns=v.id("users"))
async def join(ctx, args):
    """The first to join is staff. Everybody gets a letter of welcome, if there is an address."""
    identity = await ctx.auth.get_user_identity()
    if identity is None:
        raise ConvexError({"code": "not-logged-in"})
    token = identity["tokenIdentifier"]
    known = (
        await ctx.db.query("users")
        .with_index("by_tokenIdentifier", lambda q: q.eq("tokenIdentifier", token))
        .unique()
    )
    if known is not None:
        return known["_id"]
    first = await ctx.db.query("users").first()
    role = "staff" if first is None else "member"
    user_id = await ctx.db.insert("users", {"tokenIdentifier": token, "role": role, **args})
    if "email" in args:
        letter = {"userId": user_id, "name": args["name"], "email": args["email"]}
        await ctx.scheduler.run_after(0, internal.people.welcome, letter)
    return user_id


@internal_action(
    args={"userId": v.id("users"), "name": v.string(), "email": v.string()},
    returns=v.null(),
)
async def welcome(ctx, args):
    await send_template(args["email"], "welcome", {"name": args["name"]}, f"welcome-{args['userId']}")


@internal_query(args={}, returns=v.id("users"))
async def staff(ctx, args):
    """Actions have no database: they ask here who called them."""
    user = await require_staff(ctx)
    return user["_id"]
