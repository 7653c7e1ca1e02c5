"""Keeps Node's main thread on the core of the thread that speaks to it.

The two take turns and never work at the same time, so a second core only adds the time that it takes to wake it. It has
no part in what is simulated. Where the system has no such calls, nothing happens.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["CoreFollower"]

_TURNS_BETWEEN_LOOKS: Final = 64
_STAT: Final = Path("/proc/thread-self/stat")
_CORE_FIELD: Final = 36
"""Which field after the name of the program says on which core the thread runs (proc(5): `processor`)."""


class CoreFollower:
    """Moves a process's main thread to the core on which its caller runs, now and then."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._core: int | None = None
        self._turns = 0
        self._able = hasattr(os, "sched_setaffinity") and _STAT.exists()

    def turn(self) -> None:
        """Count a turn; after some of them, look where we are and have the process follow."""
        self._turns -= 1
        if self._turns < 0 and self._able:
            self._turns = _TURNS_BETWEEN_LOOKS
            try:
                core = int(_STAT.read_bytes().rpartition(b")")[2].split()[_CORE_FIELD])
                if core != self._core:
                    os.sched_setaffinity(self._pid, {core})
                    self._core = core
            except (OSError, ValueError, IndexError):
                self._able = False
