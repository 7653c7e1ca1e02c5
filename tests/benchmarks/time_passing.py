"""How long virtual time takes: jobs, cron jobs and actions, beside convex-test where it has them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from processes import cost_of
from rich.table import Table
from tables import Goal, beside, measured, milliseconds, table

__all__ = ["measure_time"]

HERE = Path(__file__).parent
ROUNDS = 3
PARTS = (1, 2, 3)
FEW, MANY = 1_000, 10_000

AS_FAST = Goal(1)
TWICE = Goal(2)
HALF_AS_MUCH_AGAIN = Goal(1.5)
FLAT = Goal(1.25)


def measure_time() -> Table:
    """A row for each measure, with the ratio that was aimed at."""
    program = HERE / "node_modules" / "vitest" / "vitest.mjs"
    commands: tuple[Sequence[str | Path], Sequence[str | Path]] = (
        [sys.executable, HERE / "simulator_time.py"],
        ["node", program, "run", "peer/time", "--no-color", "--disable-console-intercept"],
    )
    rounds: tuple[list[dict[str, float]], list[dict[str, float]]] = ([], [])
    for _ in range(ROUNDS):
        for side, command in zip(rounds, commands, strict=True):
            side.append(measured(cost_of(command, HERE).output))

    def ours(name: str) -> float:
        return median(found[name] for found in rounds[0])

    def both(name: str) -> tuple[float, float]:
        return ours(name), median(found[name] for found in rounds[1])

    made = table(f"Time: medians of {ROUNDS} rounds", "work", "Biconvex", "beside it", "ratio", "goal", "")
    beside(made, "1,000 jobs, each schedules the next; convex-test", *both("chain"), AS_FAST, milliseconds)
    beside(made, "action, 10 queries and 10 mutations; convex-test", *both("action"), TWICE, milliseconds)
    crons, direct = (sum(ours(f"{kind} {part}") for part in PARTS) for kind in ("crons", "direct"))
    beside(
        made, "30 days, 9,390 runs of crons; as many calls", crons, direct, HALF_AS_MUCH_AGAIN, milliseconds
    )
    last, first = ours(f"crons {PARTS[-1]}"), ours(f"crons {PARTS[0]}")
    beside(made, "  its last ten days; its first ten", last, first, FLAT, milliseconds)
    for work, words in (("schedule", "schedule a job"), ("run", "run a job")):
        many, few = ours(f"{work} {MANY}") / MANY, ours(f"{work} {FEW}") / FEW
        beside(made, f"{words} among {MANY:,}; among {FEW:,}", many, few, FLAT, milliseconds)
    return made
