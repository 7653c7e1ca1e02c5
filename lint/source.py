"""A source file as text: its bytes, its language, and where an offset lies."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

import msgspec

__all__ = ["Comment", "Language", "Position", "SourceFile"]

Language = Literal["typescript", "python"]


class Position(msgspec.Struct, frozen=True):
    """A place for people: 1-based line, 1-based column counted in characters."""

    line: int
    column: int


class Comment(msgspec.Struct, frozen=True):
    """A comment's text without its markers, its byte offsets, and whether code stands before it on its line."""

    text: str
    start: int
    end: int
    trailing: bool


class SourceFile(msgspec.Struct):
    """One file. `path` is relative to the working directory, with forward slashes; `data` is its bytes.

    A Markdown document has code in blocks only: it is `markdown`, and its `language` says nothing.
    """

    path: str
    language: Language
    data: bytes
    markdown: bool = False
    _line_starts: list[int] = msgspec.field(default_factory=list)

    @property
    def line_starts(self) -> list[int]:
        """The byte offset at which each line begins."""
        if not self._line_starts:
            starts = [0]
            find, at = self.data.find, 0
            while (at := find(b"\n", at)) >= 0:
                at += 1
                starts.append(at)
            self._line_starts = starts
        return self._line_starts

    def position(self, offset: int) -> Position:
        """Where a byte offset lies."""
        line = bisect_right(self.line_starts, offset)
        begin = self.line_starts[line - 1]
        column = len(self.data[begin:offset].decode("utf-8", "replace")) + 1
        return Position(line, column)

    def text(self, start: int, end: int) -> str:
        """The source between two byte offsets."""
        return self.data[start:end].decode("utf-8", "replace")

    def line(self, number: int) -> str:
        """The text of a line (1-based), without its line break; empty past the end."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.data)
        return self.text(starts[number - 1], end).rstrip("\r\n")
