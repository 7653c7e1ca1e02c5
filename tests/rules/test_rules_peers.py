"""Whoever comes from another linter finds each of its rules again, or reads why it is left out."""

from __future__ import annotations

import re
from pathlib import Path

import biconvex.rules
import pytest
from biconvex.lint.eslint import EQUIVALENTS
from biconvex.lint.plugins import load_rules

DOCS = Path(__file__).parents[2] / "docs"
RULES = {rule.name for rule in load_rules([("builtin", biconvex.rules)])}

OFFICIAL = (
    "explicit-table-ids", "import-wrong-runtime", "no-collect-in-query", "no-duplicate-indexes",
    "no-filter-in-query", "no-old-registered-function-syntax", "no-process-env", "no-schema-import-cycle",
    "no-top-of-hour-crons", "require-access-control", "require-args-validator",
)  # fmt: skip
"""The rules of @convex-dev/eslint-plugin 5.0.0."""

ROW = re.compile(r"^\| `([^`]+)` \| (.+) \|$", re.MULTILINE)
LINK = re.compile(r"\[`([^`]+)`\]")


def rows(page: str) -> dict[str, str]:
    """The rows of a page's table: what is left, and what stands beside it."""
    return dict(ROW.findall((DOCS / page).read_text("utf-8")))


@pytest.mark.parametrize("name", OFFICIAL)
def test_every_rule_of_the_official_plugin_has_rules_here(name: str):
    ours = EQUIVALENTS[f"@convex-dev/{name}"]
    assert ours
    assert set(ours) <= RULES


def test_the_page_for_those_who_come_from_eslint_names_every_rule_of_the_official_plugin():
    told = rows("rules/coming-from-eslint.md")
    assert {f"@convex-dev/{name}" for name in OFFICIAL} <= told.keys()
    for theirs, ours in told.items():
        assert tuple(LINK.findall(ours)) == EQUIVALENTS[theirs]


def test_the_page_for_those_who_come_from_convex_doctor_names_all_of_its_rules():
    told = rows("coming-from-convex-doctor.md")
    themes = [name.partition("/")[0] for name in told]
    counts = {theme: themes.count(theme) for theme in themes}
    assert counts == {
        "security": 13, "perf": 13, "correctness": 20, "schema": 9, "arch": 8, "config": 5, "client": 4,
    }  # fmt: skip


@pytest.mark.parametrize(("theirs", "ours"), rows("coming-from-convex-doctor.md").items())
def test_every_rule_of_convex_doctor_has_rules_here_or_a_reason_why_not(theirs: str, ours: str):
    reasons = [
        line for line in (DOCS / "left-out-rules.md").read_text("utf-8").splitlines() if line[:1] == "|"
    ]
    name = theirs.partition("/")[2]
    left_out = [
        line for line in reasons if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line.split("|")[1])
    ]
    if ours == "left out":
        assert len(left_out) == 1
    else:
        assert set(LINK.findall(ours)) <= RULES
        assert LINK.findall(ours)


def test_a_reason_never_is_that_there_was_no_time():
    text = (DOCS / "left-out-rules.md").read_text("utf-8")
    assert re.findall(r"not yet|todo|later", text, re.IGNORECASE) == []


def test_what_is_said_in_place_of_a_rule_that_is_left_out_is_a_rule():
    named = re.findall(r"`([a-z]+(?:-[a-z]+)+)`", (DOCS / "left-out-rules.md").read_text("utf-8"))
    assert set(named) <= RULES
