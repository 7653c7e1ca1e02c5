"""The link between a running Python handler and its host."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Protocol

from biconvex.sim.hosts.protocol import Visibility

__all__ = ["CURRENT", "Link", "current_link"]


class Link(Protocol):
    """What a context needs of the run it belongs to."""

    visibility: Visibility | None
    """The visibility of the function that runs."""
    unbegun: dict[Any, None]
    """Operations that were made and that nobody has awaited yet, in order."""

    @property
    def now_ms(self) -> int:
        """The time in ms since the epoch; asking for it is noted."""
        ...

    async def call(self, op: str, arguments: Any) -> Any:
        """Perform a syscall; the parsed JSON of its answer, values still in wire encoding."""
        ...

    async def next_row(self, query_id: int, query: Any) -> Any:
        """The next document of a query in wire encoding, or None at its end."""
        ...

    def new_query_id(self) -> int:
        """A number for a query that is about to start."""
        ...

    def log(self, level: str, text: str) -> None:
        """Add a line to the run's log."""
        ...

    def sync(self, op: str, arguments: Any) -> Any:
        """Perform a synchronous syscall."""
        ...


CURRENT: ContextVar[Link] = ContextVar("biconvex_link")


def current_link(what: str) -> Link:
    """The link of the handler that is running; raises `RuntimeError` outside of one."""
    link = CURRENT.get(None)
    if link is None:
        raise RuntimeError(f"{what} works only inside a running Convex function")
    return link
