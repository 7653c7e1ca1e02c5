"""The language server: lints the backends of open documents while they are written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from biconvex.cli.diagnostics import Translator
from biconvex.cli.explain import document
from biconvex.lint.config import ConfigError, configure
from biconvex.lint.engine import NoBackendError, lint
from biconvex.lint.markdown import read_document
from biconvex.lint.memory import ParseMemory
from biconvex.lint.plugins import installed_rules
from biconvex.lint.reading import Desk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pygls.workspace import TextDocument

    from biconvex.lint.finding import Finding
    from biconvex.lint.result import LintResult
    from biconvex.lint.rule import Rule

__all__ = ["DEBOUNCE_S", "make_server"]

DEBOUNCE_S = 0.15
"""How long the server waits for the next keystroke before it lints, in seconds."""

_MARKDOWN = frozenset({".md", ".mdx"})


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a run: nothing where there is no backend, a complaint where the configuration is wrong."""

    cwd: Path
    result: LintResult | None = None
    complaint: str = ""


@dataclass(slots=True)
class _Open:
    """What is known of an open document: the text that was linted, and what was found in it."""

    text: str
    findings: list[tuple[Finding, types.Diagnostic]] = field(default_factory=list)
    translator: Translator | None = None


class BiconvexServer(LanguageServer):
    """The server's state. One analysis runs at a time, in a thread; what changes meanwhile is linted after it."""

    def __init__(self, version: str) -> None:
        super().__init__("biconvex", version)
        self.rules: dict[str, Rule] = {rule.name: rule for rule in installed_rules()}
        self.memory = ParseMemory()
        self.known: dict[str, _Open] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._stale = False
        self._complaint = ""

    @property
    def folder(self) -> Path:
        """The folder of the workspace, or else the working directory."""
        root = self.workspace.root_path
        return Path(root).resolve() if root else Path.cwd()

    def changed(self) -> None:
        """Lint soon: a document has been opened, changed or saved."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(DEBOUNCE_S, self._start)

    def closed(self, uri: str) -> None:
        """Forget a document and take its diagnostics back."""
        self.known.pop(uri, None)
        self._publish(uri, None, [])
        self.changed()

    def _start(self) -> None:
        if self._task is not None and not self._task.done():
            self._stale = True
            return
        self._task = asyncio.get_running_loop().create_task(self._lint())
        self._task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """Lint again if something has changed meanwhile; say so if we ourselves have failed."""
        error = task.exception() if not task.cancelled() else None
        if error is not None:
            self._complain(f"internal error, please report: {type(error).__name__}: {error}")
        if self._stale:
            self._stale = False
            self._start()

    async def _lint(self) -> None:
        documents = dict(self.workspace.text_documents)
        texts = {uri: each.source for uri, each in documents.items() if _path(uri) is not None}
        outcome = await asyncio.to_thread(self._run, self.folder, texts)
        self._complain(outcome.complaint)
        for uri, text in texts.items():
            now = self.workspace.text_documents.get(uri)
            if now is not None and now.source == text:
                self._show(now, text, outcome)

    def _run(self, folder: Path, texts: Mapping[str, str]) -> _Outcome:
        """Lint the backends around the open documents."""
        paths = {path: text.encode() for uri, text in texts.items() if (path := _path(uri)) is not None}
        markdown = [path for path in paths if path.suffix in _MARKDOWN]
        try:
            configured = configure(folder, folder, list(self.rules.values()))
            result = lint(
                [path for path in paths if path not in markdown],
                folder,
                configured.rules,
                texts=paths,
                documents=[read_document(path, Desk(folder, paths)) for path in markdown],
                cache=self.memory,
                settings=configured.settings,
            )
        except NoBackendError:
            return _Outcome(folder)
        except ConfigError as error:
            return _Outcome(folder, complaint=str(error))
        return _Outcome(folder, result)

    def _complain(self, complaint: str) -> None:
        """Show what is wrong, once."""
        if complaint and complaint != self._complaint:
            shown = types.ShowMessageParams(type=types.MessageType.Error, message=f"biconvex: {complaint}")
            self.window_show_message(shown)
        self._complaint = complaint

    def _show(self, shown: TextDocument, text: str, outcome: _Outcome) -> None:
        cwd, result = outcome.cwd, outcome.result
        known = self.known[shown.uri] = _Open(text)
        if result is not None:
            path = _path(shown.uri)
            known.translator = Translator(self.workspace.position_codec, cwd, result.sources, self.rules)
            known.findings = [
                (finding, known.translator.diagnostic(finding))
                for finding in result.findings
                if (cwd / finding.path).resolve() == path
            ]
        self._publish(shown.uri, shown.version, [diagnostic for _, diagnostic in known.findings])

    def _publish(self, uri: str, version: int | None, diagnostics: list[types.Diagnostic]) -> None:
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=diagnostics)
        )

    def at(self, uri: str, place: types.Range) -> list[tuple[Finding, types.Diagnostic, Translator]]:
        """Give the findings that touch a range of a document, if it is still the text that was linted."""
        known = self.known.get(uri)
        if known is None or known.translator is None:
            return []
        if self.workspace.get_text_document(uri).source != known.text:
            return []
        return [
            (finding, diagnostic, known.translator)
            for finding, diagnostic in known.findings
            if _before(diagnostic.range.start, place.end) and _before(place.start, diagnostic.range.end)
        ]

    def explained(self, finding: Finding) -> str:
        """Give the documentation of a finding's rule, as Markdown; of the engine's own findings, the message."""
        rule = self.rules.get(finding.rule)
        return document(rule) if rule is not None else f"# {finding.rule}\n\n{finding.message}\n"


def make_server(version: str) -> BiconvexServer:
    """Make the server with all that it answers to. Raises `PackError` for a rule pack that can't be used."""
    server = BiconvexServer(version)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(ls: BiconvexServer, _params: types.DidOpenTextDocumentParams) -> None:
        ls.changed()

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(ls: BiconvexServer, _params: types.DidChangeTextDocumentParams) -> None:
        ls.changed()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(ls: BiconvexServer, _params: types.DidSaveTextDocumentParams) -> None:
        ls.changed()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(ls: BiconvexServer, params: types.DidCloseTextDocumentParams) -> None:
        ls.closed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(ls: BiconvexServer, params: types.HoverParams) -> types.Hover | None:
        place = types.Range(start=params.position, end=params.position)
        found = ls.at(params.text_document.uri, place)
        if not found:
            return None
        pages = dict.fromkeys(ls.explained(finding) for finding, _, _ in found)
        text = types.MarkupContent(kind=types.MarkupKind.Markdown, value="\n---\n\n".join(pages))
        return types.Hover(contents=text, range=found[0][1].range)

    options = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def code_action(ls: BiconvexServer, params: types.CodeActionParams) -> list[types.CodeAction]:
        found = ls.at(params.text_document.uri, params.range)
        fixes = [translator.quick_fix(finding, diagnostic) for finding, diagnostic, translator in found]
        return [fix for fix in fixes if fix is not None]

    return server


def _path(uri: str) -> Path | None:
    """Give the real path of a document; None for one that is no file."""
    path = uris.to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path).resolve() if path else None


def _before(one: types.Position, other: types.Position) -> bool:
    return (one.line, one.character) <= (other.line, other.character)
