"""Exploring a backend: many seeds, faults, invariants, fuzzing, replay and shrinking.

The names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from biconvex.sim.explore.body_choices import BodyChoices
    from biconvex.sim.explore.determinism import NondeterministicTestError
    from biconvex.sim.explore.pool import find_simulation, replay
    from biconvex.sim.explore.simulation import Simulation, simulate

__all__ = ["BodyChoices", "NondeterministicTestError", "Simulation", "find_simulation", "replay", "simulate"]

_HOMES = {
    "body_choices": ("BodyChoices",),
    "determinism": ("NondeterministicTestError",),
    "pool": ("find_simulation", "replay"),
    "simulation": ("Simulation", "simulate"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
