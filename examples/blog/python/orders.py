from biconvex.sim.server import internal, internal_mutation, internal_query, mutation, now_ms, query
from biconvex.sim.values import ConvexError, v

from .lib.auth import require_user
from .lib.fields import order_status_validator
from .lib.ids import generate_id

WEEK_MS = 7 * 24 * 60 * 60 * 1000

order_validator = v.object({"orderId": v.string(), "amount": v.number(), "status": order_status_validator})


def shown(order):
    return {field: order[field] for field in ("orderId", "amount", "status")}


async def by_order_id(ctx, order_id):
    return await ctx.db.query("orders").with_index("by_orderId", lambda q: q.eq("orderId", order_id)).unique()


@mutation(args={"amount": v.number()}, returns=v.string())
async def create(ctx, args):
    """An order has a week to be paid. The jobs exist if, and only if, the order does."""
    user = await require_user(ctx)
    if not args["amount"] > 0:
        raise ConvexError({"code": "invalid-amount", "amount": args["amount"]})
    order_id = generate_id("ord")
    order = {"orderId": order_id, "buyerId": user["_id"], **args, "status": "pending", "createdAt": now_ms()}
    await ctx.db.insert("orders", order)
    letter = {"orderId": order_id, "email": user["email"]}
    await ctx.scheduler.run_after(0, internal.checkout.confirm, letter)
    await ctx.scheduler.run_after(WEEK_MS, internal.orders.expire, {"orderId": order_id})
    return order_id


@query(args={}, returns=v.array(order_validator))
async def mine(ctx, args):
    user = await require_user(ctx)
    orders = (
        await ctx.db.query("orders")
        .with_index("by_buyerId", lambda q: q.eq("buyerId", user["_id"]))
        .order("desc")
        .take(100)
    )
    return [shown(order) for order in orders]


@internal_query(args={"orderId": v.string()}, returns=v.union(order_validator, v.null()))
async def toPay(ctx, args):  # noqa: N802 - the name that is called
    """For the action that pays: it has no database, but hands on who called it."""
    user = await require_user(ctx)
    order = await by_order_id(ctx, args["orderId"])
    return None if order is None or order["buyerId"] != user["_id"] else shown(order)


@internal_mutation(args={"orderId": v.string()}, returns=v.null())
async def expire(ctx, args):
    order = await by_order_id(ctx, args["orderId"])
    if order is not None and order["status"] == "pending":
        await ctx.db.patch("orders", order["_id"], {"status": "cancelled"})
