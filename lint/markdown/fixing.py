"""Fixes of code in Markdown: edits of a block become edits of its document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit
from biconvex.lint.fixes.apply import edited
from biconvex.lint.parse import parse
from biconvex.lint.source import SourceFile
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.finding import Fix
    from biconvex.lint.markdown.blocks import Block

__all__ = ["fix_in_document"]


def fix_in_document(fix: Fix, blocks: Mapping[str, Block], document: SourceFile) -> Fix | None:
    """Give a fix of blocks, by the paths of their files, as one of the document that they stand in.

    Lines that it adds are indented, or quoted, as the line at which it begins. None where a block can't be read
    afterwards, as when the fix builds on an import that the snippet leaves out, or where its text doesn't stand in the
    document letter by letter.
    """
    edits: list[Edit] = []
    for path in dict.fromkeys(edit.path for edit in fix.edits):
        block = blocks.get(path)
        here = [edit for edit in fix.edits if edit.path == path]
        if block is None or not _parses(block, path, here):
            return None
        for edit in here:
            moved = _moved(edit, block, document)
            if moved is None:
                return None
            edits.append(moved)
    return replace(fix, edits=tuple(edits))


def _parses(block: Block, path: str, edits: list[Edit]) -> bool:
    after = edited(block.text.encode(), edits)
    return not parse(SourceFile(path, block.language, after)).errors


def _moved(edit: Edit, block: Block, document: SourceFile) -> Edit | None:
    begin, end = (_offset(at, block, document) for at in (edit.start, edit.end))
    if begin is None or end is None:
        return None
    line = block.text.encode().count(b"\n", 0, edit.start)
    indent = block.indents[line] if line < len(block.indents) else 0
    before = document.line(block.line + line)[:indent]
    return Edit(document.path, begin, end, edit.text.replace("\n", f"\n{before}"))


def _offset(at: int, block: Block, document: SourceFile) -> int | None:
    """Give the place in the document of a place in a block."""
    data = block.text.encode()
    line = data.count(b"\n", 0, at)
    number = block.line + line
    if line == len(block.indents):  # below the last line, where the fence stands
        return document.line_starts[number - 1] if not any(block.indents) else None
    code, written, indent = block.text.split("\n")[line], document.line(number), block.indents[line]
    if written[indent:] != code.rstrip("\r"):
        return None
    begin = document.line_starts[number - 1] + len(written[:indent].encode())
    return begin + at - (data.rfind(b"\n", 0, at) + 1)
