"""The report as JSON, for other programs: the same input gives the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.finding import Edit, Finding, Fix
    from biconvex.lint.result import LintResult
    from biconvex.lint.source import SourceFile

__all__ = ["VERSION", "render_json"]

VERSION = 1
"""The version of the format. It grows when a field changes or goes; new fields may come without it."""


def render_json(result: LintResult) -> str:
    """Render the report as one JSON object, indented, ending in a newline.

    It has no times, so that it can be compared. Lines and columns are 1-based, `end_column` is one past the
    last character, paths are relative to the working directory. A fix's edits say what becomes of the text from
    the first place to the second; if these are the same, it is inserted there.
    """
    report = {
        "version": VERSION,
        "findings": [_finding(finding, result.sources) for finding in result.findings],
        "summary": {
            "findings": len(result.findings),
            "by_severity": result.by_severity,
            "by_rule": result.by_rule,
            "files": result.files,
            "backends": result.backends,
            "functions": result.functions,
            "fixable": result.fixable,
            "fixed": result.fixed,
            "suppressed": result.suppressed,
            "baseline": {"known": result.known, "stale": result.stale},
        },
    }
    return json.dumps(report, indent=2) + "\n"


def _finding(finding: Finding, sources: Mapping[str, SourceFile]) -> dict[str, Any]:
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
        "fix": _fix(finding.fix, sources) if finding.fix else None,
    }


def _fix(fix: Fix, sources: Mapping[str, SourceFile]) -> dict[str, Any]:
    edits = [_edit(edit, sources[edit.path]) for edit in fix.edits]
    return {"title": fix.title, "safe": fix.safe, "edits": edits}


def _edit(edit: Edit, source: SourceFile) -> dict[str, Any]:
    begin, end = source.position(edit.start), source.position(edit.end)
    return {
        "path": edit.path,
        "line": begin.line,
        "column": begin.column,
        "end_line": end.line,
        "end_column": end.column,
        "text": edit.text,
    }
