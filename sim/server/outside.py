"""What an action uses of the world: `fetch`, and the clock that every function has."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
from biconvex.sim.server.link import Link, current_link
from biconvex.sim.server.operation import Operation

__all__ = ["Response", "fetch", "now_ms"]


class Response:
    """The answer to a `fetch`."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes, url: str) -> None:
        self.status = status
        self.headers = dict(headers)
        self.url = url
        self._body = body

    @property
    def ok(self) -> bool:
        """Whether the status is in the 200s."""
        return 200 <= self.status < 300

    async def json(self) -> Any:
        """The body as JSON; numbers come as Python's `json` gives them."""
        return msgspec.json.decode(self._body)

    async def text(self) -> str:
        """The body as UTF-8 text."""
        return self._body.decode("utf-8", "replace")

    async def bytes(self) -> bytes:
        """The body."""
        return self._body


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    json: Any = msgspec.UNSET,
    body: str | bytes | None = None,
) -> Operation[Response]:
    """Ask another service, on virtual time; only actions may. Give `json` or `body`, or neither."""
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    if json is not msgspec.UNSET:
        content: bytes | None = msgspec.json.encode(json)
        sent.setdefault("content-type", "application/json")
    else:
        content = body.encode() if isinstance(body, str) else body
    request = {
        "url": url,
        "method": method.upper(),
        "headers": [list(item) for item in sorted(sent.items())],
        "body": None if content is None else b64encode(content).decode(),
    }
    link = current_link("fetch")
    return Operation(_fetch(link, request), "fetch", link, depth=2)


async def _fetch(link: Link, request: dict[str, Any]) -> Response:
    answer = await link.call("fetch", request)
    return Response(answer["status"], dict(answer["headers"]), b64decode(answer["body"]), answer["url"])


def now_ms() -> int:
    """The time in whole ms since the epoch, as `Date.now()`: still in queries and mutations, moving in actions."""
    return current_link("now_ms").now_ms
