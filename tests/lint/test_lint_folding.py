"""Folding: what is one mistake becomes one finding, with the places of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from biconvex.lint.config import Wishes, configure
from biconvex.lint.finding import Edit, Evidence, Finding, Fix, Severity
from biconvex.lint.folding import folded
from biconvex.lint.rule import Preset
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace


def _finding(
    line: int, topic: str | None = "a.ts", *, path: str = "a.ts", remedy: str | None = "do it"
) -> Finding:
    return Finding(path, line, 5, line, 9, "rule", Severity.WARNING, "It is so.", remedy, topic=topic)


def _fixed(line: int, *, safe: bool = True) -> Finding:
    return replace(_finding(line), fix=Fix("name it", (Edit("a.ts", line, line, "x"),), safe))


def test_the_first_finding_of_a_topic_stands_for_all_and_tells_where_they_are() -> None:
    first = _finding(1)
    assert folded([first, _finding(2), _finding(7, path="b.ts")]) == (
        replace(
            first,
            help="do it; likewise in 2 more places",
            evidence=(Evidence("a.ts", 2, 5, "the same here"), Evidence("b.ts", 7, 5, "the same here")),
        ),
    )


@pytest.mark.parametrize(
    ("others", "last"), [(4, "and here"), (5, "and 2 more places, the last of them here")]
)
def test_three_of_the_others_are_told_one_by_one(others: int, last: str) -> None:
    (found,) = folded(_finding(line) for line in range(1, others + 2))
    assert [(evidence.line, evidence.message) for evidence in found.evidence] == [
        (2, "the same here"), (3, "the same here"), (4, "the same here"), (others + 1, last),
    ]  # fmt: skip


def test_another_topic_rule_or_severity_is_another_finding() -> None:
    findings = (
        _finding(1, "a"),
        _finding(2, "b"),
        replace(_finding(3, "a"), rule="other"),
        replace(_finding(4, "a"), severity=Severity.INFO),
    )
    assert folded(findings) == findings


def test_findings_without_a_topic_are_never_folded() -> None:
    findings = (_finding(1, None), _finding(1, None), _finding(2, None))
    assert folded(findings) == findings


def test_a_help_that_is_missing_tells_how_many_there_are() -> None:
    (found,) = folded([_finding(1, remedy=None), _finding(2, remedy=None)])
    assert found.help == "likewise in one more place"


def test_the_fix_of_all_is_as_safe_as_the_least_safe_one() -> None:
    (found,) = folded([_fixed(1), _fixed(2, safe=False)])
    assert found.fix == Fix(
        "name it, and likewise in one more place",
        (Edit("a.ts", 1, 1, "x"), Edit("a.ts", 2, 2, "x")),
        safe=False,
    )


def test_there_is_no_fix_of_all_where_one_has_none() -> None:
    (found,) = folded([_fixed(1), _finding(2)])
    assert found.fix is None


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["a", "b", None]))))
def test_folding_twice_changes_nothing_and_no_topic_is_lost(given: list[tuple[int, str | None]]) -> None:
    findings = [_finding(line, topic) for line, topic in given]
    once = folded(findings)
    assert folded(once) == once
    assert {finding.topic for finding in once} == {finding.topic for finding in findings}


@pytest.mark.parametrize(("preset", "folds"), [("starter", True), ("recommended", True), ("strict", False)])
def test_the_preset_strict_tells_every_place(tmp_path: Path, preset: Preset, folds: bool) -> None:
    assert configure(tmp_path, tmp_path, (), Wishes(preset=preset)).folds is folds


def test_a_configuration_file_decides_with_its_preset_and_its_selection(tmp_path: Path) -> None:
    file = tmp_path / "biconvex.toml"
    for text, folds in (('preset = "strict"', False), ("select = []", False), ("", True)):
        file.write_text(text)
        assert configure(tmp_path, tmp_path, ()).folds is folds
