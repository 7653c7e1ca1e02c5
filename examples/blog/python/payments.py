from biconvex.sim.server import internal_mutation, internal_query, now_ms
from biconvex.sim.values import v

result_validator = v.object({"success": v.boolean(), "paymentId": v.string()})


@internal_mutation(
    args={"paymentId": v.string(), "orderId": v.string(), "amount": v.number()}, returns=result_validator
)
async def record(ctx, args):
    """Write a payment down once, however often it is told.

    By the action that made it, and by the provider's webhook, which is delivered at least once.
    """
    payment_id, order_id = args["paymentId"], args["orderId"]
    existing = (
        await ctx.db.query("payments")
        .with_index("by_paymentId", lambda q: q.eq("paymentId", payment_id))
        .first()
    )
    if existing is not None:
        return {"success": True, "paymentId": existing["paymentId"]}
    order = (
        await ctx.db.query("orders").with_index("by_orderId", lambda q: q.eq("orderId", order_id)).unique()
    )
    if order is None or order["amount"] != args["amount"]:
        return {"success": False, "paymentId": payment_id}
    await ctx.db.insert("payments", {**args, "processedAt": now_ms()})
    # Money that comes too late, or a second time, goes back.
    status = "paid" if order["status"] == "pending" else "refunding"
    await ctx.db.patch("orders", order["_id"], {"status": status})
    return {"success": True, "paymentId": payment_id}


@internal_query(args={}, returns=v.array(v.object({"paymentId": v.string(), "amount": v.number()})))
async def latest(ctx, args):
    payments = await ctx.db.query("payments").order("desc").take(10)
    return [{"paymentId": payment["paymentId"], "amount": payment["amount"]} for payment in payments]
