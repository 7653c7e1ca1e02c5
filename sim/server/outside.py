"""What an action uses of the world: `fetch`, and the clock that every function has."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
from biconvex.sim.server.link import Link, current_link
from biconvex.sim.server.operation import Operation
from biconvex.sim.server.web import Response

__all__ = ["fetch", "now_ms"]


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
    return Response(
        b64decode(answer["body"]), status=answer["status"], headers=answer["headers"], url=answer["url"]
    )


def now_ms() -> int:
    """The time in whole ms since the epoch, as `Date.now()`: still in queries and mutations, moving in actions."""
    return current_link("now_ms").now_ms
