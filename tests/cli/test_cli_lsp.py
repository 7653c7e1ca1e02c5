"""The language server in a real session: a client of its own process, over stdin and stdout."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

pytest.importorskip("pygls")
from lsprotocol import types
from pygls.lsp.client import LanguageClient

CLEAN = """\
import { mutation } from "./_generated/server";
import { write } from "./lib";
export const add = mutation({ args: {}, handler: async (ctx) => { await write(ctx); } });
"""
FLOATING = CLEAN.replace("await write", "/* 🙂 */ write")
LIB = "export async function write(ctx) { await ctx.db.insert('tasks', {}); }\n"
CONFIG = '[tool.biconvex]\nselect = ["floating-promise"]\n'


class Session:
    """A client, the server that it has started, and the diagnostics that came for each document."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = LanguageClient("tests", "1")
        self.messages: list[str] = []
        self._published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self._version = 0

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self._published.put_nowait(params)

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)
        def message(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

    async def start(self) -> types.InitializeResult:
        await self.client.start_io(sys.executable, "-m", "biconvex", "lsp")
        result = await self.client.initialize_async(
            types.InitializeParams(capabilities=types.ClientCapabilities(), root_uri=self.folder.as_uri())
        )
        self.client.initialized(types.InitializedParams())
        return result

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> None:
        item = types.TextDocumentItem(uri=self.uri(name), language_id="typescript", version=0, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))

    def change(self, name: str, text: str) -> int:
        self._version += 1
        document = types.VersionedTextDocumentIdentifier(uri=self.uri(name), version=self._version)
        whole = types.TextDocumentContentChangeWholeDocument(text=text)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(text_document=document, content_changes=[whole])
        )
        return self._version

    def close(self, name: str) -> None:
        document = types.TextDocumentIdentifier(uri=self.uri(name))
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(text_document=document))

    async def diagnostics(self, name: str, version: int | None = 0) -> list[types.Diagnostic]:
        """Wait for the diagnostics of a version of a document."""
        while True:
            params = await asyncio.wait_for(self._published.get(), timeout=30)
            if (params.uri, params.version) == (self.uri(name), version):
                return list(params.diagnostics)

    async def hover(self, name: str, line: int, character: int) -> types.Hover | None:
        return await self.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(self.uri(name)), types.Position(line, character))
        )

    async def actions(self, name: str, place: types.Range) -> list[types.CodeAction]:
        found = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(self.uri(name)), place, types.CodeActionContext(diagnostics=[])
            )
        )
        return [action for action in found or () if isinstance(action, types.CodeAction)]

    async def end(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex/lib.ts").write_text(LIB, encoding="utf-8")
    (tmp_path / "convex/tasks.ts").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def _session(folder: Path, steps: Callable[[Session], Awaitable[None]]) -> None:
    async def run() -> None:
        session = Session(folder)
        await session.start()
        try:
            await steps(session)
        finally:
            await session.end()

    asyncio.run(run())


def test_diagnostics_come_as_one_types_and_go_when_it_is_right(folder: Path) -> None:
    async def steps(session: Session) -> None:
        session.open("convex/tasks.ts", CLEAN)
        assert await session.diagnostics("convex/tasks.ts") == []
        version = session.change("convex/tasks.ts", FLOATING)
        (found,) = await session.diagnostics("convex/tasks.ts", version)
        assert (found.code, found.source, found.severity) == (
            "floating-promise", "biconvex", types.DiagnosticSeverity.Error,
        )  # fmt: skip
        assert found.message.endswith("\nhelp: await it")
        assert found.code_description is not None
        assert found.code_description.href.startswith("https://")
        version = session.change("convex/tasks.ts", CLEAN)
        assert await session.diagnostics("convex/tasks.ts", version) == []

    _session(folder, steps)


def test_columns_are_counted_in_utf_16(folder: Path) -> None:
    async def steps(session: Session) -> None:
        session.open("convex/tasks.ts", FLOATING)
        (found,) = await session.diagnostics("convex/tasks.ts")
        line = FLOATING.splitlines()[2]
        expected = len(line[: line.index("write(ctx)")].encode("utf-16-le")) // 2
        assert (found.range.start.line, found.range.start.character) == (2, expected)

    _session(folder, steps)


def test_the_backend_is_read_from_other_documents_and_from_the_disk(folder: Path) -> None:
    async def steps(session: Session) -> None:
        session.open("convex/tasks.ts", FLOATING)
        assert len(await session.diagnostics("convex/tasks.ts")) == 1
        session.open("convex/lib.ts", "export function write(ctx) { return 1; }\n")
        assert await session.diagnostics("convex/tasks.ts") == []
        session.close("convex/lib.ts")
        assert await session.diagnostics("convex/lib.ts", None) == []
        assert len(await session.diagnostics("convex/tasks.ts")) == 1

    _session(folder, steps)


def test_a_hover_on_a_finding_explains_its_rule(folder: Path) -> None:
    async def steps(session: Session) -> None:
        session.open("convex/tasks.ts", FLOATING)
        (found,) = await session.diagnostics("convex/tasks.ts")
        start = found.range.start
        hover = await session.hover("convex/tasks.ts", start.line, start.character)
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert hover.contents.value.startswith("# floating-promise\n")
        assert "## Why is this bad?" in hover.contents.value
        assert hover.range == found.range
        assert await session.hover("convex/tasks.ts", 0, 0) is None

    _session(folder, steps)


def test_a_quick_fix_makes_the_finding_go_away(folder: Path) -> None:
    async def steps(session: Session) -> None:
        session.open("convex/tasks.ts", FLOATING)
        (found,) = await session.diagnostics("convex/tasks.ts")
        (action,) = await session.actions("convex/tasks.ts", found.range)
        assert (action.kind, list(action.diagnostics or ())) == ("quickfix", [found])
        assert action.edit is not None
        assert action.edit.changes is not None
        (edit,) = action.edit.changes[session.uri("convex/tasks.ts")]
        lines = FLOATING.splitlines(keepends=True)
        at = len(lines[2].encode("utf-16-le")[: edit.range.start.character * 2].decode("utf-16-le"))
        lines[2] = lines[2][:at] + edit.new_text + lines[2][at:]
        version = session.change("convex/tasks.ts", "".join(lines))
        assert "await write(ctx)" in lines[2]
        assert await session.diagnostics("convex/tasks.ts", version) == []

    _session(folder, steps)


def test_code_in_markdown_has_diagnostics_and_quick_fixes_too(folder: Path) -> None:
    code = 'export const f = mutation({ args: {}, handler: async (ctx) => { ctx.db.insert("a", {}); } });'

    async def steps(session: Session) -> None:
        session.open("guide.md", f"# Guide\n\n```ts\n{code}\n```\n")
        (found,) = await session.diagnostics("guide.md")
        assert (found.code, found.range.start.line) == ("floating-promise", 3)
        (action,) = await session.actions("guide.md", found.range)
        assert action.edit is not None
        assert action.edit.changes is not None
        (edit,) = action.edit.changes[session.uri("guide.md")]
        assert (edit.new_text, edit.range.start) == ("await ", found.range.start)

    _session(folder, steps)


def test_a_document_outside_of_backends_has_no_diagnostics(folder: Path) -> None:
    async def steps(session: Session) -> None:
        session.open("src/app.ts", "useQuery(1);\n")
        assert await session.diagnostics("src/app.ts") == []

    _session(folder, steps)


def test_a_wrong_configuration_is_said_once(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.biconvex]\nselect = ["floating-promises"]\n', encoding="utf-8"
    )

    async def steps(session: Session) -> None:
        session.open("convex/tasks.ts", FLOATING)
        assert await session.diagnostics("convex/tasks.ts") == []
        version = session.change("convex/tasks.ts", CLEAN)
        assert await session.diagnostics("convex/tasks.ts", version) == []
        (message,) = session.messages
        assert "did you mean `floating-promise`?" in message

    _session(folder, steps)
