import os

from biconvex.sim.server import console

from ..lib.phones import turkish_phone
from .post import post

SERVICE = "https://api.sms.example.com/accounts"

# How far two messages must be apart, so that the service takes them.
INTERVAL_MS = 1000


async def send_sms(to, message, key):
    account = os.environ.get("SMS_ACCOUNT")
    token = os.environ.get("SMS_TOKEN")
    sender = os.environ.get("SMS_FROM")
    if account is None or token is None or sender is None:
        console.warn("SMS is not configured: set SMS_ACCOUNT, SMS_TOKEN and SMS_FROM")
        return {"kind": "skipped", "error": "SMS is not configured"}
    phone = turkish_phone(to)
    if phone is None:
        return {"kind": "failed", "error": f"no Turkish mobile number: {to}", "again": False}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    body = {"from": sender, "to": phone, "message": message}
    outcome = await post(f"{SERVICE}/{account}/messages", headers, body)
    if outcome["kind"] == "failed":
        console.error(f"no SMS to {phone}: {outcome['error']}")
    return outcome


async def send_verification(phone, code, key):
    return await send_sms(phone, f"Your code is {code}. It is good for ten minutes.", key)


async def send_notice(phone, title, body, key):
    return await send_sms(phone, f"{title}: {body}", key)
