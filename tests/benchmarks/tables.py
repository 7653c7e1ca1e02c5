"""Tables of measures: what a side printed, how it compares, and whether that is what was aimed at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from rich import box
from rich.table import Table

__all__ = ["Goal", "beside", "measured", "milliseconds", "ratio", "table"]


class Goal(NamedTuple):
    """A ratio, this side to the other one, that should not be exceeded."""

    most: float

    def __str__(self) -> str:
        return f"≤ {self.most:g}"

    def verdict(self, found: float) -> str:
        """Whether it was reached."""
        return "met" if found <= self.most else "missed"


def measured(output: str) -> dict[str, float]:
    """The measures that a side printed: a name, and milliseconds a call."""
    lines = (json.loads(line) for line in re.findall(r"^MEASURED (.*)$", output, flags=re.MULTILINE))
    return {line["name"]: line["ms"] for line in lines}


def ratio(value: float, beside: float) -> str:
    """How many times as much, to a precision that means something."""
    times = value / beside
    if times < 0.1:
        return f"{times:.2g}"
    return f"{times:.2f}" if times < 10 else f"{times:.0f}"


def milliseconds(value: float) -> str:
    """A time as people read it, from milliseconds."""
    return (
        f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.0f} ms" if value >= 100 else f"{value:.3g} ms"
    )


def table(title: str, first: str, *others: str) -> Table:
    """An empty table with a column of words and columns of figures."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column(first)
    for name in others:
        made.add_column(name, justify="right")
    return made


def beside(
    into: Table, title: str, ours: float, theirs: float, goal: Goal | None, show: Callable[[float], str]
) -> None:
    """Add a row: both sides, the ratio, and how that compares with the goal, if there is one."""
    words = ("", "") if goal is None else (str(goal), goal.verdict(ours / theirs))
    into.add_row(title, show(ours), show(theirs), ratio(ours, theirs), *words)
