"""What a failing test shows: the end of the trace, the findings, and the line that runs it again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from biconvex.pytest_plugin.seeds import plain_id, root_seed
from biconvex.pytest_plugin.settings import SETTINGS

if TYPE_CHECKING:
    import pytest
    from biconvex.sim import Deployment

__all__ = ["add_sections", "again", "hide_ours"]

_TRACE_LINES = 15
_OURS = "biconvex."
_ERRORS = "biconvex.sim.values.errors"


def again(item: pytest.Item) -> str:
    """The line that runs a test again."""
    return f'again: pytest "{plain_id(item)}" --convex-seed {root_seed(item)}'


def add_sections(item: pytest.Item, report: pytest.TestReport, made: list[Deployment]) -> None:
    """Add what there is to tell of a test's deployments to the report of its failure."""
    lines: list[str] = []
    for number, deployment in enumerate(made, 1):
        if len(made) > 1:
            lines += [f"deployment {number}:"]
        lines += [deployment.trace.HEADER, *map(str, deployment.trace.last(_TRACE_LINES))]
        lines += [f"finding: {finding.rule}: {finding.message}" for finding in deployment.findings]
        rates = ", ".join(f"{name} {rate:.3g}" for name, rate in deployment.fault_rates.items())
        if rates:
            lines.append(f"faults: {rates}")
        lines += [f"trace: {file}" for file in _save(item, deployment, number if len(made) > 1 else 0)]
        lines.append("")
    report.sections.append(("convex: the last events", "\n".join([*lines, again(item)])))


def _save(item: pytest.Item, deployment: Deployment, number: int) -> Iterator[Path]:
    folder = item.config.stash[SETTINGS].trace
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.=-]+", "_", item.nodeid).strip("_") + (f"_{number}" if number else "")
    for suffix, save in (
        (".jsonl", deployment.trace.save),
        (".timeline.json", deployment.trace.save_timeline),
    ):
        file = folder / f"{name}{suffix}"
        save(file)
        yield file


def hide_ours(error: BaseException) -> None:
    """Cut our own frames off the traceback of an error that the simulator reports; those of the test remain."""
    if type(error).__module__ != _ERRORS or type(error).__name__ == "InternalError":
        return
    last, trace = None, error.__traceback__
    while trace is not None:
        if not str(trace.tb_frame.f_globals.get("__name__", "")).startswith(_OURS):
            last = trace
        trace = trace.tb_next
    if last is not None:
        last.tb_next = None
