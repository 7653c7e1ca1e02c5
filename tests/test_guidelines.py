"""The page of guidelines: every rule and test that it names is there, and every rule of the linter that it should name is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from biconvex.lint.plugins import installed_rules

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/guidelines.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| guideline", "| ---"))
]


def names_of_tests(folders: tuple[str, ...]) -> set[str]:
    """The names of all tests below some folders."""
    return {
        name
        for folder in folders
        for file in (ROOT / folder).rglob("test_*.py")
        if "node_modules" not in file.parts
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }


TESTS = names_of_tests(("tests", "examples"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_a_row_names_rules_and_tests_that_there_are(row: list[str]) -> None:
    assert len(row) == 4, row
    rules = {rule.name for rule in installed_rules()}
    named = re.findall(r"`([a-z]+(?:-[a-z]+)+)`", row[1])
    shown = re.findall(r"`(test_\w+)`", row[3])
    assert named
    assert set(named) <= rules
    assert shown
    assert set(shown) <= TESTS
