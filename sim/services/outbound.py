"""The world outside: a scripted internet that actions fetch from, on virtual time."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec
from biconvex.sim.kernel import NS_PER_MS, Kernel, Trace
from biconvex.sim.runtime import Run
from biconvex.sim.values import DeveloperError, UsageError

__all__ = ["Outbound", "OutboundRequest", "Reply"]


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """A request that a function made. `time_ms` is the virtual time at which it left."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    time_ms: float
    function: str

    def json(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes back: give `json`, `text` or `body`; it takes `latency_ms` of virtual time."""

    status: int = 200
    json: Any = field(default=msgspec.UNSET)
    text: str | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    latency_ms: float = 0

    def encode(self, url: str) -> str:
        """The reply as the host reads it, JSON text."""
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
            "statusText": HTTPStatus(self.status).phrase if self.status in _STATUSES else "",
            "headers": sorted(headers.items()),
            "body": b64encode(body).decode(),
            "url": url,
        }
        return msgspec.json.encode(reply).decode()


_STATUSES = frozenset(map(int, HTTPStatus))


class Outbound:
    """Routes that stand for other people's services, and a record of what was asked of them."""

    def __init__(self, kernel: Kernel, trace: Trace) -> None:
        self._kernel = kernel
        self._trace = trace
        self._routes: dict[tuple[str, str], Callable[[OutboundRequest], Reply]] = {}
        self.requests: list[OutboundRequest] = []

    def on(
        self,
        method: str,
        url: str,
        reply: Reply | Callable[[OutboundRequest], Reply] | None = None,
        **content: Any,
    ) -> None:
        """Answer requests to a URL (exact, or everything below it when it ends in `*`).

        `reply` is a `Reply` or a function from request to `Reply`; or give the fields of a `Reply` by name:
        `on("POST", "https://api.example.com/charge", json={"ok": True}, latency_ms=200)`. A later route for the
        same method and URL replaces the earlier one.
        """
        if reply is not None and content:
            raise UsageError("outbound.on takes a reply or the fields of one, not both")
        if callable(reply):
            handler = reply
        else:
            fixed = reply if reply is not None else Reply(**content)

            def handler(_request: OutboundRequest) -> Reply:
                return fixed

        self._routes[method.upper(), url] = handler

    async def fetch(self, run: Run, arguments: Any) -> str:
        """Perform a request for a function; the answer is the reply's JSON text."""
        request = OutboundRequest(
            method=arguments["method"],
            url=arguments["url"],
            headers=tuple((str(name), str(value)) for name, value in arguments["headers"]),
            body=b64decode(arguments["body"] or ""),
            time_ms=self._kernel.clock.now_ns / NS_PER_MS,
            function=run.function.path,
        )
        self.requests.append(request)
        self._trace.record("request", f"{request.method} {request.url}", run.number)
        handler = self._find(request)
        if handler is None:
            raise DeveloperError(
                "UnexpectedRequest",
                f"fetch failed: {run.function.path} asked for {request.method} {request.url}, and nothing stands for "
                f'it. Add `convex.outbound.on("{request.method}", "{request.url}", json=…)` to the test.',
            )
        reply = handler(request)
        await self._kernel.sleep(round(reply.latency_ms * NS_PER_MS))
        self._trace.record("reply", f"{request.method} {request.url}", run.number, {"status": reply.status})
        return reply.encode(request.url)

    def _find(self, request: OutboundRequest) -> Callable[[OutboundRequest], Reply] | None:
        exact = self._routes.get((request.method, request.url))
        if exact is not None:
            return exact
        below = [
            url
            for method, url in self._routes
            if method == request.method and url.endswith("*") and request.url.startswith(url[:-1])
        ]
        return self._routes[request.method, max(below, key=len)] if below else None
