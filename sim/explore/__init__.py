"""Exploring a backend: many seeds, faults, invariants, fuzzing, replay and shrinking.

The names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from biconvex.sim.explore.body_choices import BodyChoices
    from biconvex.sim.explore.determinism import NondeterministicTestError
    from biconvex.sim.explore.fuzz_reports import FuzzReport
    from biconvex.sim.explore.fuzzing import FuzzFailure, fuzz, fuzz_report, fuzz_seed
    from biconvex.sim.explore.hunting import FuzzSeedResult
    from biconvex.sim.explore.pool import find_simulation, replay
    from biconvex.sim.explore.session import FuzzFinding
    from biconvex.sim.explore.simulation import Simulation, simulate

__all__ = [
    "BodyChoices",
    "FuzzFailure",
    "FuzzFinding",
    "FuzzReport",
    "FuzzSeedResult",
    "NondeterministicTestError",
    "Simulation",
    "find_simulation",
    "fuzz",
    "fuzz_report",
    "fuzz_seed",
    "replay",
    "simulate",
]

_HOMES = {
    "body_choices": ("BodyChoices",),
    "determinism": ("NondeterministicTestError",),
    "fuzz_reports": ("FuzzReport",),
    "fuzzing": ("FuzzFailure", "fuzz", "fuzz_report", "fuzz_seed"),
    "hunting": ("FuzzSeedResult",),
    "pool": ("find_simulation", "replay"),
    "session": ("FuzzFinding",),
    "simulation": ("Simulation", "simulate"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
