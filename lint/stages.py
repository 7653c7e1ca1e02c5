"""The stages of a run, and the time that each takes."""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Stage", "Stopwatch"]


class Stage(msgspec.Struct):
    """One stage of a run: how many files went through it, and how long it took."""

    name: str
    files: int = 0
    seconds: float = 0.0


class Stopwatch:
    """Measures stages. A stage that comes again, for another backend, adds to what it took before."""

    def __init__(self) -> None:
        self._stages: dict[str, Stage] = {}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What was measured, in the order in which the stages came first."""
        return tuple(self._stages.values())

    @contextmanager
    def measure(self, name: str, files: int = 0) -> Iterator[Stage]:
        """Measure what happens within as (a part of) a stage; the stage may be told of more files."""
        stage = self._stages.setdefault(name, Stage(name))
        stage.files += files
        began = perf_counter()
        try:
            yield stage
        finally:
            stage.seconds += perf_counter() - began
