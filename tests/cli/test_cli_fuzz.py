"""`biconvex fuzz`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from biconvex.cli import main

BACKEND = """
from biconvex.sim.server import mutation, query
from biconvex.sim.values import v, ConvexError

@mutation(args={"title": v.string()})
async def create(ctx, args):
    return await ctx.db.insert("tasks", args)

@query(args={"id": v.id("tasks")})
async def title(ctx, args):
    return (await ctx.db.get(args["id"]))["title"]

@query(args={"id": v.id("tasks")})
async def known(ctx, args):
    if await ctx.db.get(args["id"]) is None:
        raise ConvexError("there is no such task")
"""
SHORT = ("--seeds", "0", "--runs", "8", "--max-calls", "20")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backend"
    made.mkdir()
    (made / "tasks.py").write_text(BACKEND)
    return made


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["fuzz", *map(str, arguments)])


def test_findings_are_shown_with_a_program_and_end_with_1(folder: Path) -> None:
    result = invoke(folder, *SHORT)
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "tasks:title  error\n  Uncaught TypeError: 'NoneType' object is not subscriptable\n"
    )
    assert "  Found with seed 0. This shows it:\n\n    from biconvex.sim import Deployment\n" in result.stdout
    assert result.stdout.splitlines()[-2].startswith("1 finding: 1 seed, ")
    assert result.stdout.endswith("Functions that returned at least once: 3 of 3.\n")


def test_nothing_found_ends_with_0(folder: Path) -> None:
    result = invoke(folder, *SHORT, "--function", "tasks:create", "--function", "tasks:known")
    assert result.exit_code == 0
    assert result.stdout.startswith("0 findings: 1 seed, ")


def test_errors_that_are_expected_are_no_findings(folder: Path) -> None:
    assert invoke(folder, *SHORT, "--expect", "*NoneType*").exit_code == 0


def test_the_report_is_json_with_a_version(folder: Path) -> None:
    result = invoke(folder, *SHORT, "--format", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert report["version"] == 1
    assert [finding["kind"] for finding in report["findings"]] == ["error"]
    assert report["functions"] == ["tasks:create", "tasks:known", "tasks:title"]


def test_no_time_means_no_seeds_and_says_so(folder: Path) -> None:
    result = invoke(folder, "--for", "0s")
    assert result.exit_code == 0
    assert result.stdout.startswith("0 findings: 0 seeds, 0 runs, 0 calls.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "5:5"], "Invalid value for '--seeds': there are no seeds from 5 to before 5"),
        (
            ["--seeds", "x"],
            "Invalid value for '--seeds': 'x' is no seed, and no range of seeds such as 0:100",
        ),
        (
            ["--for", "soon"],
            "Invalid value for '--for': 'soon' isn't a duration: write it like 30s, 5m, 1h30m, 2d",
        ),
        (["--env", "NAME"], "--env takes NAME=VALUE, got 'NAME'"),
        (["--route", "/hook"], "a route is a method and a path, such as \"POST /hook\"; got '/hook'"),
        (
            ["--function", "x:*"],
            "has no public function like x:*; it has tasks:create, tasks:known, tasks:title",
        ),
    ],
)
def test_what_makes_no_sense_ends_with_2_and_says_what(
    folder: Path, arguments: list[str], message: str
) -> None:
    result = invoke(folder, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_folder_without_a_backend_ends_with_2(tmp_path: Path) -> None:
    result = invoke(tmp_path / "nowhere")
    assert result.exit_code == 2
    assert result.stderr == f"error: {tmp_path / 'nowhere'} does not exist\n"
