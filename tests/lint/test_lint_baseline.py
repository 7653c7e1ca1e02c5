"""The baseline: which findings it knows again, which it doesn't, and what its file looks like."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from biconvex.lint.baseline import Baseline, BaselineError, read_baseline, write_baseline
from biconvex.lint.finding import Finding, Severity
from biconvex.lint.result import LintResult
from biconvex.lint.source import SourceFile

RAN = ("bad-call", "worse-call")


def _result(files: dict[str, str], rule: str = "bad-call", message: str = "Bad.") -> LintResult:
    """A finding on every line that has `bad` in it."""
    sources = {path: SourceFile(path, "typescript", text.encode()) for path, text in files.items()}
    findings = tuple(
        Finding(path, line, 1, line, 4, rule, Severity.ERROR, message)
        for path, text in files.items()
        for line, code in enumerate(text.splitlines(), 1)
        if "bad" in code
    )
    return LintResult(findings, sources, 1, len(files), 0, {}, asked=frozenset(files))


def _baseline(folder: Path, result: LintResult, ran: tuple[str, ...] = RAN) -> Baseline:
    file = folder / "known.json"
    write_baseline(file, result, folder, ran)
    return read_baseline(file)


def _new(folder: Path, before: dict[str, str], after: dict[str, str]) -> tuple[list[int], int, int]:
    """The lines of new findings, how many are known, and how much of the baseline is stale."""
    result = _baseline(folder, _result(before)).applied(_result(after), folder, RAN)
    return [finding.line for finding in result.findings], result.known, result.stale


def test_what_is_known_is_not_reported(tmp_path: Path) -> None:
    assert _new(tmp_path, {"a.ts": "bad();\n"}, {"a.ts": "bad();\n"}) == ([], 1, 0)


def test_lines_may_move_and_be_indented(tmp_path: Path) -> None:
    assert _new(tmp_path, {"a.ts": "ok();\nbad( 1 );\n"}, {"a.ts": "\n\nif (x) {}\n\t bad( 1 ); \n"}) == (
        [],
        1,
        0,
    )


def test_a_changed_line_is_new_and_what_was_known_of_it_is_stale(tmp_path: Path) -> None:
    assert _new(tmp_path, {"a.ts": "bad(1);\n"}, {"a.ts": "bad(2);\n"}) == ([1], 0, 1)


def test_equal_lines_are_counted(tmp_path: Path) -> None:
    assert _new(tmp_path, {"a.ts": "bad();\nbad();\n"}, {"a.ts": "bad();\nbad();\nbad();\n"}) == ([3], 2, 0)
    assert _new(tmp_path, {"a.ts": "bad();\nbad();\n"}, {"a.ts": "bad();\n"}) == ([], 1, 1)


def test_the_same_line_in_another_file_is_new(tmp_path: Path) -> None:
    assert _new(tmp_path, {"a.ts": "bad();\n"}, {"a.ts": "bad();\n", "b.ts": "bad();\n"}) == ([1], 1, 0)


def test_another_rule_or_message_on_the_same_line_is_new(tmp_path: Path) -> None:
    code = {"a.ts": "bad();\n"}
    baseline = _baseline(tmp_path, _result(code))
    assert baseline.applied(_result(code, rule="worse-call"), tmp_path, RAN).known == 0
    assert baseline.applied(_result(code, message="Worse."), tmp_path, RAN).known == 0


def test_what_a_run_did_not_look_at_is_not_stale(tmp_path: Path) -> None:
    (tmp_path / "b.ts").write_text("bad();\n")
    baseline = _baseline(tmp_path, _result({"a.ts": "bad();\n", "b.ts": "bad();\n"}))
    assert baseline.applied(_result({"a.ts": "bad();\n"}), tmp_path, RAN).stale == 0
    assert baseline.applied(_result({"a.ts": "ok();\n"}), tmp_path, ("worse-call",)).stale == 0


def test_what_was_known_of_a_file_that_is_gone_is_stale(tmp_path: Path) -> None:
    baseline = _baseline(tmp_path, _result({"a.ts": "bad();\n", "gone.ts": "bad();\n"}))
    assert baseline.applied(_result({"a.ts": "bad();\n"}), tmp_path, RAN).stale == 1


def test_paths_are_those_from_the_file_wherever_the_command_runs(tmp_path: Path) -> None:
    baseline = _baseline(tmp_path, _result({"convex/a.ts": "bad();\n"}))
    result = baseline.applied(_result({"a.ts": "bad();\n"}), tmp_path / "convex", RAN)
    assert (result.findings, result.known, result.stale) == ((), 1, 0)


def test_the_file_is_json_with_a_version_in_one_order(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    result = _result({"b.ts": "bad();\n", "a.ts": "bad(1);\nbad(1);\nbad(2);\n"})
    assert write_baseline(file, result, tmp_path, RAN) == 4
    data = json.loads(file.read_text())
    assert data["version"] == 1
    assert (
        sorted(data["findings"], key=lambda one: (one["path"], one["rule"], one["fingerprint"]))
        == data["findings"]
    )
    assert sorted((one["path"], one["rule"], one["count"]) for one in data["findings"]) == [
        ("a.ts", "bad-call", 1), ("a.ts", "bad-call", 2), ("b.ts", "bad-call", 1),
    ]  # fmt: skip
    assert file.read_text().endswith("}\n")


def test_our_own_failures_are_never_known(tmp_path: Path) -> None:
    assert (
        write_baseline(
            tmp_path / "known.json", _result({"a.ts": "bad();\n"}, "internal-error"), tmp_path, RAN
        )
        == 0
    )


def test_writing_again_keeps_what_the_run_could_not_find(tmp_path: Path) -> None:
    (tmp_path / "b.ts").write_text("bad();\n")
    file = tmp_path / "known.json"
    write_baseline(
        file, _result({"a.ts": "bad();\n", "b.ts": "bad();\n", "gone.ts": "bad();\n"}), tmp_path, RAN
    )
    write_baseline(file, _result({"a.ts": "ok();\n"}), tmp_path, RAN, read_baseline(file))
    assert [one["path"] for one in json.loads(file.read_text())["findings"]] == ["b.ts"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "isn't JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[]", "isn't a baseline: make it anew with `biconvex lint --write-baseline`"),
        ('{"version": 1}', "isn't a baseline: make it anew with `biconvex lint --write-baseline`"),
        (
            '{"version": 1, "findings": [{}]}',
            "isn't a baseline: make it anew with `biconvex lint --write-baseline`",
        ),
        (
            '{"version": 2, "findings": []}',
            "has version 2, and this Biconvex reads 1: make it anew with `biconvex lint --write-baseline`",
        ),
    ],
)
def test_a_file_that_is_no_baseline_says_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    with pytest.raises(BaselineError) as raised:
        read_baseline(file)
    assert str(raised.value) == f"{file}: {said}"


def test_a_file_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(BaselineError) as raised:
        read_baseline(tmp_path / "known.json")
    assert str(raised.value) == (
        f"{tmp_path}/known.json: there is no such baseline: make it with `biconvex lint --write-baseline`"
    )
