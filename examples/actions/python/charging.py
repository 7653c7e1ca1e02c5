import asyncio

from biconvex.sim.server import fetch
from biconvex.sim.values import ConvexError

SERVICE = "https://payments.example.com/charges"
PATIENCE_S = 20


async def charge(order_id, amount):
    """Charge an order.

    The key makes that safe to repeat: the service charges once for each key, however often it is asked.
    """
    async with asyncio.timeout(PATIENCE_S):
        response = await fetch(
            SERVICE,
            method="POST",
            headers={"Idempotency-Key": order_id},
            json={"amount": amount, "metadata": {"orderId": order_id}},
        )
    if not response.ok:
        raise ConvexError({"code": "PAYMENT_FAILED", "status": response.status})
    return (await response.json())["id"]
