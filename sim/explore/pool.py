"""Seeds in several processes: each imports the test by itself, and runs some seeds at a time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from biconvex.sim.values import UsageError

if TYPE_CHECKING:
    from biconvex.sim.explore.simulation import Simulation

__all__ = ["find_simulation", "first_failing_seed", "replay"]

_CHUNKS_EACH: Final = 8


def first_failing_seed(
    simulation: Simulation, seeds: Sequence[int], project: str | Path | None
) -> int | None:
    """The first of the seeds that fails, whichever process finds it first; None where none does."""
    name = simulation.body.__qualname__
    if not name.isidentifier():
        raise UsageError(
            f"{name} can't run in several processes: they find only functions of a module, by their name"
        )
    size = max(1, len(seeds) // (simulation.jobs * _CHUNKS_EACH))
    chunks = [seeds[start : start + size] for start in range(0, len(seeds), size)]
    # A fork would share the pipes to Node.
    pool = ProcessPoolExecutor(simulation.jobs, mp_context=get_context("spawn"))
    try:
        test = f"{simulation.file}::{name}"
        futures = [
            pool.submit(_first_failing, test, simulation.body.__module__, chunk, project) for chunk in chunks
        ]
        return next((found for future in futures if (found := future.result()) is not None), None)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _first_failing(test: str, module: str, seeds: Sequence[int], project: str | Path | None) -> int | None:
    simulation = find_simulation(test, module)
    return next((seed for seed in seeds if simulation.run_seed(seed, project).failure is not None), None)


def find_simulation(test: str, module: str | None = None) -> Simulation:
    """The simulation of a test, by its file and name (`tests/test_votes.py::test_votes`).

    Raises `UsageError` where there is none.
    """
    file, _, name = test.partition("::")
    found: Any = getattr(_load(Path(file).resolve(), module), name, None)
    simulation = getattr(found, "simulation", None)
    if simulation is None:
        raise UsageError(f"{file} has no test {name} that is decorated with @simulate")
    loaded: Simulation = simulation
    return loaded


def _load(file: Path, name: str | None) -> ModuleType:
    if name is not None:
        try:
            module = import_module(name)
        except ImportError:
            module = None
        if module is not None and module.__file__ is not None and Path(module.__file__).resolve() == file:
            return module
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise UsageError(f"{file} is no Python file")
    module = module_from_spec(spec)
    sys.modules.setdefault(file.stem, module)
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))  # what a test imports from beside it
    spec.loader.exec_module(module)
    return module


def replay(
    test: str, *, seed: int, decisions: Sequence[int] | None = None, project: str | Path | None = None
) -> None:
    """Run a simulation test for one seed; `decisions` are those of a shrunk run. Raises as the test does.

    `test` is `path/to/test_file.py::test_name`, `project` what pytest's ini option would name.
    """
    find_simulation(test).replay(seed, decisions, project)
