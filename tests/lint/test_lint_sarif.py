"""The report as SARIF: whole for one finding, and valid by the schema of the standard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from biconvex.lint.finding import Edit, Evidence, Finding, Fix, Severity
from biconvex.lint.plugins import installed_rules
from biconvex.lint.report.sarif import FINGERPRINT, SCHEMA, render_sarif
from biconvex.lint.result import LintResult
from biconvex.lint.source import SourceFile

PACKAGE = Path(__file__).parents[1] / "packages/node_modules/@microsoft/jest-sarif"
CODE = 'import { v } from "convex/values";\nctx.db.insert("a", {});\nctx.db.insert("a", {});\n'


def _finding(line: int, **changes: Any) -> Finding:
    values: dict[str, Any] = {
        "path": "convex/my tasks.ts", "line": line, "column": 1, "end_line": line, "end_column": 23,
        "rule": "floating-promise", "severity": Severity.ERROR, "message": "Never awaited.", "help": "await it",
    }  # fmt: skip
    return Finding(**values | changes)


def _log(*findings: Finding, code: str = CODE) -> dict[str, Any]:
    source = SourceFile("convex/my tasks.ts", "typescript", code.encode())
    result = LintResult(findings, {source.path: source}, 1, 1, 1, {})
    log: dict[str, Any] = json.loads(render_sarif(result, installed_rules(), "1.2.3"))
    return log


def _prints(log: dict[str, Any]) -> list[str]:
    return [result["partialFingerprints"][FINGERPRINT] for result in log["runs"][0]["results"]]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    (file,) = (PACKAGE / "lib/schemas").glob("sarif-2.1.0*.json")
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read


def test_a_finding_becomes_a_result_with_its_place_and_what_it_rests_on() -> None:
    log = _log(_finding(2, evidence=(Evidence("convex/a.ts", 7, 3, "registered here"),)))
    assert (log["$schema"], log["version"]) == (SCHEMA, "2.1.0")
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result.pop("ruleIndex")]["id"] == "floating-promise"
    assert result == {
        "ruleId": "floating-promise",
        "level": "error",
        "message": {"text": "Never awaited.\nhelp: await it"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "convex/my%20tasks.ts", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 23},
                }
            }
        ],
        "partialFingerprints": {FINGERPRINT: _prints(log)[0]},
        "relatedLocations": [
            {
                "id": 0,
                "physicalLocation": {
                    "artifactLocation": {"uri": "convex/a.ts", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 7, "startColumn": 3, "endLine": 7, "endColumn": 3},
                },
                "message": {"text": "registered here"},
            }
        ],
    }


def test_every_rule_is_described_with_its_documentation_and_a_link() -> None:
    driver = _log()["runs"][0]["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("Biconvex", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == [rule.name for rule in installed_rules()]
    for rule in driver["rules"]:
        assert rule["helpUri"].startswith("https://")
        assert rule["help"]["markdown"].startswith("## What it does\n\n")
        assert rule["shortDescription"]["text"]


def test_a_finding_of_the_engine_itself_has_a_rule_too() -> None:
    log = _log(_finding(1, rule="syntax-error"))
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert rules[log["runs"][0]["results"][0]["ruleIndex"]] == {"id": "syntax-error"}


def test_a_fix_has_the_changes_of_every_file() -> None:
    path = "convex/my tasks.ts"
    edits = (Edit(path, 35, 35, "await "), Edit(path, 59, 62, "ctx"))
    assert CODE[35:38] + CODE[59:62] == "ctxctx"
    log = _log(_finding(2, fix=Fix("await it", edits, safe=False)))
    assert log["runs"][0]["results"][0]["fixes"] == [
        {
            "description": {"text": "await it"},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "convex/my%20tasks.ts", "uriBaseId": "%SRCROOT%"},
                    "replacements": [
                        {
                            "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 1},
                            "insertedContent": {"text": "await "},
                        },
                        {
                            "deletedRegion": {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 4},
                            "insertedContent": {"text": "ctx"},
                        },
                    ],
                }
            ],
            "properties": {"safe": False},
        }
    ]


def test_severities_are_levels() -> None:
    log = _log(*(_finding(line, severity=severity) for line, severity in enumerate(Severity, 1)))
    assert [result["level"] for result in log["runs"][0]["results"]] == ["error", "warning", "note"]


def test_a_fingerprint_survives_lines_above_and_tells_equal_lines_apart() -> None:
    before = _prints(_log(_finding(2), _finding(3)))
    after = _prints(_log(_finding(4), _finding(5), code=f"// new\n// lines\n{CODE}"))
    assert before == after
    assert before[0] != before[1]


def test_the_log_is_valid_by_the_schema_of_the_standard(schema: dict[str, Any]) -> None:
    evidence = (Evidence("convex/a.ts", 7, 3, "registered here"),)
    fix = Fix("await it", (Edit("convex/my tasks.ts", 35, 35, "await "),))
    log = _log(_finding(2, evidence=evidence, fix=fix), _finding(3, rule="syntax-error", help=None))
    jsonschema.validate(log, schema)


def test_the_schema_refuses_a_log_that_is_spoilt(schema: dict[str, Any]) -> None:
    log = _log(_finding(2))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError, match="0 is less than the minimum of 1"):
        jsonschema.validate(log, schema)
