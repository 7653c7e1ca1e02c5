import os

from biconvex.sim.server import console

from ..lib.templates import render
from .post import post

SERVICE = "https://api.mail.example.com/emails"


async def send_email(email, key):
    """Send `to`, `subject` and `text`.

    The key tells the service which message it is: sent twice under one key, it is delivered once.
    """
    api_key = os.environ.get("EMAIL_API_KEY")
    sender = os.environ.get("EMAIL_FROM")
    if api_key is None or sender is None:
        console.warn("e-mail is not configured: set EMAIL_API_KEY and EMAIL_FROM")
        return {"kind": "skipped", "error": "e-mail is not configured"}
    headers = {"Authorization": f"Bearer {api_key}", "Idempotency-Key": key}
    outcome = await post(SERVICE, headers, {"from": sender, **email})
    if outcome["kind"] == "failed":
        console.error(f"no e-mail to {email['to']}: {outcome['error']}")
    return outcome


async def send_template(to, template, values, key):
    return await send_email({"to": to, **render(template, values)}, key)
