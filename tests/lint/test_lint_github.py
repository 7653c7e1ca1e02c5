"""The report as workflow commands of GitHub, and the statistics: whole."""

from __future__ import annotations

from biconvex.lint.finding import Finding, Severity
from biconvex.lint.report.github import render_github
from biconvex.lint.report.statistics import render_statistics
from biconvex.lint.result import LintResult
from biconvex.lint.stages import Stage, Stopwatch

ERROR = Finding(
    "convex/a,b.ts", 3, 2, 3, 9, "floating-promise", Severity.ERROR, "50 % of it.\nFails.", "await it"
)
WARNING = Finding("convex/c.ts", 1, 2, 4, 1, "toy", Severity.WARNING, "Spans lines: all of them.")
INFO = Finding("convex/c.ts", 9, 1, 9, 1, "toy", Severity.INFO, "Good to know.")


def _result(*findings: Finding, **seconds: float) -> LintResult:
    stages = (Stage("discover", 1200, 0.01), Stage("analyse", 3, 1.5))
    return LintResult(findings, {}, 1, 3, 1, seconds, stages)


def test_a_finding_is_a_command_whose_signs_are_escaped() -> None:
    assert render_github(_result(ERROR)) == (
        "::error file=convex/a%2Cb.ts,line=3,endLine=3,col=2,endColumn=9,title=floating-promise"
        "::50 %25 of it.%0AFails.%0Ahelp: await it\n"
    )


def test_a_finding_over_several_lines_has_no_columns() -> None:
    assert render_github(_result(WARNING)) == (
        "::warning file=convex/c.ts,line=1,endLine=4,title=toy::Spans lines: all of them.\n"
    )


def test_information_is_a_notice() -> None:
    assert render_github(_result(INFO)) == (
        "::notice file=convex/c.ts,line=9,endLine=9,col=1,endColumn=1,title=toy::Good to know.\n"
    )


def test_nothing_is_said_without_findings() -> None:
    assert render_github(_result()) == ""


def test_statistics_have_every_rule_and_every_stage() -> None:
    assert (
        render_statistics(_result(WARNING, INFO, toy=0.0123, quiet=0.0))
        == """\
rule   findings    ms
quiet         0   0.0
toy           2  12.3

stage     files      ms
discover  1,200    10.0
analyse       3  1500.0
"""
    )


def test_a_finding_of_the_engine_has_no_time() -> None:
    broken = Finding("a.ts", 1, 1, 1, 1, "syntax-error", Severity.ERROR, "Broken.")
    assert render_statistics(_result(broken)).splitlines()[1] == "syntax-error         1"


def test_a_stage_that_comes_again_adds_up() -> None:
    watch = Stopwatch()
    for files in (2, 3):
        with watch.measure("read", files):
            pass
    with watch.measure("rules") as stage:
        stage.files = 1
    assert [(stage.name, stage.files) for stage in watch.stages] == [("read", 5), ("rules", 1)]
    assert all(stage.seconds > 0 for stage in watch.stages)
