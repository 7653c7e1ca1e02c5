"""Reads the files of a backend. A file that can't be read or parsed is a finding, and the others go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from biconvex.lint.failure import parser_failed
from biconvex.lint.finding import Finding, Severity
from biconvex.lint.parse import not_text, parse
from biconvex.lint.project import language_of, shown_path
from biconvex.lint.source import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from biconvex.lint.parsed import ParsedFile, SyntaxProblem
    from biconvex.lint.project import BackendFolder

__all__ = ["Reading", "read_folder"]

_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Reading:
    """The files of a backend as they were read: all that have text, those that parse, and what was wrong."""

    sources: list[SourceFile] = field(default_factory=list)
    parsed: list[ParsedFile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_folder(folder: BackendFolder, cwd: Path) -> Reading:
    """Read and parse every file of a backend, in order."""
    reading = Reading()
    for path in folder.files:
        _read_file(path, shown_path(path, cwd), reading)
    return reading


def _read_file(path: Path, shown: str, reading: Reading) -> None:
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"This file can't be read: {error.strerror or error}."
        reading.findings.append(Finding(shown, 1, 1, 1, 1, "unreadable-file", Severity.ERROR, message))
        return
    source = SourceFile(shown, language_of(path), data)
    reading.sources.append(source)
    if not data.removeprefix(_BOM).strip() and path.name != "__init__.py":
        message = "This file is empty: nothing in it is deployed."
        reading.findings.append(Finding(shown, 1, 1, 1, 1, "empty-file", Severity.WARNING, message))
        return
    try:
        parsed = parse(source)
    except Exception as error:  # noqa: BLE001 - our own failure on somebody's code: say so, read the other files
        reading.findings.append(parser_failed(shown, error))
        return
    reading.parsed.append(parsed)
    rule = "unreadable-file" if parsed.errors and not_text(data) else "syntax-error"
    reading.findings += [_problem(source, rule, problem) for problem in parsed.errors]


def _problem(source: SourceFile, rule: str, problem: SyntaxProblem) -> Finding:
    begin, end = source.position(problem.start), source.position(problem.end)
    return Finding(
        path=source.path,
        line=begin.line,
        column=begin.column,
        end_line=end.line,
        end_column=end.column,
        rule=rule,
        severity=Severity.ERROR,
        message=f"{problem.message[:1].upper()}{problem.message[1:].rstrip('.')}.",
    )
