"""Routes of the scripted internet: which requests they answer, and with what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from biconvex.sim.services.outbound.messages import NetworkFailure, OutboundRequest, Reply
from biconvex.sim.values import UsageError

__all__ = ["Answer", "Route", "Routes", "normal_url"]

Answer = Reply | NetworkFailure | Callable[[OutboundRequest], Any] | Sequence["Answer"]
"""What a route answers with: a reply, a failure, a function of the request, or one of these after the other."""

_ANY_METHOD: Final = "*"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", _ANY_METHOD})


class Route:
    """A service at one URL, or at all URLs below one. `requests` are those that came here, in order."""

    def __init__(self, method: str, url: str, answer: Answer) -> None:
        """Raises `UsageError` for what is no method, URL or answer."""
        self.method = method.upper()
        if self.method not in _METHODS:
            raise UsageError(f"outbound.on: {method!r} is no HTTP method; write GET, POST, … or * for any")
        found = normal_url(url)
        if found is None:
            raise UsageError(f"outbound.on: {url!r} is no URL that begins with http:// or https://")
        self.url = found
        self._below = self.url[:-1] if self.url.endswith("*") else None
        self._answers = list(answer) if isinstance(answer, Sequence) else [answer]
        if not self._answers or not all(map(_is_answer, self._answers)):
            raise UsageError(
                f"outbound.on({method!r}, {url!r}, …) takes a Reply, a NetworkFailure, a function of the request, or a "
                f"sequence of these; got {answer!r}"
            )
        self.requests: list[OutboundRequest] = []

    def rank(self, method: str, url: str) -> tuple[int, int, int] | None:
        """How closely it fits a request, the greatest first; None where it doesn't."""
        if self.method not in {method, _ANY_METHOD}:
            return None
        own_method = int(self.method == method)
        if url == self.url:
            return 2, len(self.url), own_method
        if url.partition("?")[0] == self.url:
            return 1, len(self.url), own_method
        if self._below is not None and url.startswith(self._below):
            return 0, len(self._below), own_method
        return None

    def answer(self, request: OutboundRequest) -> Reply | NetworkFailure:
        """Take the next answer for a request; the last one stays. A function may give any JSON as the body."""
        self.requests.append(request)
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if callable(found):
            found = found(request)
        return found if isinstance(found, Reply | NetworkFailure) else Reply(json=found)

    def __repr__(self) -> str:
        return f"<Route {self.method} {self.url}: {len(self.requests)} requests>"


class Routes:
    """All routes, a later one in the place of an earlier for the same method and URL."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Route] = {}

    def add(self, route: Route) -> None:
        """Add a route."""
        self._routes[route.method, route.url] = route

    def find(self, method: str, url: str) -> Route | None:
        """The route that fits a request most closely, or None."""
        ranked = [
            (rank, route) for route in self._routes.values() if (rank := route.rank(method, url)) is not None
        ]
        return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _is_answer(answer: object) -> bool:
    return isinstance(answer, Reply | NetworkFailure) or callable(answer)


def normal_url(url: str) -> str | None:
    """The URL as `fetch` sends it (host in lower case, a path, no fragment), None where it is none of http or https."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path or "/", parts.query, ""))
