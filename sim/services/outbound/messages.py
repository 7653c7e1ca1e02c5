"""What passes between a backend and the world outside: a request, and a reply or a failure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import msgspec

__all__ = ["NetworkFailure", "OutboundRequest", "Reply"]

_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """A request that a function made. `time_ms` is the virtual time at which it left, in ms since the epoch."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    time_ms: float
    function: str

    def json(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)

    @property
    def text(self) -> str:
        """The body as UTF-8 text."""
        return self.body.decode("utf-8", "replace")

    def header(self, name: str) -> str | None:
        """The value of a header, whatever its case; None where it was not sent."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes back: give `json`, `text` or `body`. It takes `latency_ms` of virtual time, or between two figures."""

    status: int = 200
    json: Any = field(default=msgspec.UNSET)
    text: str | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    latency_ms: float | tuple[float, float] = 0

    def header(self, name: str) -> str | None:
        """The value of a header, whatever its case; None where it isn't given."""
        return next((value for known, value in self.headers.items() if known.lower() == name.lower()), None)

    def encode(self, url: str, *, redirected: bool = False) -> str:
        """The reply as the host reads it, JSON text; `url` is where it came from."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.json is not msgspec.UNSET:
            body = msgspec.json.encode(self.json)
            headers.setdefault("content-type", "application/json")
        elif self.text is not None:
            body = self.text.encode()
            headers.setdefault("content-type", "text/plain;charset=UTF-8")
        else:
            body = self.body or b""
        reply = {
            "status": self.status,
            "statusText": _PHRASES.get(self.status, ""),
            "headers": sorted(headers.items()),
            "body": b64encode(body).decode(),
            "url": url,
            "redirected": redirected,
        }
        return msgspec.json.encode(reply).decode()


@dataclass(frozen=True, slots=True)
class NetworkFailure:
    """No reply at all: the connection is refused, reset or timed out, and `fetch` rejects with this message.

    `code` is what errors of Node's HTTP clients have as their `code`.
    """

    message: str = "connection reset"
    latency_ms: float | tuple[float, float] = 0
    code: str = "ECONNRESET"
