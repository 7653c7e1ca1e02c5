"""The README's code runs, and prints what the README says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from document_kit import NAMED, PACKAGES, blocks_of, compare, run_console

BLOCKS = blocks_of(Path(__file__).parent.parent / "README.md")
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


@pytest.mark.parametrize("console", CONSOLES, ids=lambda console: console.split("\n")[0][2:])
def test_a_command_prints_what_the_readme_shows(project: Path, console: str) -> None:
    compare(console, lambda command: run_console(project, command))


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
