"""The report as JSON, for other programs: the same input gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from biconvex.lint.finding import Finding
    from biconvex.lint.result import LintResult

__all__ = ["VERSION", "render_json"]

VERSION = 1
"""The version of the format. It grows when a field changes or goes; new fields may come without it."""


def render_json(result: LintResult) -> str:
    """Render the report as one JSON object, indented, ending in a newline.

    It has no times, so that it can be compared. Lines and columns are 1-based, `end_column` is one past the
    last character, paths are relative to the working directory.
    """
    report = {
        "version": VERSION,
        "findings": [_finding(finding) for finding in result.findings],
        "summary": {
            "findings": len(result.findings),
            "by_severity": result.by_severity,
            "by_rule": result.by_rule,
            "files": result.files,
            "backends": result.backends,
            "functions": result.functions,
        },
    }
    return json.dumps(report, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "message": finding.message,
        "help": finding.help,
        "evidence": [asdict(evidence) for evidence in finding.evidence],
    }
