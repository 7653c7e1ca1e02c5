from biconvex.sim.server import console, internal, internal_mutation, internal_query, mutation, query
from biconvex.sim.values import ConvexError, v


@mutation(args={"item": v.string(), "amount": v.number()}, returns=v.id("orders"))
async def place(ctx, args):
    if args["amount"] % 1 != 0 or args["amount"] <= 0:
        raise ConvexError({"code": "BAD_AMOUNT", "amount": args["amount"]})
    return await ctx.db.insert("orders", {**args, "status": "unpaid"})


@query(args={"orderId": v.id("orders")}, returns=v.union(v.string(), v.null()))
async def status(ctx, args):
    order = await ctx.db.get("orders", args["orderId"])
    return None if order is None else order["status"]


@internal_query(args={"orderId": v.id("orders")})
async def due(ctx, args):
    """The amount that is still to be paid; None where there is nothing to pay."""
    order = await ctx.db.get("orders", args["orderId"])
    return None if order is None or order["status"] == "paid" else order["amount"]


@internal_mutation(args={"orderId": v.string(), "chargeId": v.string(), "amount": v.number()})
async def pay(ctx, args):
    """Record a charge.

    Whoever hears of one says so here: the action that asked for it, and the webhook, which may come twice, or first.
    The id is a string of somebody else's, and may be anything.
    """
    known = (
        await ctx.db.query("payments")
        .with_index("by_chargeId", lambda q: q.eq("chargeId", args["chargeId"]))
        .unique()
    )
    if known is not None:
        return "known"
    order_id = ctx.db.normalize_id("orders", args["orderId"])
    order = None if order_id is None else await ctx.db.get("orders", order_id)
    if order is None:
        console.error(f"charge {args['chargeId']} is for no order of ours: {args['orderId']}")
        return "ignored"
    await ctx.db.insert("payments", {**args, "orderId": order["_id"]})
    await ctx.db.patch("orders", order["_id"], {"status": "paid"})
    return "recorded"


@mutation(args={"orderId": v.id("orders")}, returns=v.null())
async def collect(ctx, args):
    """Ask for the money in the background, until it is there: see payments.py."""
    await ctx.scheduler.run_after(0, internal.payments.retry, {**args, "attempt": 0})
