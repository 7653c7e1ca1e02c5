"""How long the linters take, and what they take of memory, on backends of several sizes.

All read the same files, each in a fresh process, one after the other, round by round, after a first round that does
not count. Cold is a run whose cache is gone; warm is one after an edit of one function in one file; unchanged is
one after nothing. Typed ESLint is left out of the large projects.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from processes import Cost, cost_of
from projects import Project, projects, sources
from rich.table import Table
from tables import ratio, table

__all__ = ["measure_lint"]

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
ROUNDS = 3
TYPED_LINES = 30_000
"""ESLint with types takes minutes where there is more."""

_BODY = re.compile(r"async \(ctx\b[^)]*\)[^{}\n]*=> \{\n")
_ADDED = re.compile(r"    const benchmark.*\n    console\.log\(benchmark.*\n")

FINDINGS = 1
"""The exit code, of all of them, that says that something was found."""

COLD, WARM, UNCHANGED = "biconvex lint, cold", "biconvex lint, one file changed", "biconvex lint, unchanged"
OXLINT = "oxlint with the official plugin"


class Tool(NamedTuple):
    """A command, run in the folder of a project, and what is done to the project before each run."""

    command: Sequence[str | Path]
    before: Callable[[Project, int], object]


def measure_lint(app: Path | None) -> Iterator[Table | str]:
    """Give a table for each project, and one that compares sizes."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed command has its modules compiled
    found: list[tuple[Project, dict[str, list[Cost]]]] = []
    for project in projects(app):
        if isinstance(project, str):
            yield project
            continue
        runs = _runs(project)
        found.append((project, runs))
        yield _table(project, runs)
    yield _growth(found)


def _tools(project: Project) -> dict[str, Tool]:
    biconvex: list[str | Path] = [Path(sys.executable).with_name("biconvex"), "lint", "convex"]
    eslint: list[str | Path] = ["node", MODULES / "eslint/bin/eslint.js", "convex", "--config"]
    oxlint: list[str | Path] = [
        "node",
        MODULES / "oxlint/bin/oxlint",
        "--config",
        HERE / "eslint/oxlint.json",
        "convex",
    ]
    tools = {
        COLD: Tool(biconvex, _forget),
        UNCHANGED: Tool(biconvex, _nothing),
        WARM: Tool(biconvex, _edit),
        OXLINT: Tool(oxlint, _nothing),
        "ESLint, untyped": Tool([*eslint, HERE / "eslint/untyped.config.mjs"], _nothing),
    }
    if project.lines <= TYPED_LINES:
        tools["ESLint, with types"] = Tool([*eslint, HERE / "eslint/typed.config.mjs"], _nothing)
    return tools


def _nothing(_project: Project, _round: int) -> None:
    """Leave the project as it is."""


def _forget(project: Project, _round: int) -> None:
    """Take the cache away."""
    shutil.rmtree(project.folder / ".biconvex_cache", ignore_errors=True)


def _edit(project: Project, number: int) -> None:
    """Add statements to the body of the first function of the largest file that has one, others each time."""
    files = sorted(sources(project.folder), key=lambda path: (path.stat().st_size, path), reverse=True)
    for file in files:
        text = _ADDED.sub("", file.read_text(encoding="utf-8"))
        body = _BODY.search(text)
        if body is not None:
            name = f"benchmark{number}"
            added = f'    const {name} = await ctx.storage.getUrl("{number}");\n    console.log({name});\n'
            file.write_text(text[: body.end()] + added + text[body.end() :], encoding="utf-8")
            return
    raise LookupError(f"no function with a ctx in {project.folder}")


def _runs(project: Project) -> dict[str, list[Cost]]:
    tools = _tools(project)
    runs: dict[str, list[Cost]] = {name: [] for name in tools}
    for number in range(ROUNDS + 1):
        for name, tool in tools.items():
            tool.before(project, number)
            cost = cost_of(tool.command, project.folder, success=(0, FINDINGS))
            if number:
                runs[name].append(cost)
    return runs


def _table(project: Project, runs: dict[str, list[Cost]]) -> Table:
    title = f"Lint {project.name}: {project.files} files, {project.lines:,} lines; medians of {ROUNDS} rounds"
    made = table(title, "run", "wall", "CPU", "peak memory", "times the cold run")
    ours = _wall(runs[COLD])
    for name, costs in runs.items():
        cpu = median(cost.cpu_s for cost in costs)
        made.add_row(name, f"{_wall(costs):.2f} s", f"{cpu:.2f} s", _memory(costs), ratio(_wall(costs), ours))
    return made


def _growth(found: Sequence[tuple[Project, dict[str, list[Cost]]]]) -> Table:
    """Time for each line, so that one sees whether the time grows with the lines or faster."""
    made = table(
        "Lint, cold: milliseconds for 1,000 lines", "project", "lines", "wall", "CPU", "oxlint, wall"
    )
    for project, runs in found:
        each = project.lines / 1_000_000
        cpu = median(cost.cpu_s for cost in runs[COLD])
        made.add_row(
            project.name, f"{project.lines:,}", f"{_wall(runs[COLD]) / each:.1f}", f"{cpu / each:.1f}",
            f"{_wall(runs[OXLINT]) / each:.1f}",
        )  # fmt: skip
    return made


def _wall(costs: Sequence[Cost]) -> float:
    return median(cost.wall_s for cost in costs)


def _memory(costs: Sequence[Cost]) -> str:
    peaks = [cost.peak_mib for cost in costs if cost.peak_mib is not None]
    return f"{median(peaks):.0f} MiB" if peaks else "unknown"
