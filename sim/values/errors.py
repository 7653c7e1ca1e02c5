"""Errors of the simulator, by whose fault they are.

SimulationError
├── ProjectError          the project can't be loaded: a folder, a bundle, a module, a definition, Node itself
├── FunctionError         a function of the backend failed: what its caller would see
│   └── ConvexError       … with data that it threw on purpose
├── InvariantViolation    what a test said must always, or eventually, hold doesn't
├── InvariantError        a test's invariant can't be evaluated: it raised something, or answered neither yes nor no
├── StallError            nothing left can bring about what is waited for
├── UsageError            the test or command asked for something that makes no sense
└── InternalError         a bug of Biconvex: please report it

DeveloperError            inside a running function: an error of Convex's own that the function may catch
└── NetworkError          … of a request to somebody else
"""

from __future__ import annotations

import json
from typing import Any

__all__ = [
    "ConvexError",
    "DeveloperError",
    "FunctionError",
    "InternalError",
    "InvariantError",
    "InvariantViolation",
    "NetworkError",
    "ProjectError",
    "SimulationError",
    "StallError",
    "UsageError",
]


class SimulationError(Exception):
    """Anything the simulator reports."""


class ProjectError(SimulationError):
    """The project can't be loaded. The message names the file or folder and what to do."""


class UsageError(SimulationError):
    """The caller of the simulator asked for something impossible."""


class InvariantViolation(SimulationError):
    """An invariant does not hold. The message names the commit, its function, the seed and the time, and the events.

    `invariant` is its name, `function` what committed (None: nothing did), `commit` the number of the commit among all
    of the deployment's, `seed` the deployment's, `time_ms` the virtual time in ms since the epoch.
    """

    def __init__(
        self,
        message: str,
        *,
        invariant: str,
        function: str | None,
        commit: int,
        seed: int,
        time_ms: float,
    ) -> None:
        super().__init__(message)
        self.invariant = invariant
        self.function = function
        self.commit = commit
        self.seed = seed
        self.time_ms = time_ms


class InvariantError(SimulationError):
    """An invariant can't be evaluated. The message says what it raised, and where."""


class StallError(SimulationError):
    """The simulation can't go on. The message says what waits for what."""


class InternalError(SimulationError):
    """A bug of Biconvex."""


class FunctionError(SimulationError):
    """A function of the backend failed.

    `str(error)` is what a client in development would read (`Uncaught Error: boom` and the frames of the
    function's own source). `function` is its path, `code` Convex's error code where it has one, `logs` what it
    had logged, and `time_ms` the virtual time of the failure.
    """

    def __init__(
        self,
        message: str,
        *,
        function: str | None = None,
        code: str | None = None,
        logs: tuple[str, ...] = (),
        time_ms: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.function = function
        self.code = code
        self.logs = logs
        self.time_ms = time_ms


class ConvexError(FunctionError):
    """An expected failure with `data`, any Convex value; functions raise it and callers catch it."""

    def __init__(self, data: Any, **details: Any) -> None:
        message = details.pop("message", None)
        super().__init__(message if message is not None else _describe(data), **details)
        self.data = data


class DeveloperError(Exception):
    """An error that Convex raises inside a function (semantics §1.1): `code` and message; the function may catch it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NetworkError(DeveloperError):
    """A request that got no reply; `code` is what Node's errors call it, such as `ECONNRESET`."""


def _describe(data: Any) -> str:
    """The message of a `ConvexError`: its data if that is text, else JSON as JavaScript writes it."""
    return (
        data if isinstance(data, str) else json.dumps(_plain(data), separators=(",", ":"), ensure_ascii=False)
    )


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(item) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(item) for item in data]
    if isinstance(data, float) and data.is_integer():
        return int(data)
    if data is None or type(data) in {bool, int, float, str}:
        return data
    return f"{int(data)}n" if isinstance(data, int) else repr(data)
