"""Where the reports of `biconvex lint` go: stdout, a file, and statistics beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from biconvex.cli import main

FLOATING = """\
import { mutation } from "./_generated/server";
export const add = mutation({ args: {}, handler: async (ctx) => { ctx.db.insert("tasks", {}); } });
"""


def _call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex/tasks.ts").write_text(FLOATING, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_github_annotations_go_to_stdout() -> None:
    result = _call("lint", "--format", "github")
    assert result.exit_code == 1
    assert result.stdout.startswith("::error file=convex/tasks.ts,line=2,endLine=2,col=67,")


def test_a_sarif_log_has_the_version_that_is_installed() -> None:
    from importlib.metadata import version

    driver = json.loads(_call("lint", "--format", "sarif").stdout)["runs"][0]["tool"]["driver"]
    assert driver["version"] == version("biconvex")


@pytest.mark.parametrize("style", ["json", "sarif", "github"])
def test_a_report_in_a_file_is_the_one_of_stdout(project: Path, style: str) -> None:
    shown = _call("lint", "--format", style).stdout
    result = _call("lint", "--format", style, "--output-file", "report")
    assert (result.exit_code, result.output) == (1, "")
    assert (project / "report").read_text(encoding="utf-8") == shown


def test_the_report_for_people_goes_into_a_file_as_utf_8(project: Path) -> None:
    result = _call("lint", "--output-file", "report.txt")
    assert (result.exit_code, result.output) == (1, "")
    assert "`ctx.db.insert(…)` is never awaited" in (project / "report.txt").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_one_line() -> None:
    result = _call("lint", "--output-file", "nowhere/report")
    assert result.exit_code == 2
    assert result.output == "Error: nowhere/report: can't be written: No such file or directory\n"


def test_statistics_go_to_stderr_and_leave_the_report_alone() -> None:
    result = _call("lint", "--format", "json", "--statistics")
    assert json.loads(result.stdout)["summary"]["findings"] == 1
    lines = result.stderr.splitlines()
    assert lines[0].split() == ["rule", "findings", "ms"]
    stages = [line.split()[0] for line in lines[lines.index("") + 1 :]]
    assert (stages[:2], stages[-2:]) == (["stage", "discover"], ["analyse", "rules"])


def test_the_cache_lies_in_the_project_unless_one_does_without(project: Path) -> None:
    (project / "package.json").write_text("{}", encoding="utf-8")
    _call("lint", "--no-cache")
    assert not (project / ".biconvex_cache").exists()
    first, second = _call("lint", "--format", "json"), _call("lint", "--format", "json")
    assert first.output == second.output
    assert sorted(path.name for path in (project / ".biconvex_cache").iterdir()) == [
        ".gitignore",
        "CACHEDIR.TAG",
        "found",
        "parsed",
    ]
