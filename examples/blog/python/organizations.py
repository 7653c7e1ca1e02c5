from biconvex.sim.server import mutation, now_ms, query
from biconvex.sim.values import ConvexError, v

from .lib.auth import require_user

organization_validator = v.object({"_id": v.id("organizations"), "name": v.string(), "slug": v.string()})


def shown(organization):
    return {field: organization[field] for field in ("_id", "name", "slug")}


async def by_slug(ctx, slug):
    """Unique by the transaction.

    Of two that create the same slug at once, one conflicts, is run again, and finds it taken.
    """
    return await ctx.db.query("organizations").with_index("by_slug", lambda q: q.eq("slug", slug)).unique()


@mutation(args={"name": v.string(), "slug": v.string()}, returns=v.id("organizations"))
async def create(ctx, args):
    user = await require_user(ctx)
    taken = await by_slug(ctx, args["slug"])
    if taken is not None:
        raise ConvexError({"code": "slug-taken", "slug": args["slug"]})
    organization = {**args, "ownerId": user["_id"], "createdAt": now_ms()}
    organization_id = await ctx.db.insert("organizations", organization)
    await ctx.db.patch("users", user["_id"], {"organizationId": organization_id, "role": "admin"})
    return organization_id


@mutation(args={"slug": v.string()}, returns=v.id("organizations"))
async def join(ctx, args):
    user = await require_user(ctx)
    organization = await by_slug(ctx, args["slug"])
    if organization is None:
        raise ConvexError({"code": "no-such-organization"})
    await ctx.db.patch("users", user["_id"], {"organizationId": organization["_id"], "role": "user"})
    return organization["_id"]


@query(args={"slug": v.string()}, returns=v.union(organization_validator, v.null()))
async def getBySlug(ctx, args):  # noqa: N802 - the name that clients call
    found = await by_slug(ctx, args["slug"])
    return None if found is None else shown(found)


@query(args={}, returns=v.array(organization_validator))
async def mine(ctx, args):
    user = await require_user(ctx)
    found = (
        await ctx.db.query("organizations")
        .with_index("by_ownerId", lambda q: q.eq("ownerId", user["_id"]))
        .collect()
    )
    return [shown(organization) for organization in found]
