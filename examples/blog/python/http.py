import os

from biconvex.sim.server import Response, http_action, http_router, internal

from .lib.texts import same_secret

http = http_router()


def is_authorized(request, secret):
    """Whether a request carries the secret. Without one in the environment nobody gets in."""
    header = request.headers.get("Authorization", "")
    if not secret or not header.startswith("Bearer "):
        return False
    return same_secret(header.removeprefix("Bearer "), secret)


@http_action
async def health(ctx, request):
    return Response(json={"status": "ok"})


@http_action
async def webhook(ctx, request):
    """The payment provider tells of a payment, and tells again until it gets a 200."""
    if not is_authorized(request, os.environ.get("WEBHOOK_SECRET")):
        return Response(json={"error": "Unauthorized"}, status=401)
    body = await request.json()
    payment = {field: body.get(field) for field in ("paymentId", "orderId", "amount")}
    texts = isinstance(payment["paymentId"], str) and isinstance(payment["orderId"], str)
    if not texts or not isinstance(payment["amount"], int | float):
        return Response(json={"error": "Not a payment"}, status=400)
    paid = await ctx.run_mutation(internal.payments.record, payment)
    return Response(json={"success": paid["success"]}, status=200 if paid["success"] else 404)


@http_action
async def protected(ctx, request):
    if not is_authorized(request, os.environ.get("API_TOKEN")):
        return Response(json={"error": "Unauthorized"}, status=401)
    payments = await ctx.run_query(internal.payments.latest)
    return Response(json={"payments": payments})


http.route(path="/api/health", method="GET", handler=health)
http.route(path="/api/webhook", method="POST", handler=webhook)
http.route(path="/api/protected", method="GET", handler=protected)
