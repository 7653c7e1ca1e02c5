"""What a Python handler raised, as Convex would show it."""

from __future__ import annotations

import traceback
from pathlib import Path

from biconvex.sim.hosts.protocol import Frame, Thrown
from biconvex.sim.values import ConvexError, DeveloperError, dumps
from biconvex.sim.values.surrogates import well_formed

__all__ = ["thrown_from"]


def thrown_from(error: BaseException, folder: Path) -> Thrown:
    """Name, message, the frames within the backend's folder (innermost first), and a `ConvexError`'s data.

    A plain `Exception`, and what Convex itself raised, is called `Error`, as in JavaScript.
    """
    frames = tuple(
        Frame(frame.name, f"{folder.name}/{Path(frame.filename).relative_to(folder).as_posix()}", frame.lineno or 0,
              (frame.colno or 0) + 1)
        for frame in reversed(traceback.extract_tb(error.__traceback__))
        if Path(frame.filename).is_relative_to(folder)
    )  # fmt: skip
    if isinstance(error, ConvexError):
        try:
            data = dumps(error.data)
        except DeveloperError as problem:
            return Thrown("ConvexError", f"ConvexError with invalid data: {problem.message}", frames)
        return Thrown("ConvexError", well_formed(error.message), frames, data)
    name = "Error" if isinstance(error, DeveloperError) else type(error).__name__
    return Thrown("Error" if name in {"Exception", "RuntimeError"} else name, well_formed(str(error)), frames)
