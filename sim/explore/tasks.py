"""What a campaign does for each seed: a simulation test, or fuzzing. Tasks travel to other processes and machines."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from biconvex.sim.explore.results import SeedOutcome

if TYPE_CHECKING:
    from biconvex.sim.explore.hunting import Plan
    from biconvex.sim.explore.simulation import Simulation

__all__ = ["FuzzTask", "SimulationTask", "Task"]


class SimulationTask(msgspec.Struct, frozen=True, tag="simulation"):
    """A test that is decorated with `@simulate`: `tests/test_votes.py::test_votes`, and the project it is run on."""

    test: str
    project: str | None = None

    def run(self, seed: int) -> SeedOutcome:
        """Run the test's body for a seed."""
        result = _simulation(self.test).run_seed(seed, self.project)
        headline = "" if result.failure is None else str(result.failure)
        return SeedOutcome(seed, result.failure is not None, headline, msgspec.to_builtins(result))


class FuzzTask(msgspec.Struct, frozen=True, tag="fuzz"):
    """A project that is fuzzed, with the options of `fuzz_plan` that are JSON."""

    project: str
    runs: int = 20
    max_calls: int = 50
    functions: tuple[str, ...] = ("*",)
    private: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()

    def run(self, seed: int) -> SeedOutcome:
        """Fuzz with a seed."""
        from biconvex.sim.explore.hunting import hunt_seed  # noqa: PLC0415  (Hypothesis is an extra)

        result = hunt_seed(_plan(self), seed)
        headline = "; ".join(f"{found.kind}: {found.function}: {found.message}" for found in result.findings)
        return SeedOutcome(seed, bool(result.findings), headline, msgspec.to_builtins(result))


Task: TypeAlias = SimulationTask | FuzzTask


@cache
def _simulation(test: str) -> Simulation:
    from biconvex.sim.explore.pool import find_simulation  # noqa: PLC0415  (what a fuzzer doesn't need)

    return find_simulation(test)


@cache
def _plan(task: FuzzTask) -> Plan:
    from biconvex.sim.explore.fuzzing import fuzz_plan  # noqa: PLC0415  (Hypothesis is an extra)

    options: dict[str, Any] = msgspec.to_builtins(task)
    options.pop("type")
    return fuzz_plan(options.pop("project"), **options)
