"""`biconvex lint --watch` in a process of its own, and what counts as a change."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import IO

import pytest

pytest.importorskip("watchfiles")
from biconvex.lint.watch import changes, folders_of
from click.testing import CliRunner

from biconvex.cli import main

CLEAN = """\
import { internalMutation } from "./_generated/server";
export const add = internalMutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("a", {}); } });
"""
FLOATING = CLEAN.replace("await ", "")
CONFIG = '[tool.biconvex]\nselect = ["floating-promise"]\n'
COLUMN = FLOATING.splitlines()[1].index("ctx.db") + 1
PLACE = f"::error file={{}},line=2,endLine=2,col={COLUMN},endColumn={COLUMN + 22},title=floating-promise::"
READY = "Watching for changes; Ctrl-C ends it.\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "convex/lib").mkdir(parents=True)
    (tmp_path / "convex/tasks.ts").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


@pytest.fixture
def watching(project: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "biconvex", "lint", "--watch", "--format", "github"]
    process = subprocess.Popen(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    limit = Timer(60, process.kill)  # then its pipes end, and the test fails instead of waiting
    limit.start()
    yield process
    limit.cancel()
    process.kill()
    process.communicate()


def _until(stream: IO[str], expected: str) -> None:
    """Read lines until one has what is expected."""
    line = stream.readline()
    while line and expected not in line:
        line = stream.readline()
    assert expected in line


def test_a_change_is_linted_and_an_interrupt_is_quiet(project: Path, watching: subprocess.Popen[str]) -> None:
    assert watching.stdout is not None
    assert watching.stderr is not None
    assert watching.stderr.readline() == READY
    (project / "convex/tasks.ts").write_text(FLOATING, encoding="utf-8")
    _until(watching.stdout, PLACE.format("convex/tasks.ts"))
    assert watching.stderr.readline() == READY
    (project / "convex/lib/more.ts").write_text(FLOATING, encoding="utf-8")
    _until(watching.stdout, PLACE.format("convex/lib/more.ts"))
    assert watching.stderr.readline() == READY
    watching.send_signal(signal.SIGINT)
    _, errors = watching.communicate(timeout=30)
    assert (watching.returncode, errors) == (130, "")


def test_only_files_that_a_run_may_read_count_as_changes(project: Path) -> None:
    (project / "convex/node_modules").mkdir()
    waiting = changes([project / "convex"])
    assert next(waiting) == frozenset()
    for name in ("notes.txt", "node_modules/a.ts", "lib/a.ts"):
        (project / "convex" / name).write_text("", encoding="utf-8")
    assert next(waiting) == {project / "convex/lib/a.ts"}


def test_folders_within_others_are_not_watched_twice(project: Path) -> None:
    files = [project / name for name in ("convex/lib/a.ts", "convex/a.ts", "src/b.ts", "convex/b.ts")]
    assert folders_of(files) == (project / "convex", project / "src")


def test_a_text_on_stdin_cannot_be_watched(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    result = CliRunner().invoke(
        main, ["lint", "--watch", "-", "--stdin-filename", "convex/a.ts"], input=CLEAN
    )
    assert result.exit_code == 2
    assert result.output == "Error: --watch goes with files: a text on stdin doesn't change\n"


def test_without_the_package_that_watches_one_line_says_what_to_install(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    monkeypatch.delitem(sys.modules, "biconvex.lint.watch")
    result = CliRunner().invoke(main, ["lint", "--watch"])
    assert result.exit_code == 2
    assert result.output == (
        "Error: `biconvex lint --watch` needs the package watchfiles: pip install 'biconvex[watch]'\n"
    )
