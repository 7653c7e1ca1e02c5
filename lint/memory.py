"""Parsed files kept in memory, for the runs of one process: a watch, a language server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.parse import parse

if TYPE_CHECKING:
    from biconvex.lint.cache import Parser
    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.source import SourceFile

__all__ = ["ParseMemory"]


class ParseMemory:
    """Parses a file only when it has changed. `below` is asked for what isn't remembered, if it is given."""

    def __init__(self, below: Parser | None = None) -> None:
        self._below = below
        self._replaced: dict[str, ParsedFile] = {}
        self._known: dict[str, ParsedFile] = {}

    def parse(self, source: SourceFile) -> ParsedFile:
        """Give what a file is parsed to. Raises what a front end may raise."""
        known = self._known.get(source.path)
        if known is None or known.source.data != source.data or known.source.language != source.language:
            if known is not None:
                self._replaced[source.path] = known
            known = self._known[source.path] = self._below.parse(source) if self._below else parse(source)
        return known

    def before(self, path: str) -> ParsedFile | None:
        """Give what a file was parsed to before it changed, as `Parser` has it."""
        replaced = self._replaced.get(path)
        if replaced is None and self._below is not None:
            return self._below.before(path)
        return replaced
