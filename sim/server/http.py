"""Defining HTTP routes in Python, with the checks that Convex's router makes (semantics §10)."""

from __future__ import annotations

from typing import Any, Final

from biconvex.sim.server.registration import Registration

__all__ = ["HttpRouter", "http_router"]

_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


class HttpRouter:
    """Routes from method and path to HTTP actions."""

    def __init__(self) -> None:
        self.exact: dict[tuple[str, str], Registration] = {}
        self.prefixes: dict[tuple[str, str], Registration] = {}

    def route(
        self,
        *,
        handler: Registration | None = None,
        method: str | None = None,
        path: str | None = None,
        path_prefix: str | None = None,
    ) -> None:
        """Route requests of a method to a handler: those to exactly `path`, or all below `path_prefix`."""
        if handler is None:
            raise ValueError("route requires handler")
        if method is None:
            raise ValueError("route requires method")
        if method not in _METHODS:
            raise ValueError(f"'{method}' is not an allowed HTTP method (like GET, POST, PUT etc.)")
        if path is not None and path_prefix is not None:
            raise ValueError("Invalid httpRouter route: cannot contain both 'path' and 'pathPrefix'")
        if path is not None:
            self._exact(path, method, handler)
        elif path_prefix is not None:
            self._prefix(path_prefix, method, handler)
        else:
            raise ValueError(
                "Invalid httpRouter route entry: must contain either field 'path' or 'pathPrefix'"
            )

    def _exact(self, path: str, method: str, handler: Registration) -> None:
        if not path.startswith("/"):
            raise ValueError(f"path '{path}' does not start with a /")
        if path == "/.files" or path.startswith("/.files/"):
            raise ValueError(f"path '{path}' is reserved")
        if (path, method) in self.exact:
            raise ValueError(f"Path '{path}' for method {method} already in use")
        self.exact[path, method] = handler

    def _prefix(self, prefix: str, method: str, handler: Registration) -> None:
        if not prefix.startswith("/"):
            raise ValueError(f"pathPrefix '{prefix}' does not start with a /")
        if not prefix.endswith("/"):
            raise ValueError(f"pathPrefix {prefix} must end with a /")
        if prefix.startswith("/.files/"):
            raise ValueError(f"pathPrefix '{prefix}' is reserved")
        if (prefix, method) in self.prefixes:
            raise ValueError(f"{method} pathPrefix {prefix} is already defined")
        self.prefixes[prefix, method] = handler

    def lookup(self, path: str, method: str) -> tuple[Registration, str, str] | None:
        """What serves a request: the handler, the method, and the route, which ends in `*` for a prefix; or None.

        An exact path goes before prefixes, a longer prefix before a shorter. HEAD is served as GET is.
        """
        method = "GET" if method == "HEAD" else method
        exact = self.exact.get((path, method))
        if exact is not None:
            return exact, method, path
        prefixes = [prefix for prefix, own in self.prefixes if own == method and path.startswith(prefix)]
        if not prefixes:
            return None
        longest = max(prefixes, key=len)
        return self.prefixes[longest, method], method, f"{longest}*"

    def export(self) -> list[dict[str, Any]]:
        """The routes as `getRoutes()` orders them: exact by path and method, then prefixes, with `*`, by method."""
        exact = [{"path": path, "method": method} for path, method in sorted(self.exact)]
        prefixes = [
            {"path": f"{prefix}*", "method": method}
            for prefix, method in sorted(self.prefixes, key=lambda key: (key[1], key[0]))
        ]
        return [*exact, *prefixes]


def http_router() -> HttpRouter:
    """The (empty) router of a backend; keep it at the top level of the module `http`."""
    return HttpRouter()
