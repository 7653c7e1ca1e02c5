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
        self._parse = below.parse if below is not None else parse
        self._known: dict[str, ParsedFile] = {}

    def parse(self, source: SourceFile) -> ParsedFile:
        """Give what a file is parsed to. Raises what a front end may raise."""
        known = self._known.get(source.path)
        if known is None or known.source.data != source.data or known.source.language != source.language:
            known = self._known[source.path] = self._parse(source)
        return known
