"""A host for what a test puts in the place of one function, whatever the function's own language is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from biconvex.sim.hosts.protocol import STEP_TIMEOUT_S, FunctionKind, Invocation, Step, SyncSyscall
from biconvex.sim.hosts.python.host import PythonHost
from biconvex.sim.server import Registration
from biconvex.sim.values import UsageError, loads

__all__ = ["StubHost"]


class StubHost(PythonHost):
    """Runs one handler: `async def handler(ctx, args)`, or a plain function of `args` alone."""

    def __init__(
        self,
        path: str,
        kind: FunctionKind,
        handler: Callable[..., Any],
        *,
        heard: Callable[[Any], None],
        timeout_s: float = STEP_TIMEOUT_S,
    ) -> None:
        """`path` is the function that is replaced; `heard` is told the arguments of each run.

        Raises `UsageError` for a handler of another shape.
        """
        super().__init__(_StubModules(Registration(kind, None, _handler(path, handler))), timeout_s=timeout_s)
        self._heard = heard

    def start(self, invocation: Invocation, sync: SyncSyscall) -> tuple[int, Step]:
        """Begin a run and step it."""
        self._heard(loads(invocation.arguments))
        return super().start(invocation, sync)


class _StubModules:
    """The one registration of a stub; `folder` is where its source lies."""

    looks_at_time = True

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        file = inspect.getsourcefile(inspect.unwrap(registration.handler))
        self.folder = Path(file).parent if file is not None else Path()

    def load(self) -> list[Any]:
        """A stub defines no modules."""
        return []

    def registration(self, _module: str, _name: str) -> Registration:
        """The stub, whatever is asked for."""
        return self._registration

    def route(self, _method: str, _path: str) -> None:
        """A stub serves no requests."""

    def again(self) -> _StubModules:
        """A stub is not loaded, and so not loaded anew."""
        return self

    def close(self) -> None:
        """A stub holds nothing."""


def _handler(path: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    if isinstance(handler, Registration):
        return handler.handler
    if inspect.iscoroutinefunction(handler):
        return handler
    if not callable(handler):
        raise UsageError(
            f"stub({path!r}, …) takes a function of the arguments, or an `async def` of `ctx` and the arguments; "
            f"got {handler!r}. To answer a value, write stub({path!r}, returns=…)."
        )

    async def stub(_ctx: Any, args: Any) -> Any:
        return handler(args)

    stub.__wrapped__ = handler  # type: ignore[attr-defined]  # where the handler's source is
    stub.__name__ = getattr(handler, "__name__", "stub")
    return stub
