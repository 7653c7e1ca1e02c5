"""Findings in the terms of the Language Server Protocol: diagnostics, hovers, quick fixes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls import uris
from pygls.workspace import PositionCodec

from biconvex.lint.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.finding import Edit, Evidence, Finding
    from biconvex.lint.rule import Rule
    from biconvex.lint.source import SourceFile

__all__ = ["Translator"]

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}


class Translator:
    """Translates findings of one run. `codec` counts columns as the client does (UTF-16 unless agreed otherwise)."""

    def __init__(
        self, codec: PositionCodec, cwd: Path, sources: Mapping[str, SourceFile], rules: Mapping[str, Rule]
    ) -> None:
        self._codec = codec
        self._cwd = cwd
        self._sources = sources
        self._rules = rules
        self._lines: dict[str, list[str]] = {}

    def diagnostic(self, finding: Finding) -> types.Diagnostic:
        """Give a finding as a diagnostic, with a link to read more and the places that it rests on."""
        rule = self._rules.get(finding.rule)
        links = rule.links if rule is not None else ()
        return types.Diagnostic(
            range=self.range(finding),
            message=f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message,
            severity=_SEVERITIES[finding.severity],
            code=finding.rule,
            code_description=types.CodeDescription(href=links[0]) if links else None,
            source="biconvex",
            related_information=[self._related(evidence) for evidence in finding.evidence],
        )

    def range(self, finding: Finding) -> types.Range:
        """Give where a finding is, in the client's units."""
        return types.Range(
            start=self._position(finding.path, finding.line, finding.column),
            end=self._position(finding.path, finding.end_line, finding.end_column),
        )

    def quick_fix(self, finding: Finding, diagnostic: types.Diagnostic) -> types.CodeAction | None:
        """Give a finding's fix; None when it has none, or edits what this run has not read."""
        fix = finding.fix
        if fix is None or not all(edit.path in self._sources for edit in fix.edits):
            return None
        changes: dict[str, list[types.TextEdit]] = {}
        for edit in fix.edits:
            changes.setdefault(self._uri(edit.path), []).append(self._edit(edit))
        title = fix.title if fix.safe else f"{fix.title} (this may change what the code does)"
        return types.CodeAction(
            title=f"{title[:1].upper()}{title[1:]}",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[diagnostic],
            edit=types.WorkspaceEdit(changes=changes),
            is_preferred=fix.safe,
        )

    def _edit(self, edit: Edit) -> types.TextEdit:
        source = self._sources[edit.path]
        begin, end = source.position(edit.start), source.position(edit.end)
        place = types.Range(
            start=self._position(edit.path, begin.line, begin.column),
            end=self._position(edit.path, end.line, end.column),
        )
        text = edit.text.replace("\n", "\r\n") if b"\r\n" in source.data else edit.text
        return types.TextEdit(range=place, new_text=text)

    def _related(self, evidence: Evidence) -> types.DiagnosticRelatedInformation:
        position = self._position(evidence.path, evidence.line, evidence.column)
        location = types.Location(
            uri=self._uri(evidence.path), range=types.Range(start=position, end=position)
        )
        return types.DiagnosticRelatedInformation(location=location, message=evidence.message)

    def _position(self, path: str, line: int, column: int) -> types.Position:
        position = types.Position(line=line - 1, character=column - 1)
        return self._codec.position_to_client_units(self._lines_of(path), position)

    def _lines_of(self, path: str) -> list[str]:
        if path not in self._lines:
            source = self._sources.get(path)
            text = source.data.decode("utf-8", "replace") if source is not None else ""
            self._lines[path] = text.split("\n")
        return self._lines[path]

    def _uri(self, path: str) -> str:
        return uris.from_fs_path(str(Path(self._cwd / path).resolve())) or ""
