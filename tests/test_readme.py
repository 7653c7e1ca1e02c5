"""The README's code runs, and prints what the README says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ROOT / "tests" / "packages" / "node_modules"
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"(?://|#) (\S+\.(?:ts|py|ini))\n")
CONSOLES = [body for language, body in BLOCKS if language == "console"]
PROGRAMS = [body for language, body in BLOCKS if language == "python" and not NAMED.match(body)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that the README shows, in a project of their own."""
    for _, body in BLOCKS:
        named = NAMED.match(body)
        if named is not None:
            path = tmp_path / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body)
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}')
    (tmp_path / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    return tmp_path


def without_timing(line: str) -> str:
    return re.sub(r"in \d+\.\d+ ?s", "in 0.00 s", line.rstrip())


def run_console(project: Path, command: str) -> list[str]:
    program, *arguments = shlex.split(command)
    executable = Path(sys.executable).with_name(program)
    done = subprocess.run([executable, *arguments], cwd=project, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [without_timing(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("console", CONSOLES, ids=lambda console: console.split("\n")[0][2:])
def test_a_command_prints_what_the_readme_shows(project: Path, console: str) -> None:
    command, *shown = console.rstrip().split("\n")
    printed = run_console(project, command.removeprefix("$ "))
    # A line of "…" stands for any lines; everything between two of them stands in the output just so.
    gaps = [-1, *(index for index, line in enumerate(shown) if line.strip() == "…"), len(shown)]
    pieces = [[without_timing(line) for line in shown[begin + 1 : end]] for begin, end in pairwise(gaps)]
    at = 0
    for piece in filter(None, pieces):
        found = [index for index in range(at, len(printed)) if printed[index : index + len(piece)] == piece]
        assert found, "not printed:\n" + "\n".join(piece) + "\n\nprinted:\n" + "\n".join(printed)
        at = found[0] + len(piece)
    if len(pieces) == 1:
        assert printed == pieces[0]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_readme_runs(project: Path, program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_readme_shows_commands_and_programs() -> None:
    assert len(CONSOLES) >= 2
    assert len(PROGRAMS) >= 1
