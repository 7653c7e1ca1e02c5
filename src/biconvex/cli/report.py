"""The reports of `biconvex lint` by the name of their format, and where they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from biconvex.cli.errors import UsageProblem
from biconvex.cli.output import print_lines, write
from biconvex.lint.report.statistics import render_statistics
from biconvex.lint.report.text import render_text, text_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from biconvex.lint.result import LintResult
    from biconvex.lint.rule import Rule

__all__ = ["FORMATS", "Report", "deliver", "render"]

FORMATS = ("text", "json", "sarif", "github")


class Report(msgspec.Struct, frozen=True):
    """How to report: in which of `FORMATS`, into a file or to stdout, with statistics on stderr or without."""

    style: str
    file: Path | None
    statistics: bool

    def show(self, result: LintResult, rules: Iterable[Rule], seconds: float) -> None:
        """Report a result. `seconds` is what the run took. Raises `UsageProblem` if the file can't be written."""
        if self.style == "text" and self.file is None:
            print_lines(text_lines(result, seconds))
        else:
            deliver(render(result, self.style, rules, seconds), self.file)
        if self.statistics:
            click.echo(render_statistics(result), nl=False, err=True)


def render(result: LintResult, style: str, rules: Iterable[Rule], seconds: float) -> str:
    """Render the report in one of `FORMATS`. `seconds` is what the run took; the text format says it."""
    if style == "json":
        from biconvex.lint.report.json import render_json

        return render_json(result)
    if style == "sarif":
        from importlib.metadata import version

        from biconvex.lint.report.sarif import render_sarif

        return render_sarif(result, rules, version("biconvex"))
    if style == "github":
        from biconvex.lint.report.github import render_github

        return render_github(result)
    return render_text(result, seconds)


def deliver(text: str, file: Path | None) -> None:
    """Write a report to a file, as UTF-8, or to stdout. Raises `UsageProblem` if the file can't be written."""
    if file is None:
        write(text)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageProblem(f"{file}: can't be written: {error.strerror or error}") from error
