"""`console` for Python functions: what they log is part of the run, as in Convex."""

from __future__ import annotations

from biconvex.sim.server.inspect import inspect
from biconvex.sim.server.link import current_link

__all__ = ["Console", "console"]


class Console:
    """Logs the values of a call, shown as Convex shows them (`'text'`) and separated by spaces.

    What a function prints is logged as well, at the level `log`, line by line and as it is printed.
    """

    def log(self, *values: object) -> None:
        """Log at the level `log`."""
        self._write("log", values)

    def debug(self, *values: object) -> None:
        """Log at the level `debug`."""
        self._write("debug", values)

    def info(self, *values: object) -> None:
        """Log at the level `info`."""
        self._write("info", values)

    def warn(self, *values: object) -> None:
        """Log at the level `warn`."""
        self._write("warn", values)

    def error(self, *values: object) -> None:
        """Log at the level `error`."""
        self._write("error", values)

    def _write(self, level: str, values: tuple[object, ...]) -> None:
        current_link(f"console.{level}").log(level, " ".join(map(inspect, values)))


console = Console()
"""The console of the function that is running."""
