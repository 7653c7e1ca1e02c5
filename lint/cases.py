"""The files of a rule's cases, and the marks in them that say what a finding must span."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from biconvex.lint.rule import Case
    from biconvex.lint.source import Language

__all__ = ["OPEN", "SHUT", "Span", "case_files", "unmark"]

OPEN, SHUT = "«", "»"
"""The marks around what a finding must span."""

_DEFAULT_FILE = {"typescript": "tasks.ts", "python": "tasks.py"}


class Span(msgspec.Struct, frozen=True, order=True):
    """A stretch of a case's file: byte offsets, `end` exclusive, and the text there."""

    path: str
    start: int
    end: int
    text: str


def case_files(case: Case, language: Language) -> dict[str, str]:
    """Give the files of a case by path, with their marks."""
    files = getattr(case, language)
    return dict(files) if isinstance(files, Mapping) else {_DEFAULT_FILE[language]: files}


def unmark(text: str, path: str = "") -> tuple[str, tuple[Span, ...]]:
    """Take the marks out of a text, and give the spans that they stood around.

    Raises `ValueError` for a mark without its partner.
    """
    plain, spans, opened = "", [], None
    for piece in text.replace(OPEN, f"\0{OPEN}\0").replace(SHUT, f"\0{SHUT}\0").split("\0"):
        if piece not in {OPEN, SHUT}:
            plain += piece
        elif (piece == OPEN) != (opened is None):
            raise ValueError(f"the mark {piece} in {path or 'the text'} has no partner")
        elif opened is None:
            opened = len(plain)
        else:
            start, end = len(plain[:opened].encode()), len(plain.encode())
            spans.append(Span(path, start, end, plain[opened:]))
            opened = None
    if opened is not None:
        raise ValueError(f"the mark {OPEN} in {path or 'the text'} has no partner")
    return plain, tuple(spans)
