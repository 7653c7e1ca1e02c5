import os
from hashlib import sha256

from biconvex.sim.server import action, fetch, internal, internal_action
from biconvex.sim.values import ConvexError, v

MAIL = "https://api.mail.example.com/emails"
PAY = "https://api.pay.example.com/charges"


async def post(url, key, idempotency_key, body):
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": idempotency_key}
    return await fetch(url, method="POST", headers=headers, json=body)


@action(args={"orderId": v.string()}, returns=v.object({"success": v.boolean()}))
async def pay(ctx, args):
    """The provider is told which order it is: whoever pays again after a failure is charged once."""
    order_id = args["orderId"]
    order = await ctx.run_query(internal.orders.toPay, {"orderId": order_id})
    if order is None:
        raise ConvexError({"code": "no-such-order"})
    if order["status"] != "pending":
        return {"success": order["status"] == "paid"}
    charge = {"orderId": order_id, "amount": order["amount"]}
    response = await post(PAY, os.environ.get("PAY_API_KEY"), order_id, charge)
    if not response.ok:
        return {"success": False}
    data = await response.json()
    paid = await ctx.run_mutation(internal.payments.record, {"paymentId": data["paymentId"], **charge})
    return {"success": paid["success"]}


@internal_action(
    args={"orderId": v.string(), "email": v.string()},
    returns=v.object({"success": v.boolean(), "messageId": v.optional(v.string())}),
)
async def confirm(ctx, args):
    """Best effort, and so not tried again. The hash keeps the address out of the provider's logs."""
    order_id, email = args["orderId"], args["email"]
    key = sha256(f"{order_id} {email}".encode()).hexdigest()[:16]
    letter = {"to": email, "subject": "Your order", "text": f"We have your order {order_id}."}
    response = await post(MAIL, os.environ.get("MAIL_API_KEY"), key, letter)
    if not response.ok:
        return {"success": False}
    data = await response.json()
    return {"success": True, "messageId": str(data["id"])}
