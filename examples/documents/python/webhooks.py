import json
import os

from biconvex.sim.server import action, internal, internal_mutation
from biconvex.sim.values import ConvexError, v

from .schema import subscribed
from .signature import is_signed


@action(args={"body": v.string(), "signature": v.string()}, returns=v.null())
async def handle(ctx, args):
    """For a sender that calls functions instead of URLs. The signature is all there is to know it by."""
    if not await receive(ctx, args["body"], args["signature"]):
        raise ConvexError({"code": "BAD_SIGNATURE", "message": "The signature is not one of this body"})


async def receive(ctx, body, signature):
    """Take an event in, also for http.py; False where nobody knows who sent it."""
    secret = os.environ.get("WEBHOOK_SECRET")
    if secret is None or not is_signed(body, signature, secret):
        return False
    event = json.loads(body)
    data = event["data"]
    match event["type"]:
        case "payment.completed":
            payment = {"paymentId": data["id"], "amount": data["amount"]}
            await ctx.run_mutation(internal.webhooks.complete, payment)
        case "subscription.started":
            subscription = {"subscriptionId": data["id"], "status": "active"}
            await ctx.run_mutation(internal.webhooks.subscribe, subscription)
        case "subscription.cancelled":
            subscription = {"subscriptionId": data["id"], "status": "cancelled"}
            await ctx.run_mutation(internal.webhooks.subscribe, subscription)
    return True


@internal_mutation(args={"paymentId": v.string(), "amount": v.number()})
async def complete(ctx, args):
    """Complete a payment, once: the same event may be delivered again."""
    known = (
        await ctx.db.query("payments")
        .with_index("by_paymentId", lambda q: q.eq("paymentId", args["paymentId"]))
        .unique()
    )
    if known is None:
        await ctx.db.insert("payments", args)


@internal_mutation(args={"subscriptionId": v.string(), "status": subscribed})
async def subscribe(ctx, args):
    """Start or cancel a subscription. Events may overtake each other: what was cancelled doesn't start again."""
    known = (
        await ctx.db.query("subscriptions")
        .with_index("by_subscriptionId", lambda q: q.eq("subscriptionId", args["subscriptionId"]))
        .unique()
    )
    if known is None:
        await ctx.db.insert("subscriptions", args)
    elif args["status"] == "cancelled":
        await ctx.db.patch("subscriptions", known["_id"], {"status": "cancelled"})
