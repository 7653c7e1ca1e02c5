"""Measures Biconvex beside its peers, in one run, on the same work: `make bench`.

Calls: the same functions, documents and number of calls in the simulator and in convex-test under vitest.
Scale: how both grow with the documents, what they take of memory, and a suite of small tests (see scale.py).
Time: chains of jobs, a month of cron jobs, many pending jobs, actions (see time_passing.py).
Lint: the same projects, generated and real, beside oxlint and ESLint (see linting.py).
Machines differ and are never quiet: the ratios count, not the times.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

from linting import measure_lint
from processes import cost_of
from rich.console import Console
from rich.table import Table
from scale import measure_scale
from tables import measured, ratio
from tables import table as _table
from time_passing import measure_time
from worked_bugs_found import measure_worked_bugs

HERE = Path(__file__).parent
PEERS = [
    *["convex", "convex-test", "vitest"],
    *["oxlint", "eslint", "@convex-dev/eslint-plugin", "typescript-eslint", "typescript"],
]
WIDTH = 100
CALL_ROUNDS = 3
FASTER = "Biconvex, times as fast"

CALLS = {
    "insert": "insert mutation",
    "get": "get by id",
    "patch": "patch mutation",
    "newest": "newest 10 by index",
    "page": "first page of 10 by index",
}
"""The measures, by the names that both sides print."""


def peer_version(package: str) -> str:
    """The installed version of an npm package."""
    manifest = HERE / "node_modules" / package / "package.json"
    return f"{package} {json.loads(manifest.read_text(encoding='utf-8'))['version']}"


def processor() -> str:
    """The name of the processor, as far as the system tells."""
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), flags=re.MULTILINE)
    except FileNotFoundError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def header() -> Iterable[str]:
    """What was measured, and where."""
    node = cost_of(["node", "--version"], HERE).output.strip()
    yield f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
    yield f"Biconvex {version('biconvex')}, Python {platform.python_version()}, Node.js {node}"
    yield ", ".join(map(peer_version, PEERS))


def measure_calls() -> Table:
    """Time per call in the simulator and in convex-test."""
    vitest: list[str | Path] = ["node", HERE / "node_modules" / "vitest" / "vitest.mjs", "run", "peer/calls"]
    sides: dict[str, Sequence[str | Path]] = {
        "Biconvex": [sys.executable, HERE / "simulator.py"],
        "convex-test": [*vitest, "--no-color", "--disable-console-intercept"],
    }
    rounds: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for _ in range(CALL_ROUNDS):
        for side, command in sides.items():
            rounds[side].append(measured(cost_of(command, HERE).output))
    table = _table(
        f"Calls on 10,000 documents: time of one, medians of {CALL_ROUNDS} rounds", "call", *sides, FASTER
    )
    for name, title in CALLS.items():
        ours, theirs = (median(found[name] for found in rounds[side]) for side in sides)
        table.add_row(title, f"{ours:.3f} ms", f"{theirs:.3f} ms", ratio(theirs, ours))
    return table


def main() -> None:
    """Print where and what, then the tables of each face."""
    parser = argparse.ArgumentParser(description="Measure Biconvex beside its peers.")
    parser.add_argument("--only", choices=["sim", "lint"], help="measure one face")
    parser.add_argument("--app", type=Path, help="a project with a folder `convex` to lint, too")
    asked = parser.parse_args()
    console = Console(highlight=False, width=WIDTH)
    for line in header():
        console.print(line, soft_wrap=True)
    console.print()
    for measure in (
        (measure_calls, measure_scale, measure_time, measure_worked_bugs) if asked.only != "lint" else ()
    ):
        console.print(measure())
    for part in measure_lint(asked.app) if asked.only != "sim" else ():
        console.print(part)


if __name__ == "__main__":
    main()
