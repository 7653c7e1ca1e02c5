"""How the simulator and convex-test grow: reads among many documents, large mutations, memory, suites of tests.

Both sides run the same TypeScript functions, each in fresh processes, one after the other, round by round.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from processes import Cost, cost_of
from rich.table import Table
from suite import DOCUMENTS, FILES, TESTS, write_suite
from tables import Goal, beside, measured, milliseconds, table

__all__ = ["measure_scale"]

HERE = Path(__file__).parent
SUITE = HERE / "results" / "suite"
ROUNDS = 3
SIZES = (1_000, 10_000, 50_000)

HUNDRED_TIMES_FASTER = Goal(0.01)
AS_FAST = Goal(1)
HALF = Goal(0.5)
FLAT = Goal(1.25)

Command = Sequence[str | Path]


def _vitest(folder: str) -> Command:
    program = HERE / "node_modules" / "vitest" / "vitest.mjs"
    return ["node", program, "run", folder, "--no-color", "--disable-console-intercept"]


def _pytest(path: str) -> Command:
    return [sys.executable, "-m", "pytest", "-q", SUITE / "ours" / path, "-c", SUITE / "ours" / "pytest.ini"]


JOBS: dict[str, tuple[Command, Command]] = {
    "scale": ([sys.executable, HERE / "simulator_scale.py"], _vitest("peer/scale")),
    "memory": (_pytest("memory.py"), _vitest("results/suite/theirs/memory")),
    "suite": (_pytest("small"), _vitest("results/suite/theirs/small")),
}
"""What each side runs: Biconvex, convex-test."""


def measure_scale() -> Table:
    """A row for each measure, with the ratio that was aimed at."""
    write_suite(SUITE, HERE / "workload")
    costs: dict[str, tuple[list[Cost], list[Cost]]] = {job: ([], []) for job in JOBS}
    for _ in range(ROUNDS):
        for job, commands in JOBS.items():
            for side, command in enumerate(commands):
                costs[job][side].append(cost_of(command, HERE))
    title = f"Scale: medians of {ROUNDS} rounds"
    made = table(title, "work", "Biconvex", "convex-test", "ratio", "goal", "")
    _add_times(made, *costs["scale"])
    _add_memory(made, *costs["memory"])
    ours, theirs = (median(cost.wall_s for cost in side) * 1000 for side in costs["suite"])
    beside(made, f"{TESTS} tests in {FILES} files", ours, theirs, HALF, milliseconds)
    return made


def _add_times(into: Table, our_runs: list[Cost], their_runs: list[Cost]) -> None:
    our_rounds, their_rounds = ([measured(run.output) for run in runs] for runs in (our_runs, their_runs))

    def both(name: str) -> tuple[float, float]:
        ours, theirs = (median(found[name] for found in side) for side in (our_rounds, their_rounds))
        return ours, theirs

    largest = SIZES[-1]
    for name, words in (("newest", "newest 10 by index"), ("page", "first page of 10")):
        for size in SIZES:
            goal = HUNDRED_TIMES_FASTER if size == largest else None
            beside(into, f"{words}, {size:,} documents", *both(f"{name} {size}"), goal, milliseconds)
        (ours, theirs), (our_few, their_few) = both(f"{name} {largest}"), both(f"{name} {SIZES[0]}")
        growth, their_growth = ours / our_few, theirs / their_few
        into.add_row(
            f"  growth, {SIZES[0]:,} to {largest:,}",
            f"{growth:.2f} times",
            f"{their_growth:.2f} times",
            "",
            str(FLAT),
            FLAT.verdict(growth),
        )
    beside(into, "mutation of 8,000 inserts, in turn", *both("fill"), AS_FAST, milliseconds)
    beside(into, "mutation of 8,000 inserts, together", *both("fillTogether"), AS_FAST, milliseconds)
    beside(into, "fresh deployment and its first call", *both("fresh"), None, milliseconds)


def _add_memory(into: Table, our_runs: list[Cost], their_runs: list[Cost]) -> None:
    sides = [[run.peak_mib for run in runs if run.peak_mib is not None] for runs in (our_runs, their_runs)]
    words = f"peak memory, {DOCUMENTS:,} documents"
    if not all(sides):
        into.add_row(words, "unknown", "unknown")
        return
    ours, theirs = (median(side) for side in sides)
    beside(into, words, ours, theirs, HALF, lambda mib: f"{mib:.0f} MiB")
