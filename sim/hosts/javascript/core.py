"""Keeps Node's main thread, and the thread that speaks to it, on one core while the two take turns.

They never work at the same time. On two cores each turn would wake a sleeping core, and find its caches cold: that
takes several times as long as the turn itself. It has no part in what is simulated. Where the system has no such calls,
nothing happens.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable

__all__ = ["SharedCore"]


def _core_finder() -> Callable[[], int] | None:
    """What says on which core the calling thread runs, where there is such a thing."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    try:
        found: Callable[[], int] = ctypes.CDLL(None).sched_getcpu
    except (AttributeError, OSError):
        return None
    return found


class SharedCore:
    """A core for a process's main thread and its caller: that on which the caller is found."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._core = -1
        self._outer: set[int] | None = None
        self._find = _core_finder()

    def join(self) -> None:
        """Hold both to the caller's core, until `leave`."""
        if self._find is None:
            return
        try:
            self._outer = os.sched_getaffinity(0)
            core = self._find()
            os.sched_setaffinity(0, {core})
            if core != self._core:
                os.sched_setaffinity(self._pid, {core})
                self._core = core
        except OSError:
            self._find = None
            self.leave()

    def leave(self) -> None:
        """Let the caller go wherever it might before; the process stays, for the next turn."""
        if self._outer is not None:
            outer, self._outer = self._outer, None
            with contextlib.suppress(OSError):  # meanwhile somebody may have forbidden us those cores
                os.sched_setaffinity(0, outer)

    def release(self) -> None:
        """Let the process go wherever the caller might: it is busy for longer than a change of cores takes."""
        if self._outer is not None:
            self._core = -1
            with contextlib.suppress(OSError):
                os.sched_setaffinity(self._pid, self._outer)
