"""Requests for the project's own HTTP actions (semantics §10)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from biconvex.sim.hosts.protocol import FunctionSource, Host, HostCrashed, HostTimeout
from biconvex.sim.runtime import Failure, Identity, RegisteredFunction, Runtime
from biconvex.sim.services.http.messages import HttpRequest, HttpResponse
from biconvex.sim.services.http.sites import HttpSite
from biconvex.sim.values.rust import format_bytes

__all__ = ["HttpActions"]

_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_NO_ROUTER: Final = "This Convex deployment does not have HTTP actions enabled."
_NO_ROUTE: Final = "No matching routes found"


class HttpActions:
    """Finds the route of a request, and runs its handler."""

    def __init__(self, runtime: Runtime, site: HttpSite) -> None:
        """`site` has the project's router, and those of the components that are mounted."""
        self._runtime = runtime
        self._site = site
        self._routes: dict[tuple[str, str, str], RegisteredFunction] = {}

    async def respond(self, request: HttpRequest, identity: Identity) -> HttpResponse:
        """Serve a request; an error of the handler is a response as well."""
        try:
            found = self._site.find(request.method, request.path)
        except (HostCrashed, HostTimeout) as error:
            return _failed(Failure(str(error)), "")
        if found is None:
            return HttpResponse.of_text(404, _NO_ROUTER)
        if found.route is None:
            return HttpResponse.of_text(404, _NO_ROUTE)
        method = "GET" if request.method == "HEAD" else request.method
        function = self._function(method, found.route, found.host, found.component)
        arguments = _as_arguments(request, found.path)
        # Components don't learn who calls.
        caller = None if found.component else identity
        outcome, request_id = await self._runtime.http_action(function, arguments, caller)
        if outcome.failure is not None:
            return _failed(outcome.failure, request_id)
        response = self._response(msgspec.json.decode(outcome.json), function)
        return HttpResponse(response.status, response.headers, b"") if request.method == "HEAD" else response

    def _function(self, method: str, route: str, host: Host, component: str) -> RegisteredFunction:
        known = self._routes.get((component, method, route))
        if known is None:
            source = FunctionSource(f"{method} {route}", "httpAction", None)
            known = RegisteredFunction("http", source, host, component=component)
            self._routes[component, method, route] = known
        return known

    def _response(self, answer: Any, function: RegisteredFunction) -> HttpResponse:
        body = b64decode(answer["body"] or "")
        most = self._runtime.limits.http_body_bytes
        if len(body) > most:
            self._runtime.find(
                "response-too-large",
                f"HttpResponseTooLarge: HTTP actions support responses up to {format_bytes(most)}; this one had "
                f"{format_bytes(len(body))}, and was cut off.",
                function.path,
            )
            body = body[:most]
        return HttpResponse(answer["status"], tuple((name, value) for name, value in answer["headers"]), body)


def _failed(failure: Failure, request_id: str) -> HttpResponse:
    answer: dict[str, Any] = {
        "code": f"[Request ID: {request_id}] Server Error: {failure.headline}",
        "trace": failure.text,
    }
    if failure.data is not None:
        answer["data"] = msgspec.json.decode(failure.data)
    return HttpResponse.of_json(500, answer)


def _as_arguments(request: HttpRequest, path: str) -> Any:
    has_body = request.method not in _WITHOUT_BODY
    headers: Sequence[Any] = [list(pair) for pair in request.headers]
    return {
        "method": request.method,
        "url": request.url,
        "path": path,
        "headers": headers,
        "body": b64encode(request.body).decode() if has_body else None,
    }
