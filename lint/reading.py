"""Reads the files of a backend. A file that can't be read or parsed is a finding, and the others go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from biconvex.lint.failure import parser_failed
from biconvex.lint.finding import Finding, Severity
from biconvex.lint.parse import parse
from biconvex.lint.project import language_of, shown_path
from biconvex.lint.source import Position, SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from biconvex.lint.parsed import ParsedFile, SyntaxProblem
    from biconvex.lint.project import BackendFolder

__all__ = ["Reading", "read_folder"]

_BOM = b"\xef\xbb\xbf"
_TOP = Position(1, 1)


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
        reading.findings.append(_unreadable(shown, message))
        return
    source = SourceFile(shown, language_of(path), data)
    reading.sources.append(source)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        reading.findings.append(_not_utf8(source, error))
        return
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
    reading.findings += [_syntax_error(source, problem) for problem in parsed.errors]


def _not_utf8(source: SourceFile, error: UnicodeDecodeError) -> Finding:
    place = source.position(error.start)
    byte = f"0x{source.data[error.start]:02x}"
    message = f"This file is not UTF-8 text: the byte {byte} on line {place.line} does not belong."
    return _unreadable(source.path, message, place)


def _unreadable(path: str, message: str, place: Position = _TOP) -> Finding:
    line, column = place.line, place.column
    return Finding(path, line, column, line, column, "unreadable-file", Severity.ERROR, message)


def _syntax_error(source: SourceFile, problem: SyntaxProblem) -> Finding:
    begin, end = source.position(problem.start), source.position(problem.end)
    return Finding(
        path=source.path,
        line=begin.line,
        column=begin.column,
        end_line=end.line,
        end_column=end.column,
        rule="syntax-error",
        severity=Severity.ERROR,
        message=f"{problem.message[:1].upper()}{problem.message[1:].rstrip('.')}.",
    )
