from biconvex.sim.server import action, console, internal, internal_action, internal_mutation
from biconvex.sim.values import ConvexError, v

from .charging import charge

FIRST_DELAY_MS = 30_000
MOST_ATTEMPTS = 6


@action(args={"orderId": v.id("orders")}, returns=v.string())
async def pay(ctx, args):
    """Pay an order, or fail.

    An error of an action goes to its client, and nobody runs the action again: that is for the client to decide.
    """
    amount = await ctx.run_query(internal.orders.due, args)
    if amount is None:
        raise ConvexError({"code": "NOTHING_DUE"})
    try:
        charge_id = await charge(args["orderId"], amount)
        await ctx.run_mutation(internal.orders.pay, {**args, "chargeId": charge_id, "amount": amount})
    except Exception:
        console.error(f"the payment of {args['orderId']} failed")
        raise
    return charge_id


@internal_mutation(args={"orderId": v.id("orders"), "attempt": v.number()})
async def retry(ctx, args):
    """Start an attempt, and make sure of the next one: a retry of our own.

    A mutation is run exactly once, an action at most once. So the mutation keeps time, whatever becomes of the
    attempt: an error, a timeout, or a crash half way.
    """
    order = await ctx.db.get("orders", args["orderId"])
    if order is None or order["status"] != "unpaid":
        return
    if args["attempt"] == MOST_ATTEMPTS:
        await ctx.db.patch("orders", args["orderId"], {"status": "failed"})
        return
    await ctx.scheduler.run_after(0, internal.payments.attempt, {"orderId": args["orderId"]})
    delay_ms = FIRST_DELAY_MS * 2 ** args["attempt"]
    await ctx.scheduler.run_after(delay_ms, internal.payments.retry, {**args, "attempt": args["attempt"] + 1})


@internal_action(args={"orderId": v.id("orders")})
async def attempt(ctx, args):
    amount = await ctx.run_query(internal.orders.due, args)
    if amount is not None:
        charge_id = await charge(args["orderId"], amount)
        await ctx.run_mutation(internal.orders.pay, {**args, "chargeId": charge_id, "amount": amount})
