"""Laws that every fix of every rule obeys, on the rules' own cases: layout, line ends, a second run, the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import biconvex.rules
import pytest
from biconvex.lint.cases import case_files, unmark
from biconvex.lint.engine import lint
from biconvex.lint.finding import Severity
from biconvex.lint.fixes.rounds import fix_in_rounds
from biconvex.lint.fixes.writing import write_files
from biconvex.lint.parse import parse
from biconvex.lint.plugins import load_rules
from biconvex.lint.result import LintResult
from biconvex.lint.rule import Case, Rule
from biconvex.lint.source import Language, SourceFile
from biconvex.lint.trial import fix_case
from msgspec.structs import replace

RULES = load_rules([("builtin", biconvex.rules)])
BOM = "\ufeff"


def _fixable() -> list[Any]:
    return [
        pytest.param(rule, case, language, id=f"{rule.name}-{language}-{case.name}")
        for rule in RULES
        for case in rule.flagged
        for language in ("typescript", "python")
        if case.fixed is not None and getattr(case.fixed, language) is not None
    ]


def _errors(result: LintResult) -> Counter[tuple[str, str]]:
    return Counter((one.path, one.rule) for one in result.findings if one.severity is Severity.ERROR)


each_fixable_case = pytest.mark.parametrize(("rule", "case", "language"), _fixable())


def _as(case: Case, language: Language, before: str, line_end: str) -> Case:
    files = {
        path: before + text.replace("\n", line_end) if path.endswith((".ts", ".tsx", ".js", ".py")) else text
        for path, text in case_files(case, language).items()
    }
    return replace(case, **{language: files})


@each_fixable_case
def test_line_ends_and_byte_order_marks_stay_as_they_are(rule: Rule, case: Case, language: Language) -> None:
    plain = fix_case(rule, case, language).files
    windows = fix_case(rule, _as(case, language, BOM, "\r\n"), language).files
    assert dict(windows) == {
        path: BOM + text.replace("\n", "\r\n") if path.endswith((".ts", ".tsx", ".js", ".py")) else text
        for path, text in plain.items()
    }


@each_fixable_case
def test_what_is_fixed_parses_and_has_nothing_more_to_fix(rule: Rule, case: Case, language: Language) -> None:
    fixed = fix_case(rule, case, language).files
    again = replace(case, **{language: fixed})
    for path, text in fixed.items():
        if not path.endswith(".json"):
            source = SourceFile(path, "python" if path.endswith(".py") else "typescript", text.encode())
            assert parse(source).errors == []
    assert fix_case(rule, again, language).made == ()


@each_fixable_case
def test_every_comment_is_still_there(rule: Rule, case: Case, language: Language) -> None:
    mark = "# kept" if language == "python" else "// kept"
    files = {
        path: "".join(f"{line} {mark}\n" if line.endswith((";", ",", "{", ":")) else f"{line}\n" for line in text.splitlines())
        for path, text in case_files(case, language).items()
    }  # fmt: skip
    fixed = fix_case(rule, replace(case, **{language: files}), language).files
    for path, text in files.items():
        lost = text.count(mark) - fixed[path].count(mark)
        whole_lines = len(text.splitlines()) - len(fixed[path].splitlines())
        assert lost <= max(0, whole_lines), "only the comment of a line that went may go"


@each_fixable_case
def test_all_rules_together_come_to_an_end_on_the_disk(
    rule: Rule, case: Case, language: Language, tmp_path: Path
) -> None:
    for path, text in case_files(case, language).items():
        file = tmp_path / "convex" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(unmark(text)[0], encoding="utf-8")

    def look(changed: Mapping[str, SourceFile]) -> LintResult:
        texts = {tmp_path / path: source.data for path, source in changed.items()}
        return lint([tmp_path / "convex"], tmp_path, RULES, texts=texts)

    errors = _errors(look({}))
    fixing = fix_in_rounds(look, unsafe=True)
    assert _errors(fixing.last) <= errors, "a fix that breaks something else is none"
    assert (fixing.settled, fixing.broken) == (True, [])
    write_files({tmp_path / path: source.data for path, source in fixing.after.items()})
    assert [finding for finding in look({}).findings if finding.fix] == []
