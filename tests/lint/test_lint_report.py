"""The reports, whole: what stands on the screen, and what a program reads."""

from __future__ import annotations

import json

from biconvex.lint.finding import Edit, Evidence, Finding, Fix, Severity
from biconvex.lint.report.json import render_json
from biconvex.lint.report.text import render_text, text_lines
from biconvex.lint.result import LintResult
from biconvex.lint.source import SourceFile
from msgspec.structs import replace

CODE = """\
import { internal } from "./_generated/api";
export const order = action({ args: {}, handler: async (ctx) => {
\tctx.scheduler.runAfter(0, internal.mail.send, {});
}});
"""

FLOATING = Finding(
    path="convex/orders.ts",
    line=3,
    column=2,
    end_line=3,
    end_column=51,
    rule="floating-promise",
    severity=Severity.ERROR,
    message="`ctx.scheduler.runAfter(…)` is never awaited: the job may not be scheduled.",
    help="await it",
    evidence=(Evidence("convex/orders.ts", 2, 14, "`order` is registered as an action here"),),
)
LONELY = Finding("convex/empty.ts", 1, 1, 1, 1, "empty-file", Severity.WARNING, "This file is empty.")


def _result(*findings: Finding, code: str = CODE, backends: int = 1) -> LintResult:
    sources = {"convex/orders.ts": SourceFile("convex/orders.ts", "typescript", code.encode())}
    return LintResult(
        findings, sources, backends, files=2, functions=1, rule_seconds={"floating-promise": 0.25}
    )


def _excerpt(code: str, column: int, end_column: int, end_line: int = 1) -> list[str]:
    finding = Finding("convex/orders.ts", 1, column, end_line, end_column, "toy", Severity.INFO, "A fact.")
    return render_text(_result(finding, code=code)).splitlines()[2:-2]


# --- text --------------------------------------------------------------------------------------------------


def test_a_finding_shows_its_code_what_it_rests_on_and_the_remedy() -> None:
    assert (
        render_text(_result(LONELY, FLOATING), seconds=1.234)
        == """\
convex/empty.ts:1:1  warning  empty-file
  This file is empty.

convex/orders.ts:3:2  error  floating-promise
  `ctx.scheduler.runAfter(…)` is never awaited: the job may not be scheduled.
      │
    3 │     ctx.scheduler.runAfter(0, internal.mail.send, {});
      │     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    convex/orders.ts:2:14  `order` is registered as an action here
  help: await it

2 findings (1 error, 1 warning): 2 files, 1 function in 1.23 s.
"""
    )


def test_no_findings_is_one_line() -> None:
    assert render_text(_result()) == "No findings: 2 files, 1 function.\n"


def test_several_backends_are_counted() -> None:
    assert render_text(_result(backends=3)) == "No findings: 3 backends, 2 files, 1 function.\n"


def test_carets_stand_below_what_they_mean_behind_wide_letters() -> None:
    assert _excerpt('const 名前 = f("é");', 12, 18) == [
        "      │",
        '    1 │ const 名前 = f("é");',
        "      │              ^^^^^^",
    ]


def test_of_a_finding_over_several_lines_the_first_is_shown() -> None:
    assert _excerpt("await f(\n  1,\n);\n", 7, 2, end_line=3) == [
        "      │",
        "    1 │ await f(",
        "      │       ^^",
    ]


def test_of_a_line_that_no_screen_holds_the_part_around_the_finding_is_shown() -> None:
    _, code, carets = _excerpt("x" * 5_000 + "HERE" + "y" * 5_000, 5_001, 5_005)
    assert code == f"    1 │ …{'x' * 60}HERE{'y' * 96}…"
    assert carets == f"      │ {' ' * 61}^^^^"


def test_a_source_can_not_write_to_the_terminal() -> None:
    assert _excerpt('f("\x1b[31m\u202e");\r\n', 1, 5)[1] == '    1 │ f("�[31m�");'


def test_every_piece_of_a_line_has_a_style_for_terminals() -> None:
    first = next(iter(text_lines(_result(FLOATING))))
    assert first == (
        ("convex/orders.ts:3:2", "bold"),
        ("  ", ""),
        ("error", "bold red"),
        ("  ", ""),
        ("floating-promise", "bold"),
    )


def test_a_fix_that_says_what_the_help_says_stands_in_its_place() -> None:
    awaited = Fix("await it", (Edit("convex/orders.ts", 112, 112, "await "),))
    lines = render_text(_result(replace(FLOATING, fix=awaited))).splitlines()
    assert lines[-4:] == [
        "  fix: await it (--fix)",
        "",
        "1 finding (1 error): 2 files, 1 function.",
        "Can be fixed: 1 with --fix.",
    ]


def test_a_fix_that_is_not_safe_names_its_own_option() -> None:
    removed = Fix("remove it", (Edit("convex/orders.ts", 112, 162, ""),), safe=False)
    lines = render_text(_result(replace(FLOATING, fix=removed))).splitlines()
    assert lines[-5:] == [
        "  help: await it",
        "  fix: remove it (--unsafe-fixes)",
        "",
        "1 finding (1 error): 2 files, 1 function.",
        "Can be fixed: 1 with --unsafe-fixes.",
    ]


def test_what_is_not_reported_is_told_below_the_summary() -> None:
    result = replace(_result(), suppressed=2, known=1_200, stale=1, fixed=3)
    assert render_text(result).splitlines() == [
        "No findings: 2 files, 1 function.",
        "Fixed 3 findings.",
        "Not reported: 2 suppressed by comments, 1,200 in the baseline.",
        "The baseline has 1 finding too many: `--write-baseline` takes out what is fixed.",
    ]


# --- JSON --------------------------------------------------------------------------------------------------


def test_the_json_report_has_every_fact_and_no_time() -> None:
    assert json.loads(render_json(_result(LONELY, FLOATING))) == {
        "version": 1,
        "findings": [
            {
                "rule": "empty-file",
                "severity": "warning",
                "path": "convex/empty.ts",
                "line": 1,
                "column": 1,
                "end_line": 1,
                "end_column": 1,
                "message": "This file is empty.",
                "help": None,
                "evidence": [],
                "fix": None,
            },
            {
                "rule": "floating-promise",
                "severity": "error",
                "path": "convex/orders.ts",
                "line": 3,
                "column": 2,
                "end_line": 3,
                "end_column": 51,
                "message": "`ctx.scheduler.runAfter(…)` is never awaited: the job may not be scheduled.",
                "help": "await it",
                "evidence": [
                    {
                        "path": "convex/orders.ts",
                        "line": 2,
                        "column": 14,
                        "message": "`order` is registered as an action here",
                    }
                ],
                "fix": None,
            },
        ],
        "summary": {
            "findings": 2,
            "by_severity": {"error": 1, "warning": 1, "info": 0},
            "by_rule": {"empty-file": 1, "floating-promise": 1},
            "files": 2,
            "backends": 1,
            "functions": 1,
            "fixable": {"safe": 0, "unsafe": 0},
            "fixed": 0,
            "suppressed": 0,
            "baseline": {"known": 0, "stale": 0},
        },
    }


def test_the_json_report_can_be_read_in_any_encoding() -> None:
    text = render_json(_result(FLOATING))
    assert text.isascii()
    assert text.endswith("}\n")


def test_a_fix_tells_programs_what_to_put_where() -> None:
    awaited = Fix("await it", (Edit("convex/orders.ts", 112, 112, "await "),))
    report = json.loads(render_json(_result(replace(FLOATING, fix=awaited))))
    place = {"path": "convex/orders.ts", "line": 3, "column": 2, "end_line": 3, "end_column": 2}
    assert report["findings"][0]["fix"] == {
        "title": "await it",
        "safe": True,
        "edits": [{**place, "text": "await "}],
    }
    assert report["summary"]["fixable"] == {"safe": 1, "unsafe": 0}
