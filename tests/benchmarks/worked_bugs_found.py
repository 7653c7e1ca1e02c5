"""How many seeds it takes to find each worked bug: the median over several starting points.

A seed is one run of the bug's test on a fresh deployment; nothing but its invariant says what is wrong.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from biconvex.sim.explore import simulate
from rich.table import Table
from tables import table

TESTS = Path(__file__).parent.parent
STARTS = 15
MOST = 200


def seeds_to_find(simulation: Any, start: int) -> int:
    """How many seeds from a starting point until one fails; `MOST` where none does."""
    seeds = range(start, start + MOST)
    return next((n for n, seed in enumerate(seeds, 1) if simulation.run_seed(seed).failure is not None), MOST)


def measure_worked_bugs() -> Table:
    """A row for each bug and language."""
    sys.path[:0] = [str(TESTS / "sim"), str(TESTS / "sim" / "explore")]
    bugs, write_backend = import_module("worked_bugs").BUGS, import_module("conftest").write_backend

    found = table(
        f"Worked bugs: seeds to find one, over {STARTS} starting points", "bug", "language", "median", "most"
    )
    with tempfile.TemporaryDirectory() as folder:
        for number, bug in enumerate(bugs):
            for language in ("typescript", "python"):
                sources = getattr(bug, language)
                if sources is None:
                    continue
                root = Path(folder) / f"{number}-{language}"
                root.mkdir()
                project = write_backend(root, language, sources)
                test: Any = simulate(seeds=1, project=project, **bug.options)(bug.body)
                counts = [seeds_to_find(test.simulation, 1000 * start) for start in range(STARTS)]
                found.add_row(bug.name, language, f"{median(counts):g}", str(max(counts)))
    return found
