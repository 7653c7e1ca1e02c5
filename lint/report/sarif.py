"""The report as SARIF 2.1.0, for code scanning services and editors (OASIS, 27 March 2020)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from biconvex.lint.documentation import documentation
from biconvex.lint.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from biconvex.lint.finding import Evidence, Finding, Fix
    from biconvex.lint.result import LintResult
    from biconvex.lint.rule import Rule
    from biconvex.lint.source import SourceFile

__all__ = ["FINGERPRINT", "SCHEMA", "render_sarif"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "biconvexFinding/v1"
"""The name of our fingerprint: of rule, path, the text of the line, and how many came before with the same."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render_sarif(result: LintResult, rules: Iterable[Rule], version: str) -> str:
    """Render the report as one SARIF log of one run, ending in a newline. `version` is that of Biconvex.

    Every rule that ran is described, with its documentation and links. Columns are counted in code points,
    paths are relative to the root of the sources. The same input gives the same bytes.
    """
    described = [_rule(rule) for rule in rules]
    names = {rule["id"] for rule in described}
    described += [{"id": name} for name in sorted({f.rule for f in result.findings} - names)]
    index = {rule["id"]: at for at, rule in enumerate(described)}
    run = {
        "tool": {"driver": {"name": "Biconvex", "version": version, "rules": described}},
        "columnKind": "unicodeCodePoints",
        "results": _results(result.findings, result.sources, index),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    told = documentation(rule)
    markdown = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in told.sections.items())
    described: dict[str, Any] = {
        "id": rule.name,
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.theme]},
    }
    if told.summary:
        described["shortDescription"] = {"text": told.summary}
    if markdown:
        described["help"] = {"text": markdown, "markdown": markdown}
    if rule.links:
        described["helpUri"] = rule.links[0]
    return described


def _results(
    findings: Sequence[Finding], sources: Mapping[str, SourceFile], index: Mapping[str, int]
) -> list[dict[str, Any]]:
    seen: dict[tuple[str, str, str], int] = {}
    out = []
    for finding in findings:
        source = sources.get(finding.path)
        line = source.line(finding.line).strip() if source else ""
        same = (finding.rule, finding.path, line)
        seen[same] = seen.get(same, 0) + 1
        result = _result(finding, index[finding.rule], _fingerprint(same, seen[same]))
        if finding.fix:
            result["fixes"] = [_fix(finding.fix, sources)]
        out.append(result)
    return out


def _result(finding: Finding, rule: int, fingerprint: str) -> dict[str, Any]:
    message = f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "locations": [
            _location(finding.path, finding.line, finding.column, finding.end_line, finding.end_column)
        ],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }
    if finding.evidence:
        result["relatedLocations"] = [_related(at, fact) for at, fact in enumerate(finding.evidence)]
    return result


def _fix(fix: Fix, sources: Mapping[str, SourceFile]) -> dict[str, Any]:
    """Give a fix as the changes of each file; `safe` is a property of ours."""
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        source = sources[edit.path]
        begin, end = source.position(edit.start), source.position(edit.end)
        changes.setdefault(edit.path, []).append(
            {
                "deletedRegion": _region(begin.line, begin.column, end.line, end.column),
                "insertedContent": {"text": edit.text},
            }
        )
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": replacements}
            for path, replacements in changes.items()
        ],
        "properties": {"safe": fix.safe},
    }


def _fingerprint(same: tuple[str, str, str], number: int) -> str:
    """Name a finding so that it keeps its name when lines are added above it."""
    return hashlib.sha256(json.dumps([*same, number]).encode()).hexdigest()[:32]


def _location(path: str, line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(path),
            "region": _region(line, column, end_line, end_column),
        }
    }


def _artifact(path: str) -> dict[str, Any]:
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}


def _region(line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _related(number: int, fact: Evidence) -> dict[str, Any]:
    where = _location(fact.path, fact.line, fact.column, fact.line, fact.column)
    return {"id": number, **where, "message": {"text": fact.message}}
