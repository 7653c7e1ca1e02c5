import json
import os

from biconvex.sim.server import Response, http_action, http_router, internal

from .signature import is_signed

http = http_router()


@http_action
async def stripe(ctx, request):
    secret = os.environ.get("STRIPE_WEBHOOK_SECRET")
    if secret is None:
        return Response(json={"error": "not configured"}, status=503)
    body = await request.text()
    if not is_signed(body, request.headers.get("stripe-signature"), secret):
        return Response(json={"error": "bad signature"}, status=400)
    event = json.loads(body)
    if event["type"] == "charge.succeeded":
        charge = event["data"]["object"]
        order_id = charge.get("metadata", {}).get("orderId", "")
        payment = {"orderId": order_id, "chargeId": charge["id"], "amount": charge["amount"]}
        await ctx.run_mutation(internal.orders.pay, payment)
    # Whatever else it is, it has arrived: Stripe would send it again otherwise.
    return Response(json={"received": True})


http.route(path="/webhook/stripe", method="POST", handler=stripe)
