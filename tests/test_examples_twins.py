"""Each example is one backend twice: the same functions, with the same validators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Deployment
from click.testing import CliRunner

from biconvex.cli import main

EXAMPLES = Path(__file__).parents[1] / "examples"
TWINS = sorted(folder.parent.name for folder in EXAMPLES.glob("*/python"))


def declared(folder: Path) -> dict[str, Any]:
    """What a backend declares: of each function its kind, visibility and validators."""
    with Deployment(folder) as convex:
        return {
            found.path: (
                found.kind,
                found.visibility,
                found.args and found.args.json,
                found.returns and found.returns.json,
            )
            for found in convex.functions
        }


def test_there_are_five() -> None:
    assert TWINS == ["actions", "blog", "chat", "documents", "notifications"]


@pytest.mark.parametrize("example", TWINS)
def test_both_languages_declare_the_same_functions(example: str) -> None:
    assert declared(EXAMPLES / example / "convex") == declared(EXAMPLES / example / "python")


def test_the_chat_is_clean_under_the_strictest_preset_and_a_policy_of_its_own() -> None:
    command = ["lint", str(EXAMPLES / "chat"), "--preset", "strict", "--no-cache"]
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, result.output.partition(":")[0]) == (0, "No findings")
    assert "2 backends" in result.output
