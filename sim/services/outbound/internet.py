"""The scripted internet that actions fetch from, on virtual time."""

from __future__ import annotations

from base64 import b64decode
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from biconvex.sim.faults import Injector
from biconvex.sim.kernel import NS_PER_MS, Choices, Kernel, Trace
from biconvex.sim.runtime import Run
from biconvex.sim.services.outbound.messages import NetworkFailure, OutboundRequest, Reply
from biconvex.sim.services.outbound.real import really_fetch
from biconvex.sim.services.outbound.routes import Answer, Route, Routes, normal_url
from biconvex.sim.values import NetworkError, UsageError

__all__ = ["Outbound"]

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 20
_UNEXPECTED_REDIRECT: Final = "UND_ERR_REDIRECT"


class Outbound:
    """`convex.outbound`: routes that stand for other people's services, and a record of what was asked of them.

    A request that no route fits fails, and says which line to add. `requests` are all that arrived, in order.
    """

    def __init__(self, kernel: Kernel, trace: Trace, choices: Choices) -> None:
        self._kernel = kernel
        self._trace = trace
        self._choices = choices
        self._routes = Routes()
        self._allowed: set[str] = set()
        self.requests: list[OutboundRequest] = []
        self.faults: Injector | None = None

    def on(self, method: str, url: str, answer: Answer | None = None, **content: Any) -> Route:
        """Answer requests of a method (`*`: any) to a URL, or to all below it when it ends in `*`.

        `answer` is a `Reply`, a `NetworkFailure`, a function from the request to one of them or to JSON, or a
        sequence of these, of which the last stays; or give the fields of a `Reply` by name:
        `on("POST", "https://api.example.com/charge", json={"ok": True}, latency_ms=200)`. A URL without a query fits
        whatever the query is. A later route for the same method and URL replaces the earlier one. The answer is the
        route, which has the requests that came to it. Raises `UsageError` for what makes no sense.
        """
        if answer is not None and content:
            raise UsageError("outbound.on takes a reply or the fields of one, not both")
        route = Route(method, url, Reply(**content) if answer is None else answer)
        self._routes.add(route)
        return route

    def allow(self, host: str) -> None:
        """Let requests to a host (`api.example.com`, with its port if it isn't the usual one) really leave.

        What comes back is no part of the simulation: such a run may differ from the next.
        """
        self._allowed.add(host.lower())

    async def fetch(self, run: Run, arguments: Any) -> str:
        """Perform a request for a function, redirects included; the answer is the reply's JSON text."""
        url, method = str(arguments["url"]), str(arguments["method"])
        mode = arguments.get("redirect", "follow")
        headers = tuple((str(name), str(value)) for name, value in arguments["headers"])
        body = b64decode(arguments["body"] or "")
        for hop in range(_MOST_REDIRECTS + 1):
            sent_to = normal_url(url)
            if sent_to is None:
                raise NetworkError("ERR_INVALID_URL", f"fetch failed: {url!r} is no URL of http or https")
            request = OutboundRequest(method, sent_to, headers, body, self._now_ms(), run.function.path)
            reply = await self._ask(run, request)
            location = reply.header("location")
            if reply.status not in _REDIRECTS or location is None or mode == "manual":
                return reply.encode(url, redirected=hop > 0)
            if mode == "error":
                raise NetworkError(
                    _UNEXPECTED_REDIRECT, f"fetch failed: {method} {url} was redirected to {location}"
                )
            url = urljoin(url, location)
            if reply.status == 303 or (reply.status in {301, 302} and method == "POST"):
                method, body = "GET", b""
        raise NetworkError(
            _UNEXPECTED_REDIRECT, f"fetch failed: more than {_MOST_REDIRECTS} redirects, the last to {url}"
        )

    async def _ask(self, run: Run, request: OutboundRequest) -> Reply:
        asked = f"{request.method} {request.url}"
        self._trace.record("request", asked, run.number)
        late_ns = 0
        # What really leaves is nothing to play with.
        if self.faults is None or self._routes.find(request.method, request.url) is None:
            answer = self._arrived(request)
        else:
            answer, late_ns = self._disturbed(self.faults, request, asked, run.number)
        await self._kernel.sleep(round(self._latency_ms(answer) * NS_PER_MS) + late_ns)
        if isinstance(answer, NetworkFailure):
            self._trace.record("reply", asked, run.number, {"error": answer.message})
            raise NetworkError(answer.code, f"fetch failed: {asked}: {answer.message}")
        self._trace.record("reply", asked, run.number, {"status": answer.status})
        return answer

    def _arrived(self, request: OutboundRequest) -> Reply | NetworkFailure:
        """A request arrives at the service."""
        self.requests.append(request)
        return self._answer(request)

    def _disturbed(
        self, faults: Injector, request: OutboundRequest, asked: str, run: int
    ) -> tuple[Reply | NetworkFailure, int]:
        """What comes of a request while faults strike, and by how many ns later than usual."""
        late_ns = faults.delay_ns("slow_response", asked, run) + faults.delay_ns(
            "reordered_response", asked, run
        )
        if faults.strikes("lost_request", asked, run):
            return NetworkFailure(), late_ns
        if faults.strikes("unavailable", asked, run):
            return Reply(503), late_ns
        answer = self._arrived(request)
        if faults.strikes("duplicated_request", asked, run):
            self._arrived(request)
        if faults.strikes("lost_response", asked, run):
            answer = NetworkFailure()
        return answer, late_ns

    def _answer(self, request: OutboundRequest) -> Reply | NetworkFailure:
        route = self._routes.find(request.method, request.url)
        if route is not None:
            return route.answer(request)
        if urlsplit(request.url).netloc.lower() in self._allowed:
            return really_fetch(request)
        raise NetworkError(
            "ECONNREFUSED",
            f"fetch failed: {request.function} asked for {request.method} {request.url}, and nothing stands for it. "
            f'Add `convex.outbound.on("{request.method}", "{request.url}", json=…)` to the test.',
        )

    def _latency_ms(self, answer: Reply | NetworkFailure) -> float:
        latency = answer.latency_ms
        if isinstance(latency, tuple):
            least, most = latency
            return least + (most - least) * self._choices.fraction()
        return latency

    def _now_ms(self) -> float:
        return self._kernel.clock.now_ns / NS_PER_MS
