"""Registering functions: the decorators that make an `async def` a query, a mutation or an action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, overload

from biconvex.sim.hosts.protocol import FunctionKind, Visibility
from biconvex.sim.values import Validator, as_object_validator

__all__ = [
    "Args",
    "Handler",
    "Registration",
    "action",
    "http_action",
    "internal_action",
    "internal_mutation",
    "internal_query",
    "mutation",
    "query",
]

Handler = Callable[..., Awaitable[Any]]
Args = Mapping[str, Validator] | Validator | None


class Registration:
    """A registered function: what it is, what it takes and returns, and its handler."""

    def __init__(
        self,
        kind: FunctionKind,
        visibility: Visibility | None,
        handler: Handler,
        args: Args = None,
        returns: Validator | None = None,
    ) -> None:
        self.kind = kind
        self.visibility = visibility
        self.handler = handler
        self.args = None if args is None else as_object_validator(args)
        self.returns = None if returns is None else as_object_validator(returns)
        self.__doc__ = handler.__doc__
        self.__name__ = getattr(handler, "__name__", kind)
        self.__module__ = handler.__module__

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        """Refused: a Convex function is called by reference, so that it runs in a transaction of its own."""
        raise TypeError(
            f"{self.__name__} is a registered {self.kind}: it can't be called directly. Call "
            f"`ctx.run_{self.kind}(…)` with a reference to it, or move the shared code to a plain function."
        )


class _Builder:
    def __init__(self, kind: FunctionKind, visibility: Visibility) -> None:
        self._kind = kind
        self._visibility = visibility
        self.__doc__ = (
            f"Register a {visibility} {kind}: `@{kind}(args={{…}}, returns=…)`, or bare without validators."
        )

    @overload
    def __call__(self, function: Handler, /) -> Registration: ...

    @overload
    def __call__(
        self, *, args: Args = None, returns: Validator | None = None, handler: Handler
    ) -> Registration: ...

    @overload
    def __call__(
        self, *, args: Args = None, returns: Validator | None = None
    ) -> Callable[[Handler], Registration]: ...

    def __call__(
        self,
        function: Handler | None = None,
        *,
        args: Args = None,
        returns: Validator | None = None,
        handler: Handler | None = None,
    ) -> Registration | Callable[[Handler], Registration]:
        found = function or handler
        if found is not None:
            return Registration(self._kind, self._visibility, found, args, returns)
        return lambda decorated: Registration(self._kind, self._visibility, decorated, args, returns)


query = _Builder("query", "public")
mutation = _Builder("mutation", "public")
action = _Builder("action", "public")
internal_query = _Builder("query", "internal")
internal_mutation = _Builder("mutation", "internal")
internal_action = _Builder("action", "internal")


def http_action(handler: Handler) -> Registration:
    """Register an HTTP action: an `async def` that takes `ctx` and a request and returns a response."""
    return Registration("httpAction", None, handler)
