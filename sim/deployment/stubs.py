"""Stubs: what a test puts in the place of a function of the backend."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final

from biconvex.sim.hosts.python import StubHost
from biconvex.sim.runtime import RegisteredFunction, Runtime
from biconvex.sim.values import UsageError

__all__ = ["MISSING", "Stub", "put_stub"]

MISSING: Final[Any] = object()


class Stub:
    """What stands in for a function. `calls` are the arguments of each call so far, in order."""

    def __init__(self, runtime: Runtime, original: RegisteredFunction) -> None:
        self._runtime = runtime
        self._original = original
        self.function = original.path
        self.calls: list[Any] = []

    def restore(self) -> None:
        """Put the function itself back."""
        self._runtime.replace(self._original)

    def __repr__(self) -> str:
        return f"<Stub of {self.function}: {len(self.calls)} calls>"


def put_stub(
    runtime: Runtime,
    function: RegisteredFunction,
    handler: Callable[..., Any] | None,
    returns: Any,
    raises: BaseException | None,
    timeout_s: float,
) -> Stub:
    """Put a stub in the place of a function; exactly one of `handler`, `returns` and `raises` is given."""
    given = [handler is not None, returns is not MISSING, raises is not None]
    if sum(given) != 1:
        raise UsageError(f"stub({function.path!r}, …) takes one of: a handler, returns=…, raises=…")
    stub = Stub(runtime, function)
    if handler is None:

        def handler(_args: Any) -> Any:
            if raises is not None:
                raise raises
            return deepcopy(returns)

    host = StubHost(function.path, function.kind, handler, timeout_s=timeout_s, heard=stub.calls.append)
    runtime.replace(function.run_by(host))
    return stub
