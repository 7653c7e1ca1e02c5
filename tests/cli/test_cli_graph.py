"""`biconvex graph` as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from biconvex.cli import main

CLEAN = """\
import { query } from "./_generated/server";
export const list = query({ args: {}, handler: async (ctx) => ctx.db.query("tasks").take(10) });
"""


def _call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["graph", *arguments])


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "convex").mkdir()
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    (tmp_path / "convex/tasks.ts").write_text(CLEAN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_graph_is_text_by_default() -> None:
    result = _call()
    assert result.exit_code == 0
    assert result.output == (
        "convex (app)\n  tasks\n    public query list({})  convex/tasks.ts:2\n1 function, 0 uses, 0 not resolved.\n"
    )


def test_programs_get_json_or_dot() -> None:
    assert json.loads(_call("--format", "json").output)["functions"][0]["id"] == "convex/tasks:list"
    assert _call("--format", "dot").output.startswith("digraph biconvex {\n")


def test_a_folder_without_functions_is_one_line(project: Path) -> None:
    (project / "src").mkdir()
    result = _call("src")
    assert result.exit_code == 2
    assert result.output.startswith("Error: No Convex functions in src: looked for a folder `convex`,")
