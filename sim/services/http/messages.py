"""What a client sends to a deployment, and what it gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import msgspec
from biconvex.sim.values import UsageError

__all__ = ["HttpRequest", "HttpResponse"]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request. `url` is absolute; names of headers are in lower case."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """The path as it was sent, nothing decoded."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        """What follows the question mark."""
        return urlsplit(self.url).query

    def header(self, name: str) -> str | None:
        """The first value of a header (its name in lower case), or None."""
        return next((value for known, value in self.headers if known == name), None)

    def with_header(self, name: str, value: str) -> HttpRequest:
        """The same request with one more header (its name in lower case)."""
        return replace(self, headers=tuple(sorted((*self.headers, (name, value)))))

    @property
    def shown(self) -> str:
        """The request in a few characters: `GET /path?query`."""
        return f"{self.method} {self.path}" + (f"?{self.query}" if self.query else "")

    @classmethod
    def of(
        cls,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        json: Any = msgspec.UNSET,
        body: str | bytes | None = None,
    ) -> HttpRequest:
        """A request as `fetch` sends it; at most one of `json` and `body` is given.

        Raises `UsageError` for both, for no URL, and for a body that `fetch` doesn't send.
        """
        pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
        sent = sorted((str(name).lower(), str(value)) for name, value in pairs)
        names = {name for name, _ in sent}
        if json is not msgspec.UNSET and body is not None:
            raise UsageError("fetch takes json or a body, not both")
        if not urlsplit(url).netloc:
            raise UsageError(f"fetch: {url!r} is neither a path nor a URL")
        content, content_type = body, "text/plain;charset=UTF-8" if isinstance(body, str) else None
        if json is not msgspec.UNSET:
            content, content_type = msgspec.json.encode(json), "application/json"
        if content is not None and method.upper() in {"GET", "HEAD"}:
            raise UsageError(f"fetch: a {method.upper()} request has no body")
        if content_type is not None and "content-type" not in names:
            sent.append(("content-type", content_type))
        octets = content.encode() if isinstance(content, str) else content or b""
        return cls(method.upper(), url.partition("#")[0], tuple(sorted(sent)), octets)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response: its status, its headers (names in lower case), and its body in bytes."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def of_text(cls, status: int, text: str) -> HttpResponse:
        """A response in plain text."""
        return cls(status, (("content-type", "text/plain; charset=utf-8"),), text.encode())

    @classmethod
    def of_json(cls, status: int, value: Any) -> HttpResponse:
        """A response in JSON."""
        return cls(status, (("content-type", "application/json"),), msgspec.json.encode(value))

    @property
    def ok(self) -> bool:
        """Whether the status is in the 200s."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as UTF-8 text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; raises `ValueError` when it isn't."""
        return msgspec.json.decode(self.body)

    def header(self, name: str) -> str | None:
        """A header, whatever the case of its name, several joined with commas; None where it isn't there."""
        found = self.all(name)
        return ", ".join(found) if found else None

    def all(self, name: str) -> list[str]:
        """Every value of a header, whatever the case of its name."""
        return [value for known, value in self.headers if known == name.lower()]
