"""The deployment as a web server, without a network: a request in, a response out."""

from __future__ import annotations

from urllib.parse import urlsplit

from biconvex.sim.runtime import Identity, Runtime
from biconvex.sim.services.http.actions import HttpActions
from biconvex.sim.services.http.files import FileServer
from biconvex.sim.services.http.functions import FunctionCall, FunctionsByHttp
from biconvex.sim.services.http.messages import HttpRequest, HttpResponse
from biconvex.sim.services.http.sites import HttpSite

__all__ = ["HttpServer"]


class HttpServer:
    """Answers requests for the deployment's two addresses.

    The one of its functions (`CONVEX_CLOUD_URL`) has uploads, files and functions; the other (`CONVEX_SITE_URL`) has
    the project's HTTP actions.
    """

    def __init__(
        self, runtime: Runtime, actions: HttpSite, call: FunctionCall, cloud: str, site: str
    ) -> None:
        """`actions` has the routes of the project's HTTP actions, if there are any."""
        self._runtime = runtime
        self._cloud = urlsplit(cloud).netloc
        self._site = site
        self._files = FileServer(runtime)
        self._functions = FunctionsByHttp(call)
        self._actions = HttpActions(runtime, actions)

    def absolute(self, url: str) -> str:
        """The URL that a path means: uploads, files and functions are at one address, all else at the other."""
        if "://" in url:
            return url
        path = url if url.startswith("/") else f"/{url}"
        return f"{self._site}{path}"

    async def respond(self, request: HttpRequest, identity: Identity) -> HttpResponse:
        """Answer a request."""
        self._runtime.trace.record("http", request.shown, 0, {"bytes": len(request.body)})
        response = await self._route(request, identity)
        self._runtime.trace.record("http end", request.shown, 0, {"status": response.status})
        return response

    async def _route(self, request: HttpRequest, identity: Identity) -> HttpResponse:
        most = self._runtime.limits.http_body_bytes
        if len(request.body) > most:
            return HttpResponse.of_text(413, "length limit exceeded")
        if urlsplit(request.url).netloc != self._cloud:
            return await self._actions.respond(request, identity)
        if self._files.serves(request):
            return await self._files.respond(request)
        if self._functions.serves(request):
            return await self._functions.respond(request, identity)
        return HttpResponse.of_text(404, "")
