"""What the methods of `ctx` give: operations to await.

In JavaScript a call to `ctx.db.insert(…)` begins at once; a coroutine of Python begins when it is awaited, and one that
nobody awaits never does. An operation is a coroutine that knows whether it has begun, so that this can be told.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Generator
from types import CodeType, TracebackType
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from biconvex.sim.server.link import Link

__all__ = ["Operation", "operation"]

T_co = TypeVar("T_co", covariant=True)
P = ParamSpec("P")


class _Linked(Protocol):
    @property
    def _link(self) -> Link: ...


S = TypeVar("S", bound=_Linked)
T = TypeVar("T")


class Operation(Coroutine[Any, Any, T_co]):
    """A coroutine with the name of the call that made it (`ctx.db.insert`) and its place: code and line."""

    __slots__ = ("_coroutine", "_unbegun", "code", "line", "name")

    def __init__(self, coroutine: Coroutine[Any, Any, T_co], name: str, link: Link, *, depth: int) -> None:
        frame = sys._getframe(depth)
        self._coroutine = coroutine
        self._unbegun = link.unbegun
        self.name = name
        self.code: CodeType = frame.f_code
        self.line = frame.f_lineno
        self._unbegun[self] = None

    def __await__(self) -> Generator[Any, Any, T_co]:
        self._unbegun.pop(self, None)
        return self._coroutine.__await__()

    def send(self, value: Any) -> Any:
        """Go on: what a task does."""
        self._unbegun.pop(self, None)
        return self._coroutine.send(value)

    def throw(
        self,
        kind: Any,
        error: BaseException | object = None,
        trace: TracebackType | None = None,
    ) -> Any:
        """Go on with an exception: what a task does that is cancelled."""
        self._unbegun.pop(self, None)
        if error is None and trace is None:
            return self._coroutine.throw(kind)
        return self._coroutine.throw(kind, error, trace)

    def close(self) -> None:
        """End it where it stands."""
        self._coroutine.close()


def operation(
    name: str,
) -> Callable[
    [Callable[Concatenate[S, P], Coroutine[Any, Any, T]]], Callable[Concatenate[S, P], Operation[T]]
]:
    """Make a method that is an `async def` give an operation; its object has a `_link`."""

    def decorate(
        method: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
    ) -> Callable[Concatenate[S, P], Operation[T]]:
        def begin(self: S, /, *args: P.args, **kwargs: P.kwargs) -> Operation[T]:
            return Operation(method(self, *args, **kwargs), name, self._link, depth=2)

        begin.__name__ = method.__name__
        begin.__qualname__ = method.__qualname__
        begin.__doc__ = method.__doc__
        return begin

    return decorate
