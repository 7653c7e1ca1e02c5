"""Suppressions: which findings a comment takes back, and what is said about comments that take back none."""

from __future__ import annotations

from pathlib import Path

import pytest
from biconvex.lint.eslint import EQUIVALENTS
from biconvex.lint.finding import Finding, Severity
from biconvex.lint.fixes.apply import edited
from biconvex.lint.parse import parse
from biconvex.lint.plugins import ENGINE_RULES, installed_rules
from biconvex.lint.source import SourceFile
from biconvex.lint.suppressions import Suppressions
from biconvex.lint.syntax import Call, Name, walk
from hypothesis import given
from hypothesis import strategies as st

RULES = {"bad": "bad-call", "worse": "worse-call", "floating": "floating-promise"}
"""A finding for every call of one of these functions, of the rule beside it."""

KNOWN = frozenset({*RULES.values(), "not-run"}) | ENGINE_RULES


def _source(code: str, path: str = "convex/tasks.ts") -> SourceFile:
    return SourceFile(path, "python" if path.endswith(".py") else "typescript", code.encode())


def _all_findings(source: SourceFile) -> list[Finding]:
    found = []
    for node in walk(parse(source).module):
        if isinstance(node, Call) and isinstance(node.callee, Name) and node.callee.id in RULES:
            at = source.position(node.start)
            rule = RULES[node.callee.id]
            found.append(
                Finding(source.path, at.line, at.column, at.line, at.column, rule, Severity.ERROR, "Bad.")
            )
    return found


def _left(source: SourceFile, *, failed: tuple[Finding, ...] = ()) -> list[Finding]:
    suppressions = Suppressions()
    suppressions.read([parse(source)])
    return list(suppressions.applied([*failed, *_all_findings(source)], RULES.values(), KNOWN))


def _told(code: str, path: str = "convex/tasks.ts") -> list[tuple[int, str]]:
    return [(finding.line, finding.rule) for finding in _left(_source(code, path))]


def _without_unused(code: str, path: str = "convex/tasks.ts") -> str:
    source = _source(code, path)
    edits = [edit for finding in _left(source) if finding.fix for edit in finding.fix.edits]
    return edited(source.data, edits).decode()


# --- where a comment holds ---------------------------------------------------------------------------------


def test_a_comment_at_the_end_of_a_line_is_about_that_line() -> None:
    assert _told("bad(); // biconvex: ignore[bad-call] known\nbad();\n") == [(2, "bad-call")]
    assert _told("bad()  # biconvex: ignore[bad-call] known\nbad()\n", "a.py") == [(2, "bad-call")]


def test_a_comment_on_a_line_of_its_own_is_about_the_next_line() -> None:
    assert _told("// biconvex: ignore[bad-call]\nbad();\nbad();\n") == [(3, "bad-call")]
    assert _told("if x:\n    # biconvex: ignore[bad-call]\n    bad()\n    bad()\n", "a.py") == [
        (4, "bad-call")
    ]


def test_several_comments_above_a_line_are_all_about_it() -> None:
    code = "// biconvex: ignore[bad-call]\n// biconvex: ignore[worse-call]\n// and why\nbad(worse());\n"
    assert _told(code) == []


def test_a_comment_above_a_blank_line_is_not_about_what_follows() -> None:
    assert _told("// biconvex: ignore[bad-call]\n\nbad();\n") == [(3, "bad-call"), (1, "unused-suppression")]


def test_a_comment_names_several_rules_and_only_those_are_taken_back() -> None:
    assert _told("bad(worse(floating())); // biconvex: ignore[bad-call,  worse-call]\n") == [
        (1, "floating-promise")
    ]


def test_a_block_comment_before_code_is_about_its_line() -> None:
    assert _told("/* biconvex: ignore[bad-call] */ bad();\n") == []


def test_a_block_comment_of_several_lines_is_about_what_follows_it() -> None:
    assert _told("/* biconvex: ignore[bad-call]\n   for a reason */\nbad();\n") == []


def test_a_comment_in_jsx_is_about_the_next_line() -> None:
    code = "const a = <p>\n  {/* biconvex: ignore[bad-call] */}\n  {bad()}\n</p>;\n"
    assert _told(code, "convex/mail.tsx") == []


def test_a_comment_may_follow_another_in_the_same_comment() -> None:
    assert _told("bad()  # type: ignore  # biconvex: ignore[bad-call] why\n", "a.py") == []
    assert _told("bad(); // @ts-ignore // biconvex: ignore[bad-call]\n") == []


def test_a_comment_that_only_speaks_of_one_is_none() -> None:
    assert _told("bad(); // write `// biconvex: ignore[bad-call]` here\n") == [(1, "bad-call")]
    assert _told('bad("// biconvex: ignore[bad-call]");\n') == [(1, "bad-call")]


def test_a_file_is_covered_by_a_comment_at_its_top() -> None:
    code = '// Ours.\n"use node";\n// biconvex: ignore-file[bad-call] old code\nbad();\nworse();\nbad();\n'
    assert _told(code) == [(5, "worse-call")]
    assert _told('"""Ours."""\n# biconvex: ignore-file[bad-call]\nbad()\n', "a.py") == []


def test_a_byte_order_mark_is_not_code() -> None:
    assert _told("\ufeff// biconvex: ignore[bad-call]\nbad();\n") == []


def test_windows_line_ends_make_no_difference() -> None:
    assert _told("bad(); // biconvex: ignore[bad-call]\r\n// biconvex: ignore[bad-call]\r\nbad();\r\n") == []


# --- comments that can't be followed -----------------------------------------------------------------------


def _notes(code: str) -> list[tuple[str, str, str | None]]:
    return [
        (finding.rule, finding.message, finding.help)
        for finding in _left(_source(code))
        if finding.rule in ENGINE_RULES
    ]


def test_a_comment_must_name_its_rules() -> None:
    expected = (
        "invalid-suppression",
        "`biconvex: ignore` names no rule, so it suppresses nothing.",
        "name each rule in brackets, as in `ignore[floating-promise] reason`",
    )
    assert _notes("bad(); // biconvex: ignore\n") == [expected]
    assert _notes("bad(); // biconvex: ignore bad-call\n") == [expected]
    assert _notes("bad(); // biconvex: ignore[]\n") == [expected]
    assert (1, "bad-call") in _told("bad(); // biconvex: ignore\n")


def test_an_unknown_rule_asks_for_the_one_that_was_meant() -> None:
    assert _notes("bad(); // biconvex: ignore[bad-cal, bad-call]\n") == [
        (
            "invalid-suppression",
            "There is no rule `bad-cal`, so nothing of it is suppressed.",
            "did you mean `bad-call`?",
        )
    ]


def test_an_unknown_instruction_says_which_there_are() -> None:
    assert _notes("// biconvex: disable[bad-call]\nbad();\n") == [
        (
            "invalid-suppression",
            "`biconvex: disable` is no instruction, so it suppresses nothing.",
            "write `ignore[rule]` or `ignore-file[rule]`",
        )
    ]


def test_a_comment_for_the_file_below_code_holds_for_nothing() -> None:
    assert _notes("bad();\n// biconvex: ignore-file[bad-call]\n") == [
        (
            "invalid-suppression",
            "`ignore-file` stands below code, so it suppresses nothing.",
            "move it above all code, or use `ignore` at the line",
        )
    ]


# --- comments that aren't needed ---------------------------------------------------------------------------


def test_an_unused_comment_is_a_warning_at_its_place() -> None:
    (found,) = _left(_source("ok(); // biconvex: ignore[bad-call] it was bad\n"))
    assert (found.rule, found.severity, found.line, found.column, found.end_column) == (
        "unused-suppression", Severity.WARNING, 1, 7, 47,
    )  # fmt: skip
    assert found.message == "This suppression of `bad-call` isn't needed: there is nothing of the kind here."
    assert found.fix is not None
    assert (found.fix.title, found.fix.safe) == ("remove it", True)


def test_a_rule_that_did_not_run_may_need_its_comment() -> None:
    assert _told("ok(); // biconvex: ignore[not-run]\n") == []


def test_nothing_is_unused_where_something_failed() -> None:
    source = _source("ok(); // biconvex: ignore[bad-call]\n")
    failed = Finding("other.ts", 1, 1, 1, 1, "internal-error", Severity.ERROR, "Internal error.")
    broken = Finding(source.path, 1, 1, 1, 1, "syntax-error", Severity.ERROR, "This is not code.")
    assert _left(source, failed=(failed,)) == [failed]
    assert _left(source, failed=(broken,)) == [broken]


def test_a_comment_about_unused_comments_is_followed() -> None:
    assert _told("// biconvex: ignore-file[unused-suppression]\nok(); // biconvex: ignore[bad-call]\n") == []


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.ts", "a(); // biconvex: ignore[bad-call] why\nb();\n", "a();\nb();\n"),
        ("a.ts", "a();\n  // biconvex: ignore[bad-call] why\nb();\n", "a();\nb();\n"),
        ("a.ts", "a();\r\n// biconvex: ignore[bad-call]\r\nb();\r\n", "a();\r\nb();\r\n"),
        ("a.ts", "a(); // biconvex: ignore[bad-call]\r\nb();\r\n", "a();\r\nb();\r\n"),
        ("a.ts", "\ufeff// biconvex: ignore-file[bad-call]\nb();\n", "\ufeffb();\n"),
        ("a.ts", "a(); // biconvex: ignore[bad-call]", "a();"),
        ("a.ts", "a(/* biconvex: ignore[bad-call] */ b);\n", "a( b);\n"),
        ("a.ts", "bad(); // biconvex: ignore[bad-call, worse-call] why\n", "bad(); // biconvex: ignore[bad-call] why\n"),
        ("a.ts", "a(); // @ts-ignore // biconvex: ignore[bad-call]\n", "a(); // @ts-ignore\n"),
        ("a.tsx", "a = <p>\n  {/* biconvex: ignore[bad-call] */}\n</p>;\n", "a = <p>\n</p>;\n"),
        ("a.py", "a()  # biconvex: ignore[bad-call] why\nb()\n", "a()\nb()\n"),
        ("a.py", "a()  # biconvex: ignore[bad-call]  # type: ignore\n", "a()  # type: ignore\n"),
        ("a.py", "a()  # noqa: X  # biconvex: ignore[bad-call]\n", "a()  # noqa: X\n"),
    ],
)  # fmt: skip
def test_an_unused_comment_is_removed_with_what_was_there_for_it(path: str, before: str, after: str) -> None:
    assert _without_unused(before, path) == after


# --- the comments of ESLint --------------------------------------------------------------------------------

FLOATING = "@typescript-eslint/no-floating-promises"


def test_eslints_comments_are_followed_for_the_rules_that_are_the_same() -> None:
    assert _told(f"floating(); // eslint-disable-line {FLOATING}\nfloating();\n") == [(2, "floating-promise")]
    assert _told(f"// eslint-disable-next-line {FLOATING} -- why\nfloating();\nfloating();\n") == [
        (3, "floating-promise")
    ]
    assert _told(f"/* eslint-disable-next-line no-var, {FLOATING}\n*/\nfloating();\n") == []
    assert _told(f"// oxlint-disable-next-line {FLOATING}\nfloating();\n") == []


def test_eslints_comments_about_other_rules_change_nothing() -> None:
    assert _told("// eslint-disable-next-line no-var\nfloating();\n") == [(2, "floating-promise")]


def test_eslints_comments_without_a_rule_are_about_all_that_are_the_same() -> None:
    assert _told("floating(bad()); // eslint-disable-line\n") == [(1, "bad-call")]


def test_what_eslint_disables_holds_until_it_is_enabled() -> None:
    code = "floating();\n/* eslint-disable {} */\nfloating();\n/* eslint-enable {} */\nfloating();\n"
    assert _told(code.format(FLOATING, FLOATING)) == [(1, "floating-promise"), (5, "floating-promise")]
    assert _told(code.format("", "")) == [(1, "floating-promise"), (5, "floating-promise")]
    assert _told(code.format(FLOATING, "no-var")) == [(1, "floating-promise")]
    assert _told(code.format("", FLOATING)) == [(1, "floating-promise"), (5, "floating-promise")]


def test_eslint_disables_for_the_rest_of_a_file_in_block_comments_only() -> None:
    assert _told(f"// eslint-disable {FLOATING}\nfloating();\n") == [(2, "floating-promise")]


def test_eslints_comments_are_never_called_unused() -> None:
    assert _told(f"ok(); // eslint-disable-line {FLOATING}\n") == []


def test_every_rule_that_eslints_names_stand_for_is_installed() -> None:
    installed = {rule.name for rule in installed_rules()}
    assert {ours for names in EQUIVALENTS.values() for ours in names} - installed == set()


# --- any text ----------------------------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(
        ["// ", "/* ", " */", "# ", "\n", "\r\n", "biconvex:", " ignore", "-file", "[", "bad-call", ", ", "]", " -- ",
         "eslint-disable", "-line", "-next", " eslint-enable", FLOATING, "bad();", "{", "}", "é", "\ufeff", '"', "`"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(PIECES, st.sampled_from(["a.ts", "a.tsx", "a.py"]))
def test_whatever_stands_in_a_comment_is_read_and_what_is_unused_can_be_removed(text: str, path: str) -> None:
    source = _source(text, path)
    broken = bool(parse(source).errors)
    found = [finding for finding in _left(source) if finding.fix]
    if broken or not found:
        return
    after = _without_unused(text, path)
    assert not parse(_source(after, path)).errors
    assert len(after) < len(text)


# --- several files -----------------------------------------------------------------------------------------


def test_a_file_that_two_backends_share_needs_its_comment_in_one_of_them(tmp_path: Path) -> None:
    source = _source("bad(); // biconvex: ignore[bad-call]\n")
    suppressions = Suppressions()
    suppressions.read([parse(source)])
    suppressions.read([parse(source)])
    assert list(suppressions.applied(_all_findings(source), RULES.values(), KNOWN)) == []
    assert len(suppressions.taken) == 1
