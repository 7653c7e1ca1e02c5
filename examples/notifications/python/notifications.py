from biconvex.sim.server import (
    mutation,
    now_ms,
    pagination_opts_validator,
    pagination_result_validator,
    query,
)
from biconvex.sim.values import ConvexError, v

from .lib.notices import category_validator, channel_validator, status_validator
from .lib.notify import notify
from .lib.people import require_staff, require_user

notice_validator = v.object(
    {
        "id": v.id("notifications"),
        "category": category_validator,
        "title": v.string(),
        "body": v.string(),
        "status": status_validator,
    }
)


def notice(notification):
    shown = {field: notification[field] for field in ("category", "title", "body", "status")}
    return {"id": notification["_id"], **shown}


@mutation(
    args={
        "recipientId": v.id("users"),
        "channel": channel_validator,
        "category": category_validator,
        "title": v.string(),
        "body": v.string(),
        "delayMs": v.optional(v.number()),
    },
    returns=v.id("notifications"),
)
async def create(ctx, args):
    delay_ms = args.pop("delayMs", 0)
    await require_staff(ctx)
    recipient = await ctx.db.get("users", args["recipientId"])
    if recipient is None:
        raise ConvexError({"code": "no-such-user"})
    if not delay_ms >= 0:
        raise ConvexError({"code": "invalid-delay"})
    return await notify(ctx, args, now_ms() + delay_ms)


@query(
    args={"paginationOpts": pagination_opts_validator},
    returns=pagination_result_validator(notice_validator),
)
async def mine(ctx, args):
    user = await require_user(ctx)
    found = (
        await ctx.db.query("notifications")
        .with_index("by_recipientId", lambda q: q.eq("recipientId", user["_id"]))
        .order("desc")
        .paginate(args["paginationOpts"])
    )
    return {**found, "page": [notice(notification) for notification in found["page"]]}


@mutation(args={"id": v.id("notifications")}, returns=v.null())
async def acknowledge(ctx, args):
    user = await require_user(ctx)
    notification = await ctx.db.get("notifications", args["id"])
    if notification is None or notification["recipientId"] != user["_id"]:
        raise ConvexError({"code": "no-such-notification"})
    if notification["status"] == "sent":
        await ctx.db.patch("notifications", args["id"], {"status": "read", "readAt": now_ms()})
