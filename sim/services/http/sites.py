"""Whose routes serve a request: the app's own, or those of a component that is mounted at the beginning of its path.

Source: semantics §10, §12.4, and the backend's `http_routing.rs`.
"""

from __future__ import annotations

from dataclasses import dataclass

from biconvex.sim.hosts.protocol import Host

__all__ = ["Destination", "HttpSite"]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes: to a route of a host (None: there is none for it), by the path that the router sees."""

    host: Host
    component: str
    route: str | None
    path: str


@dataclass(frozen=True, slots=True)
class HttpSite:
    """The routes of an app or component: those of its router, if it has one, and the components mounted in it.

    `prefix` is where the app's own routes begin; `mounts` are sites by the beginnings of paths, which end in a slash.
    """

    host: Host | None
    component: str = ""
    prefix: str | None = None
    mounts: tuple[tuple[str, HttpSite], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing could ever be served here."""
        return self.host is None and not self.mounts

    def find(self, method: str, path: str) -> Destination | None:
        """Where a request goes; None where there is nothing that could answer at all.

        An exact route of the router comes first, then the longest prefix among its routes and the mounts. Raises
        `HostCrashed` or `HostTimeout`.
        """
        host, own = self.host, self._own(path)
        route = host.route(method, own) if host is not None and own is not None else None
        if host is not None and own is not None and route is not None and not route.endswith("*"):
            return Destination(host, self.component, route, own)
        mount, site = max(
            ((mount, site) for mount, site in self.mounts if path.startswith(mount)),
            key=lambda mounted: len(mounted[0]),
            default=("", None),
        )
        moved = len(path) - len(own) if own is not None else 0
        if site is not None and (route is None or len(mount) >= len(route) - 1 + moved):
            return site.find(method, f"/{path.removeprefix(mount)}")
        if host is None or own is None:
            return None
        return Destination(host, self.component, route, own)

    def _own(self, path: str) -> str | None:
        """The path as the router knows it, None where it is none of the router's."""
        if self.prefix is None:
            return path
        return f"/{path.removeprefix(self.prefix)}" if path.startswith(self.prefix) else None
