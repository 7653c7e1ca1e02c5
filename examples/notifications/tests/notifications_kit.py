"""The services behind the notifications, and the people who use them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from biconvex.sim import Caller, Deployment, NetworkFailure, OutboundRequest, Reply

EXAMPLE = Path(__file__).parent.parent
LANGUAGES = {"typescript": EXAMPLE / "convex", "python": EXAMPLE / "python"}
CONFIGURED = {
    "EMAIL_API_KEY": "mail-key",
    "EMAIL_FROM": "office@example.com",
    "SMS_ACCOUNT": "AC1",
    "SMS_TOKEN": "sms-token",
    "SMS_FROM": "+905550000000",
}
MAIL = "https://api.mail.example.com/emails"
SMS = "https://api.sms.example.com/accounts/AC1/messages"

Deploy = Callable[..., Deployment]
Answer = Callable[[OutboundRequest], Reply | NetworkFailure]


def accept(_request: OutboundRequest) -> Reply:
    """The answer of a service that is well."""
    return Reply(status=202, json={"ok": True})


class Services:
    """E-mail and SMS. What is sent twice under one key is delivered once, as good services have it."""

    def __init__(self, convex: Deployment, answer: Answer = accept) -> None:
        self.answer = answer
        self.requests: list[OutboundRequest] = []
        self.delivered: dict[str, Any] = {}
        convex.outbound.on("POST", MAIL, self._serve)
        convex.outbound.on("POST", SMS, self._serve)

    def _serve(self, request: OutboundRequest) -> Reply | NetworkFailure:
        self.requests.append(request)
        answer = self.answer(request)
        if isinstance(answer, Reply) and answer.status < 300:
            self.delivered.setdefault(str(request.header("Idempotency-Key")), request.json())
        return answer


def staff(convex: Deployment) -> Caller:
    """Ada, the first to join, and so staff. She has no address, and gets no letters."""
    ada = convex.as_user(subject="ada")
    ada.mutation("people:join", {"name": "Ada"})
    return ada


def recipient(convex: Deployment, name: str = "Bo", *, phone: str | None = None) -> str:
    """Somebody to write to: the id of their user. They were there from the beginning, and had no letter."""
    subject = name.lower()
    user = {
        "tokenIdentifier": f"https://biconvex.example|{subject}",
        "name": name,
        "role": "member",
        "email": f"{subject}@example.com",
    }
    return convex.db.insert("users", user if phone is None else {**user, "phone": phone})


def notice(recipient_id: str, channel: str = "email", **more: Any) -> dict[str, Any]:
    """The arguments of a notification."""
    return {
        "recipientId": recipient_id,
        "channel": channel,
        "category": "task",
        "title": "A task",
        "body": "there is work for you",
        **more,
    }


def lines(convex: Deployment, subject: str) -> list[tuple[str, dict[str, Any]]]:
    """What the audit log says of a subject, the oldest first."""
    logs = convex.db.table("auditLogs")
    return [(line["action"], line["details"]) for line in logs if line["subject"] == subject]


def logged(convex: Deployment) -> list[str]:
    """What functions wrote to the console."""
    return [str(event.detail) for event in convex.trace if event.kind == "log"]
