"""Reads the files of a backend. A file that can't be read or parsed is a finding, and the others go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.failure import parser_failed
from biconvex.lint.finding import Finding, Severity
from biconvex.lint.parse import not_text, parse
from biconvex.lint.project import imported_files, is_source_file, language_of, shown_path
from biconvex.lint.source import SourceFile
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from biconvex.lint.parsed import ParsedFile, SyntaxProblem
    from biconvex.lint.project import BackendFolder

__all__ = ["Desk", "Reading", "read_folder", "with_texts"]

_BOM = b"\xef\xbb\xbf"


class Desk(msgspec.Struct, frozen=True):
    """Where the text of a file comes from, and who parses it.

    `texts` has texts in memory, by real path, that stand in for what is on the disk. Paths in findings are
    relative to `cwd`.
    """

    cwd: Path
    texts: Mapping[Path, bytes] = msgspec.field(default_factory=dict)
    parse: Callable[[SourceFile], ParsedFile] = parse

    def read(self, path: Path) -> bytes:
        """Give the text of a file, as bytes. Raises `OSError`."""
        text = self.texts.get(path)
        return path.read_bytes() if text is None else text


class Reading(msgspec.Struct):
    """The files of a backend as they were read: all that have text, those that parse, and what was wrong."""

    sources: list[SourceFile] = msgspec.field(default_factory=list)
    parsed: list[ParsedFile] = msgspec.field(default_factory=list)
    findings: list[Finding] = msgspec.field(default_factory=list)


def with_texts(folder: BackendFolder, texts: Mapping[Path, bytes]) -> BackendFolder:
    """Give a folder with the files that are in memory alone: new ones, not yet on the disk."""
    new = {path for path in texts if is_source_file(path, folder.root)} - set(folder.files)
    return replace(folder, files=tuple(sorted({*folder.files, *new}))) if new else folder


def read_folder(folder: BackendFolder, desk: Desk) -> Reading:
    """Read and parse every file of a backend, in order, then the files outside the folder that they import."""
    reading = Reading()
    files, known = folder.files, set(folder.files)
    while files:
        for path in files:
            _read_file(path, shown_path(path, desk.cwd), desk, reading)
        outside = imported_files(folder, reading.parsed, desk.cwd)
        files = tuple(path for path in outside if path not in known)
        known.update(files)
    return reading


def _read_file(path: Path, shown: str, desk: Desk, reading: Reading) -> None:
    try:
        data = desk.read(path)
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
        parsed = desk.parse(source)
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
