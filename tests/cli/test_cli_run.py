"""`biconvex run`: one function, one result, and clear words when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from biconvex.cli import main

BACKEND = """
from biconvex.sim.server import internal, internal_mutation, mutation, query
from biconvex.sim.values import v, Int64

@mutation(args={"n": v.number()})
async def add(ctx, args):
    await ctx.scheduler.run_after(60_000, internal.notes.grow, {})
    return {"id": await ctx.db.insert("notes", args), "big": Int64(7)}

@internal_mutation(args={})
async def grow(ctx, args):
    return await ctx.db.insert("notes", {"n": 0})

@query(args={})
async def fail(ctx, args):
    raise Exception("boom")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backend"
    made.mkdir()
    (made / "notes.py").write_text(BACKEND)
    return made


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def test_the_result_is_printed_as_json(folder: Path) -> None:
    result = invoke("notes:add", '{"n": 1}', "--project", folder)
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["big"] == {"$integer": "BwAAAAAAAAA="}
    assert len(answer["id"]) == 32


def test_internal_functions_can_be_run(folder: Path) -> None:
    assert invoke("notes:grow", "--project", folder).exit_code == 0


def test_the_same_seed_gives_the_same_result(folder: Path) -> None:
    outputs = {
        invoke("notes:add", '{"n": 1}', "--project", folder, "--seed", seed).stdout for seed in (1, 1, 2)
    }
    assert len(outputs) == 2


def test_time_can_pass_after_the_call_and_the_trace_can_be_seen(folder: Path) -> None:
    result = invoke("notes:add", '{"n": 1}', "--project", folder, "--advance", "2m", "--trace")
    assert result.exit_code == 0
    assert "2026-01-01 00:01:00.000" in result.stderr
    assert "job           notes:grow" in result.stderr


def test_a_function_that_fails_is_exit_1_with_its_error_on_stderr(folder: Path) -> None:
    result = invoke("notes:fail", "--project", folder)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "notes:fail failed: Uncaught Error: boom\n    at fail (../backend/notes.py:16:"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["notes:ad"], 'Couldn\'t find "ad" in module "notes.js". Did you mean \'notes:add\'?'),
        (["notes:add", "{n: 1}"], "ARGS_JSON isn't the JSON of Convex arguments"),
        (["notes:add", "[1]"], "ARGS_JSON must be an object"),
        (["notes:add", "--advance", "soon"], "'soon' isn't a duration: write it like 30s, 5m, 1h30m, 2d"),
    ],
)
def test_what_cannot_be_called_is_exit_2_with_one_clear_line(
    folder: Path, arguments: list[str], message: str
) -> None:
    result = invoke(*arguments, "--project", folder)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_variables_of_the_deployment_are_given_by_name(folder: Path) -> None:
    (folder / "settings.py").write_text(
        "import os\nfrom biconvex.sim.server import query\n\n"
        "@query(args={})\nasync def show(ctx, args):\n    return [os.environ.get('A'), os.environ.get('B')]\n"
    )
    result = invoke("settings:show", "--project", folder, "--env", "A=1", "--env", "B=x=y")
    assert json.loads(result.stdout) == ["1", "x=y"]
    refused = invoke("settings:show", "--project", folder, "--env", "A")
    assert refused.exit_code == 2
    assert "'A' isn't a variable: write NAME=VALUE" in refused.stderr


def test_a_folder_that_is_not_there_is_exit_2(tmp_path: Path) -> None:
    result = invoke("a:b", "--project", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_a_folder_without_functions_is_exit_2(tmp_path: Path) -> None:
    result = invoke("a:b", "--project", tmp_path)
    assert result.exit_code == 2
    assert str(tmp_path) in result.stderr


def test_a_page_shows_what_the_call_led_to(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = invoke("notes:add", '{"n": 1}', "--project", folder, "--advance", "1m", "--html", page)
    assert result.exit_code == 0
    assert "notes:grow" in page.read_text("utf-8")


def test_a_page_shows_why_the_call_failed(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert invoke("notes:fail", "--project", folder, "--html", page).exit_code == 1
    assert "boom" in page.read_text("utf-8")


@pytest.mark.parametrize(("function", "shown"), [("notes:grow", '"'), ("notes:fail", "boom")])
def test_a_page_that_cannot_be_written_hides_no_answer(
    folder: Path, tmp_path: Path, function: str, shown: str
) -> None:
    page = tmp_path / "missing" / "page.html"
    result = invoke(function, "--project", folder, "--html", page)
    assert result.exit_code == (2 if function == "notes:grow" else 1)
    assert f"error: the page was not written to {page}: No such file or directory" in result.stderr
    assert shown in result.output
