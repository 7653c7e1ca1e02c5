"""How a function ended: with a value, or with a failure as its callers see it (semantics §13.7)."""

from __future__ import annotations

from typing import Final

import msgspec
from biconvex.sim.hosts.protocol import Frame, Thrown
from biconvex.sim.values import ConvexError, DeveloperError, FunctionError, Value, loads
from biconvex.sim.values.surrogates import lone_surrogate

__all__ = ["CRASHED", "LOST_ACTION", "Failure", "Outcome", "Terminated", "crashed"]

CRASHED: Final = "InternalServerError"


_THROWN: Final = frozenset({None, "OutOfMemory", "ReturnTooLarge", "UserTimeout"})


class Terminated(Exception):
    """A function was ended from outside; its own code can't catch that."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def crashed() -> Terminated:
    """The end of an action whose process died, as whoever called it hears of it: Convex tells nothing."""
    return Terminated("Your request couldn't be completed. Try again later.", CRASHED)


class Failure(msgspec.Struct, frozen=True):
    """An error as it travels to callers. `text` is all of it (`Uncaught Error: boom` and its frames).

    `data` is the JSON text of a `ConvexError`'s data. `code` is Convex's own code, where the error is Convex's.
    `is_terminal` tells that the function was ended from outside: within a transaction, its callers end with it.
    """

    text: str
    data: str | None = None
    code: str | None = None
    is_terminal: bool = False

    @classmethod
    def from_thrown(cls, thrown: Thrown) -> Failure:
        """The failure that a handler's exception makes."""
        if thrown.by_host:
            return cls(thrown.message)
        head = ": ".join(part for part in (thrown.name, thrown.message) if part)
        lines = [f"Uncaught {head}", *map(_frame_text, thrown.frames)]
        data = thrown.data
        if data is not None and lone_surrogate(data) is not None:
            data = None  # there is no such text in Convex: the message travels alone
        return cls("\n".join(lines), data)

    @classmethod
    def from_developer_error(cls, error: DeveloperError | Terminated) -> Failure:
        """The failure that an error of Convex's own makes."""
        return cls(error.message, None, error.code, isinstance(error, Terminated))

    @property
    def headline(self) -> str:
        """The first line."""
        return self.text.partition("\n")[0]

    @property
    def caught(self) -> str:
        """The message that a function sees which has called this one: that of an exception ends with its line's end."""
        return f"{self.text}\n" if self.code in _THROWN else self.text

    def to_error(self, function: str, logs: tuple[str, ...], time_ms: float) -> FunctionError:
        """The exception that the caller of the simulator gets."""
        if self.data is not None:
            return ConvexError(
                loads(self.data), message=self.text, function=function, logs=logs, time_ms=time_ms
            )
        return FunctionError(self.text, function=function, code=self.code, logs=logs, time_ms=time_ms)


class Outcome(msgspec.Struct, frozen=True):
    """The end of a call: `value` and its JSON text, or `failure`."""

    value: Value = None
    json: str = "null"
    failure: Failure | None = None
    logs: tuple[str, ...] = ()


LOST_ACTION: Final = Outcome(failure=Failure("Transient error while executing action"))
"""What is kept of a scheduled action, or one of a cron job, whose process died (semantics §8.3)."""


def _frame_text(frame: Frame) -> str:
    place = f"../{frame.file}:{frame.line}:{frame.column}"
    return f"    at {frame.function} ({place})" if frame.function else f"    at {place}"
