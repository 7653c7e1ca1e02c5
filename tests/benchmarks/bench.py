"""Measures Biconvex beside its peers, in one run, on the same work: `make bench`.

Calls: the same functions, documents and number of calls in the simulator and in convex-test under vitest.
Scale: how both grow with the documents, what they take of memory, and a suite of small tests (see scale.py).
Lint: the same generated project, each tool in a fresh process, one after the other, round by round.
Machines differ and are never quiet: the ratios count, not the times.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

from generate import generate
from processes import Cost, cost_of
from rich.console import Console
from rich.table import Table
from scale import measure_scale
from tables import measured, ratio
from tables import table as _table

HERE = Path(__file__).parent
BACKEND = HERE / "results" / "backend"
PEERS = [
    *["convex", "convex-test", "vitest"],
    *["eslint", "@convex-dev/eslint-plugin", "typescript-eslint", "typescript"],
]
WIDTH = 100
CALL_ROUNDS = 3
LINT_ROUNDS = 5
FASTER = "Biconvex, times as fast"
FINDINGS = 1
"""The exit code, here and of ESLint, that says that something was found."""

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


def measure_lint() -> Table:
    """Time and memory of a lint run, here and in ESLint."""
    files, lines = generate(BACKEND)
    eslint: list[str | Path] = [
        "node",
        HERE / "node_modules" / "eslint" / "bin" / "eslint.js",
        "convex",
        "--config",
    ]
    tools: dict[str, Sequence[str | Path]] = {
        "biconvex lint": [Path(sys.executable).with_name("biconvex"), "lint"],
        "ESLint, untyped": [*eslint, HERE / "eslint" / "untyped.config.mjs"],
        "ESLint, with types": [*eslint, HERE / "eslint" / "typed.config.mjs"],
    }
    runs: dict[str, list[Cost]] = {tool: [] for tool in tools}
    for _ in range(LINT_ROUNDS):
        for tool, command in tools.items():
            runs[tool].append(cost_of(command, BACKEND, success=(0, FINDINGS)))
    title = f"Lint: {files} files, {lines:,} lines of TypeScript; cold, medians of {LINT_ROUNDS} rounds"
    table = _table(title, "tool", "wall", "CPU", "peak memory", FASTER)
    ours = median(run.wall_s for run in runs["biconvex lint"])
    for tool, costs in runs.items():
        wall, cpu = median(run.wall_s for run in costs), median(run.cpu_s for run in costs)
        peaks = [run.peak_mib for run in costs if run.peak_mib is not None]
        memory = f"{median(peaks):.0f} MiB" if peaks else "unknown"
        table.add_row(tool, f"{wall:.2f} s", f"{cpu:.2f} s", memory, ratio(wall, ours))
    return table


def main() -> None:
    """Print where and what, then a table for each face."""
    console = Console(highlight=False, width=WIDTH)
    for line in header():
        console.print(line, soft_wrap=True)
    console.print()
    for measure in (measure_calls, measure_scale, measure_lint):
        console.print(measure())


if __name__ == "__main__":
    main()
