"""A request that really leaves, for hosts that a test has allowed by name."""

from __future__ import annotations

import urllib.error
import urllib.request
from email.message import Message
from typing import Final

from biconvex.sim.services.outbound.messages import NetworkFailure, OutboundRequest, Reply

__all__ = ["really_fetch"]

_TIMEOUT_S: Final = 30.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the caller, who follows them through its own routes."""

    def redirect_request(self, *_args: object) -> None:
        return None


def really_fetch(request: OutboundRequest) -> Reply | NetworkFailure:
    """Send a request to the network; what comes back, or how it failed. No virtual time passes."""
    headers = {name: value for name, value in request.headers if name.lower() != "content-length"}
    sent = urllib.request.Request(  # noqa: S310  (a route has checked that it is http or https)
        request.url, data=request.body or None, headers=headers, method=request.method
    )
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(sent, timeout=_TIMEOUT_S) as answer:
            return _reply(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return _reply(error.code, error.headers, error.read())
    except OSError as error:
        return NetworkFailure(str(getattr(error, "reason", error)))


def _reply(status: int, headers: Message, body: bytes) -> Reply:
    return Reply(status, body=body, headers={name.lower(): value for name, value in headers.items()})
