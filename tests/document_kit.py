"""Reading documents: their blocks of code, and whether commands print what they show."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

__all__ = ["NAMED", "PACKAGES", "blocks_of", "compare", "run_console"]

PACKAGES = Path(__file__).parent / "packages" / "node_modules"
NAMED = re.compile(r"(?://|#) (\S+\.(?:ts|py|ini|toml))\n")


def blocks_of(document: Path) -> list[tuple[str, str]]:
    """The language and the text of each block of code."""
    return re.findall(r"^```(\w+)\n(.*?)^```", document.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def compare(console: str, run: Callable[[str], list[str]]) -> None:
    """Run the command of a console block, and compare what it prints.

    A line of "…" stands for any lines; everything between two of them stands in the output just so.
    """
    command, *shown = console.rstrip().split("\n")
    printed = run(command.removeprefix("$ "))
    gaps = [-1, *(index for index, line in enumerate(shown) if line.strip() == "…"), len(shown)]
    pieces = [[without_timing(line) for line in shown[begin + 1 : end]] for begin, end in pairwise(gaps)]
    at = 0
    for piece in filter(None, pieces):
        found = [index for index in range(at, len(printed)) if printed[index : index + len(piece)] == piece]
        assert found, "not printed:\n" + "\n".join(piece) + "\n\nprinted:\n" + "\n".join(printed)
        at = found[0] + len(piece)
    if len(pieces) == 1:
        assert printed == pieces[0]


def run_console(project: Path, command: str) -> list[str]:
    """What a command prints in a project, a line each; it must have no complaints."""
    program, *arguments = shlex.split(command)
    executable = Path(sys.executable).with_name(program)
    done = subprocess.run([executable, *arguments], cwd=project, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [without_timing(line) for line in done.stdout.splitlines()]


def without_timing(line: str) -> str:
    """A line without how long something took."""
    return re.sub(r"in \d+\.\d+ ?s", "in 0.00 s", line.rstrip())
