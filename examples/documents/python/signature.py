import hmac
import re

from biconvex.sim.server import now_ms

TOLERANCE_S = 5 * 60
TIME = re.compile(r"\d{1,12}", re.ASCII)


def is_signed(body, header, secret):
    """Whether a body was signed with the secret, as Stripe does it.

    The header has the time and one or more signatures of `time.body`. It must be the raw body: parsed and written
    again, it would be another one. An old signature is refused, so that nobody can record a request and send it again.
    """
    parts = [part.partition("=") for part in (header or "").split(",")]
    time = next((value for name, _, value in parts if name == "t"), "")
    if not TIME.fullmatch(time) or abs(now_ms() / 1000 - int(time)) > TOLERANCE_S:
        return False
    expected = hmac.new(secret.encode(), f"{time}.{body}".encode(), "sha256").hexdigest()
    return any(
        name == "v1" and hmac.compare_digest(value.encode(), expected.encode()) for name, _, value in parts
    )
