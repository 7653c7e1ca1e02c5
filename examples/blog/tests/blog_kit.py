"""Who writes and reads the blog, and the services that take the money and the letters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from biconvex.sim import Caller, Deployment, OutboundRequest, Reply, request

EXAMPLE = Path(__file__).parent.parent
LANGUAGES = {"typescript": EXAMPLE / "convex", "python": EXAMPLE / "python"}
SECRETS = {
    "API_TOKEN": "api-token",
    "WEBHOOK_SECRET": "webhook-secret",
    "PAY_API_KEY": "pay-key",
    "MAIL_API_KEY": "mail-key",
}
MAIL = "https://api.mail.example.com/emails"
PAY = "https://api.pay.example.com/charges"

Deploy = Callable[..., Deployment]


class Provider:
    """Takes payments. It charges once for a key, and tells of each charge by a webhook."""

    def __init__(self, convex: Deployment) -> None:
        self.status = 200
        self.charges: dict[str, dict[str, Any]] = {}
        self.letters = convex.outbound.on("POST", MAIL, json={"id": "letter-1"})
        self.requests = convex.outbound.on("POST", PAY, self._charge).requests

    def _charge(self, asked: OutboundRequest) -> Reply:
        if self.status != 200:
            return Reply(status=self.status)
        key = str(asked.header("Idempotency-Key"))
        charge = self.charges.setdefault(key, {"paymentId": f"pay_{len(self.charges)}", **asked.json()})
        return Reply(json={"paymentId": charge["paymentId"]}, latency_ms=400)

    def webhooks(self) -> list[Any]:
        """A request for each charge, as it is delivered."""
        return [webhook(charge) for charge in self.charges.values()]


def webhook(charge: dict[str, Any], secret: str = "webhook-secret") -> Any:
    return request("/api/webhook", method="POST", headers={"Authorization": f"Bearer {secret}"}, json=charge)


def register(convex: Deployment, name: str) -> Caller:
    user = convex.as_user(subject=name.lower())
    user.mutation("users:register", {"name": name, "email": f"{name.lower()}@example.com"})
    return user


def found_organization(convex: Deployment) -> tuple[Caller, str]:
    """Ada, and the organization of hers in which everything happens."""
    ada = register(convex, "Ada")
    return ada, ada.mutation("organizations:create", {"name": "Acme", "slug": "acme"})


def write(
    author: Caller, organization: str, title: str, content: str = "some words", *, publish: bool = True
) -> str:
    fields = {"title": title, "content": content, "organizationId": organization}
    post: str = author.mutation("posts:create", fields)
    if publish:
        author.mutation("posts:publish", {"postId": post})
    return post


def titles(posts: list[dict[str, Any]]) -> list[str]:
    return [post["title"] for post in posts]


def pages(caller: Caller, function: str, size: int, **args: Any) -> list[list[str]]:
    """The titles of every page, from the first to the last."""
    found: list[list[str]] = []
    cursor, done = None, False
    while not done:
        options = {"numItems": size, "cursor": cursor}
        page = caller.query(function, {**args, "paginationOpts": options})
        found.append(titles(page["page"]))
        cursor, done = page["continueCursor"], page["isDone"]
    return found
