"""The examples hold to every guideline that there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from biconvex.cli import main

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.parametrize("example", ["actions", "blog", "documents", "notifications"])
def test_an_example_is_clean_under_the_strictest_preset(example: str) -> None:
    command = ["lint", str(EXAMPLES / example), "--preset", "strict", "--no-config", "--no-cache"]
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, result.output.partition(":")[0]) == (0, "No findings")
    assert "2 backends" in result.output


def test_the_chat_is_clean_under_the_strictest_preset_and_its_own_policy_of_results() -> None:
    command = [
        "lint",
        str(EXAMPLES / "chat"),
        "--config",
        str(EXAMPLES / "chat" / "biconvex.toml"),
        "--no-cache",
    ]
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, result.output.partition(":")[0]) == (0, "No findings")
