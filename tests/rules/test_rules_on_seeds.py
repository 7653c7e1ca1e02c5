"""What the linter says of the documents that the project was asked for from, and why each of it is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from biconvex.lint.engine import lint
from biconvex.lint.markdown import read_document
from biconvex.lint.plugins import installed_rules
from biconvex.lint.reading import Desk

SEEDS = Path(__file__).parents[3] / "shared/seeds"
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed documents are not here")

JUSTIFIED = {
    # The job starts with everybody else's: Convex's own plugin advises against it.
    ("001", 261, "top-of-hour-cron"),
    # "ALWAYS include argument validators for all mutation functions", says another of these documents.
    ("001", 279, "missing-argument-validators"),
    # Convex knows no parameters in paths: no request for a document ever comes here.
    ("001", 332, "path-parameter"),
    # Marked by the document itself: "WRONG - Can't skip first field".
    ("003", 95, "index-range-out-of-order"),
    # Marked by the document itself: "WRONG - Table scan (slow, expensive)".
    ("003", 167, "unbounded-collect"),
}
BY_POLICY = {
    # Marked by the document itself: "BAD - Unclear which fields are indexed". Most projects name indexes as they like,
    # so that this is a matter of choice.
    ("003", 71, "misnamed-index"),
    ("003", 72, "misnamed-index"),
    # "Missing returns validator", marked as well; a document that forbids them when starting out is among these.
    ("003", 163, "return-validator-policy"),
}


def found(*, policy: frozenset[str] = frozenset()) -> set[tuple[str, int, str]]:
    """The findings of the default preset, and of rules of policy that are asked for."""
    rules = [
        rule
        for rule in installed_rules()
        if rule.name in policy or (not policy and "recommended" in rule.presets)
    ]
    desk = Desk(SEEDS)
    documents = [read_document(path, desk) for path in sorted(SEEDS.glob("*.txt"))]
    result = lint([], SEEDS, rules, documents=documents)
    return {(finding.path[:3], finding.line, finding.rule) for finding in result.findings}


def test_all_that_is_said_of_the_documents_is_justified_and_nothing_is_missing() -> None:
    assert found() == JUSTIFIED


def test_what_the_documents_call_bad_and_is_a_matter_of_policy_is_found_when_asked_for() -> None:
    assert found(policy=frozenset({"misnamed-index", "return-validator-policy"})) >= BY_POLICY


def test_names_of_indexes_that_the_documents_call_good_are_good() -> None:
    assert found(policy=frozenset({"misnamed-index"})) == {
        case for case in BY_POLICY if case[2] == "misnamed-index"
    }
