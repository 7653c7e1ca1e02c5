"""What the tests of this example share: the services around the backend, as they behave and misbehave."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

from biconvex.sim import Deployment, HttpResponse, NetworkFailure, OutboundRequest, Reply, request
from biconvex.sim.deployment import Request

ACTIONS = Path(__file__).parent.parent
LANGUAGES = {"typescript": ACTIONS / "convex", "python": ACTIONS / "python"}
SECRET = "whsec_of_the_tests"
ENVIRONMENT = {"LLM_API_KEY": "key", "STRIPE_WEBHOOK_SECRET": SECRET}
TABLES = ("messages", "orders", "payments", "tasks", "products", "links", "_scheduled_functions")
MODEL = "https://llm.example.com/v1/chat/completions"
WORKER = "https://worker.example.com/jobs"
CHARGES = "https://payments.example.com/charges"


class Charges:
    """The payment service: it charges once for each key, and remembers. `amounts` has what it took, by charge.

    While it is `down`, it answers so; while it is `mute`, it charges and the answer gets lost.
    """

    def __init__(self) -> None:
        self.amounts: dict[str, float] = {}
        self.orders: dict[str, str] = {}
        self.down = False
        self.mute = False
        self.latency_ms: float = 200

    def __call__(self, asked: OutboundRequest) -> Reply | NetworkFailure:
        if self.down:
            return Reply(status=503, latency_ms=self.latency_ms)
        key = asked.header("idempotency-key")
        assert key is not None, "a charge without a key may be made twice"
        charge = self.orders.setdefault(key, f"ch_{len(self.orders) + 1}")
        self.amounts[charge] = asked.json()["amount"]
        if self.mute:
            return NetworkFailure(latency_ms=self.latency_ms)
        return Reply(json={"id": charge}, latency_ms=self.latency_ms)

    def events(self) -> list[dict[str, Any]]:
        """What the service tells by its webhook, of each charge that it made."""
        return [charged(order, charge, self.amounts[charge]) for order, charge in self.orders.items()]


def charged(order: str, charge: str = "ch_1", amount: float = 1999) -> dict[str, Any]:
    """The event that an order was charged."""
    about = {"id": charge, "amount": amount, "metadata": {"orderId": order}}
    return {"type": "charge.succeeded", "data": {"object": about}}


def signed(body: str, at_s: int, secret: str = SECRET) -> str:
    """The header by which the payment service signs a body."""
    return f"t={at_s},v1={hmac.new(secret.encode(), f'{at_s}.{body}'.encode(), 'sha256').hexdigest()}"


def post(convex: Deployment, body: str, signature: str) -> HttpResponse:
    """Send a body to the webhook."""
    headers = {"Stripe-Signature": signature}
    return convex.fetch("/webhook/stripe", method="POST", headers=headers, body=body)


def webhook(convex: Deployment, event: dict[str, Any]) -> Request:
    """The request by which an event is delivered, signed as it should be."""
    body = json.dumps(event)
    headers = {"Stripe-Signature": signed(body, convex.now // 1000)}
    return request("/webhook/stripe", method="POST", headers=headers, body=body)


def deliver(convex: Deployment, event: dict[str, Any]) -> HttpResponse:
    """Deliver an event to the webhook."""
    return convex.deliver(webhook(convex, event))[0]


def model(asked: OutboundRequest) -> Reply:
    """A language model that repeats what it is told."""
    prompt = asked.json()["messages"][-1]["content"]
    return Reply(json={"choices": [{"message": {"content": f"You said: {prompt}"}}]}, latency_ms=800)


def documents(convex: Deployment) -> dict[str, list[dict[str, Any]]]:
    """All documents that there are, jobs included, but for the errors of jobs: each language has its own words."""
    found = {table: convex.db.table(table) for table in TABLES}
    for job in found["_scheduled_functions"]:
        job["state"].pop("error", None)
    return found
