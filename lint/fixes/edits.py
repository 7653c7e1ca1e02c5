"""The simplest edits: insert, replace and delete at a place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint.declarations import Place
from biconvex.lint.finding import Edit

if TYPE_CHECKING:
    from biconvex.lint.source import SourceFile
    from biconvex.lint.syntax import Node

__all__ = [
    "delete", "indentation", "insert_after", "insert_before", "keep", "place_of", "replace", "replace_string",
    "skip_trivia",
]  # fmt: skip

_TRIVIA = {
    "python": re.compile(rb"(?:\s|#[^\r\n]*|\\\r?\n)*"),
    "typescript": re.compile(rb"(?:\s|//[^\r\n]*|/\*[\s\S]*?\*/)*"),
}
_INDENTATION = re.compile(rb"[ \t]*")


def place_of(source: SourceFile, node: Node) -> Place:
    """Give the place of a node of the syntax tree."""
    return Place(source, node.start, node.end)


def insert_before(place: Place, text: str) -> Edit:
    """Insert text right before a place."""
    return Edit(place.source.path, place.start, place.start, text)


def insert_after(place: Place, text: str) -> Edit:
    """Insert text right after a place."""
    return Edit(place.source.path, place.end, place.end, text)


def replace(place: Place, text: str) -> Edit:
    """Replace what stands at a place."""
    return Edit(place.source.path, place.start, place.end, text)


def replace_string(place: Place, old: str, new: str) -> Edit | None:
    """Replace the text of a string, within the quotes it has; None where it isn't written down as it is."""
    text = place.text
    if text[1:-1] != old or text[0] not in "\"'" or text[-1] != text[0]:
        return None
    return Edit(place.source.path, place.start + 1, place.end - 1, new)


def keep(place: Place) -> Edit:
    """Leave a place as it is, and have no other fix change it at the same time: one that counts on a name has this."""
    return Edit(place.source.path, place.start, place.end, place.text)


def delete(place: Place) -> Edit:
    """Delete what stands at a place, and nothing around it."""
    return Edit(place.source.path, place.start, place.end, "")


def skip_trivia(source: SourceFile, offset: int) -> int:
    """Give the first offset from this one on that is neither white space nor in a comment.

    `offset` must itself be outside of strings and comments.
    """
    found = _TRIVIA[source.language].match(source.data, offset)
    return found.end() if found else offset


def indentation(source: SourceFile, offset: int) -> str:
    """Give the spaces and tabs that the line of an offset begins with."""
    begin = source.data.rfind(b"\n", 0, offset) + 1
    found = _INDENTATION.match(source.data, begin)
    return found.group().decode() if found else ""
