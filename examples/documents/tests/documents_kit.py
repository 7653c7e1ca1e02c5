"""What the tests of this example share: who calls, the services around the backend, and all documents."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

from biconvex.sim import Deployment, HttpResponse, OutboundRequest, Reply, request
from biconvex.sim.deployment import Request

DOCUMENTS = Path(__file__).parent.parent
LANGUAGES = {"typescript": DOCUMENTS / "convex", "python": DOCUMENTS / "python"}
SECRET = "secret of the tests"
ENVIRONMENT = {"AUTH_ISSUER": "https://biconvex.example", "LLM_API_KEY": "key", "WEBHOOK_SECRET": SECRET}
TABLES = ("documents", "payments", "subscriptions", "reports", "imports", "_scheduled_functions")
MODEL = "https://llm.example.com/v1/chat/completions"
FEED = "https://feed.example.com/changes"
HOUR_MS = 60 * 60 * 1000


class Feed:
    """Other people's data: titles that change, each change with the next revision. While it is `down`, it says so."""

    def __init__(self) -> None:
        self.changes: list[dict[str, Any]] = []
        self.down = False

    def change(self, external_id: str, title: str) -> None:
        revision = len(self.changes) + 1
        self.changes.append({"externalId": external_id, "title": title, "revision": revision})

    def __call__(self, asked: OutboundRequest) -> Reply:
        if self.down:
            return Reply(status=503)
        after = int(asked.url.rpartition("=")[2])
        return Reply(json=self.changes[after:], latency_ms=300)

    @property
    def titles(self) -> dict[str, str]:
        """The latest title of everything."""
        return {change["externalId"]: change["title"] for change in self.changes}


def model(asked: OutboundRequest) -> Reply:
    """A language model whose summaries are the first word."""
    text = asked.json()["messages"][-1]["content"]
    return Reply(json={"choices": [{"message": {"content": text.split()[0]}}]}, latency_ms=800)


def write(user: Any, title: str = "Plans", *, public: bool = False) -> str:
    """A user writes a document; its id."""
    document: str = user.mutation(
        "documents:create", {"title": title, "content": f"{title} in full", "isPublic": public}
    )
    return document


def signed(body: str, at_s: int) -> str:
    """The header by which the sender of a webhook signs a body."""
    return f"t={at_s},v1={hmac.new(SECRET.encode(), f'{at_s}.{body}'.encode(), 'sha256').hexdigest()}"


def event(convex: Deployment, kind: str, about: dict[str, Any]) -> Request:
    """The request by which an event is delivered to the webhook, signed as it should be."""
    body = json.dumps({"type": kind, "data": about})
    headers = {"Stripe-Signature": signed(body, convex.now // 1000)}
    return request("/webhook/stripe", method="POST", headers=headers, body=body)


def deliver(convex: Deployment, kind: str, about: dict[str, Any]) -> HttpResponse:
    """Deliver an event to the webhook."""
    return convex.deliver(event(convex, kind, about))[0]


def tables(convex: Deployment) -> dict[str, list[dict[str, Any]]]:
    """All documents that there are, jobs included, but for the errors of jobs: each language has its own words."""
    found = {table: convex.db.table(table) for table in TABLES}
    for job in found["_scheduled_functions"]:
        job["state"].pop("error", None)
    return found
