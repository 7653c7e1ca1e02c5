"""A Markdown document as fragments of backends.

Blocks that name their files belong together, until one of these files is named again; any other block is a
fragment of its own. Of a fragment only a part is in sight: what it doesn't show is unknown, not missing. A block
that can't be parsed is left out without a word: documents leave out parts of code (`...`), and do it on purpose.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.analysis import assemble
from biconvex.lint.failure import parser_failed
from biconvex.lint.finding import Evidence, Finding, Severity
from biconvex.lint.markdown.blocks import Block, code_blocks
from biconvex.lint.markdown.chains import completed
from biconvex.lint.markdown.fixing import fix_in_document
from biconvex.lint.markdown.prelude import with_prelude
from biconvex.lint.project import shown_path
from biconvex.lint.source import SourceFile
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from biconvex.lint.model import Backend
    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.reading import Desk
    from biconvex.lint.source import Language

__all__ = ["Document", "Fragment", "read_document"]

_FOLDER = "convex"
_SCHEMA = re.compile(r"\b(?:defineSchema|define_schema)\(")


class Fragment(msgspec.Struct, frozen=True):
    """Some files of a backend, as a document shows them: by the path of each, its block and its tree.

    `findings` has what was wrong with parsing them, as if the blocks were files.
    """

    document: str
    blocks: dict[str, Block]
    files: tuple[tuple[str, ParsedFile], ...]
    findings: tuple[Finding, ...]

    def build(self) -> Backend:
        """Analyse the fragment as (a part of) a backend."""
        return assemble(self.files, _FOLDER, "app", fragment=True)

    def in_document(self, finding: Finding, document: SourceFile) -> Finding:
        """Give a finding in a block as one in the document."""
        path, line, column = self._place(finding.path, finding.line, finding.column)
        _, end_line, end_column = self._place(finding.path, finding.end_line, finding.end_column)
        evidence = tuple(self._evidence(each) for each in finding.evidence)
        fix = fix_in_document(finding.fix, self.blocks, document) if finding.fix else None
        return replace(
            finding, path=path, line=line, column=column, end_line=end_line, end_column=end_column,
            evidence=evidence, fix=fix,
        )  # fmt: skip

    def _evidence(self, evidence: Evidence) -> Evidence:
        path, line, column = self._place(evidence.path, evidence.line, evidence.column)
        return Evidence(path, line, column, evidence.message)

    def _place(self, path: str, line: int, column: int) -> tuple[str, int, int]:
        block = self.blocks.get(path)
        if block is None:
            return self.document, line, column
        indent = block.indents[line - 1] if line <= len(block.indents) else 0
        return self.document, block.line + line - 1, max(1, column + indent)


class Document(msgspec.Struct, frozen=True):
    """A Markdown file: its text, its fragments, and what stood in the way of reading it."""

    source: SourceFile
    fragments: tuple[Fragment, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_document(path: Path, desk: Desk) -> Document:
    """Read a Markdown file and parse its blocks. What can't be read is a finding."""
    shown = shown_path(path, desk.cwd)
    try:
        data = desk.read(path)
        text = data.decode().removeprefix("\ufeff")
    except OSError as error:
        return _unreadable(shown, b"", f"This file can't be read: {error.strerror or error}.")
    except UnicodeDecodeError:
        return _unreadable(shown, data, "This file isn't UTF-8: save it as UTF-8.")
    groups = _groups(code_blocks(text, mdx=path.suffix == ".mdx"))
    fragments = tuple(_fragment(shown, group, desk) for group in groups)
    return Document(SourceFile(shown, "typescript", data, markdown=True), fragments)


def _unreadable(shown: str, data: bytes, message: str) -> Document:
    finding = Finding(shown, 1, 1, 1, 1, "unreadable-file", Severity.ERROR, message)
    return Document(SourceFile(shown, "typescript", data, markdown=True), findings=(finding,))


def _groups(blocks: Iterable[Block]) -> Iterator[dict[str, Block]]:
    """Put the blocks together that make one backend, by paths below the functions folder."""
    named: list[dict[str, Block]] = []
    for block in blocks:
        if block.path is None and (chains := completed(block)) is not None:
            yield chains
            continue
        if block.path is None:
            name = "schema" if _SCHEMA.search(block.text) else "snippet"
            yield {f"{name}.{_suffix(block)}": block}
            continue
        path = _below(block.path)
        if not named or path in named[-1]:
            named.append({})
        named[-1][path] = block
    yield from named


def _suffix(block: Block) -> str:
    if block.language == "python":
        return "py"
    return "tsx" if block.tag in {"tsx", "jsx", "js", "javascript"} else "ts"


def _below(path: str) -> str:
    """Give a path below the functions folder: what follows `convex/`. A script elsewhere is outside of it."""
    before, folder, rest = path.rpartition(f"{_FOLDER}/")
    if folder and (not before or before.endswith("/")):
        return rest
    return path if "/" not in path else f"../{posixpath.normpath(path)}"


def _fragment(document: str, group: dict[str, Block], desk: Desk) -> Fragment:
    blocks: dict[str, Block] = {}
    files: list[tuple[str, ParsedFile]] = []
    findings: list[Finding] = []
    for path, block in group.items():
        shown = posixpath.normpath(posixpath.join(_FOLDER, path))
        blocks[shown] = block
        language: Language = "python" if path.endswith(".py") else "typescript"
        try:
            parsed = desk.parse(SourceFile(shown, language, block.text.encode()))
        except Exception as error:  # noqa: BLE001 - our own failure on somebody's code: say so, read the other blocks
            findings.append(parser_failed(shown, error))
            continue
        if not parsed.errors:
            files.append((path, with_prelude(parsed, path)))
    return Fragment(document, blocks, tuple(files), tuple(findings))
