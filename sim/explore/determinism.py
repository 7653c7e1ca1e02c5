"""Is a test deterministic by itself? Two runs with one seed do the same, or the first difference is told."""

from __future__ import annotations

from itertools import zip_longest

from biconvex.sim.explore.program import Program
from biconvex.sim.kernel import Trace
from biconvex.sim.values import SimulationError

__all__ = ["NondeterministicTestError", "first_difference"]


class NondeterministicTestError(SimulationError):
    """Two runs of a test with the same seed differ. The backend isn't at fault: its runs depend on the seed alone."""


def first_difference(
    traces: tuple[Trace, Trace], programs: tuple[Program | None, Program | None]
) -> str | None:
    """Where two runs differ first: what the test did, else what happened. None where they are the same."""
    if programs[0] is not None and programs[1] is not None:
        pairs = zip_longest(programs[0].lines(), programs[1].lines())
        for number, (first, second) in enumerate(pairs, 1):
            if first != second:
                return _told(f"step {number} of the test", first, second)
    if traces[0].digest == traces[1].digest:
        return None
    for number, (one, other) in enumerate(zip_longest(*traces), 1):
        if one != other:
            return _told(
                f"event {number}", *(str(event) if event is not None else None for event in (one, other))
            )
    return None


def _told(where: str, first: str | None, second: str | None) -> str:
    nothing = "(nothing: it was over)"
    return f"{where}:\n  first run:  {first or nothing}\n  second run: {second or nothing}"
