"""The report as workflow commands of GitHub Actions: each finding becomes an annotation in the pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity

if TYPE_CHECKING:
    from biconvex.lint.finding import Finding
    from biconvex.lint.result import LintResult

__all__ = ["render_github"]

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render_github(result: LintResult) -> str:
    """Render one workflow command a finding, each on a line of its own; nothing without findings."""
    return "".join(f"{_command(finding)}\n" for finding in result.findings)


def _command(finding: Finding) -> str:
    properties = {"file": finding.path, "line": str(finding.line), "endLine": str(finding.end_line)}
    if finding.line == finding.end_line:  # GitHub takes columns within one line only
        properties |= {"col": str(finding.column), "endColumn": str(finding.end_column)}
    properties["title"] = finding.rule
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message
    return f"::{_COMMANDS[finding.severity]} {written}::{_data(message)}"


def _data(text: str) -> str:
    """Escape the text of a command, as actions/toolkit does."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
