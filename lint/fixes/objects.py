"""Edits of object literals, dicts and keyword arguments: take a property out with its comma, put one in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit
from biconvex.lint.fixes.edits import indentation, skip_trivia

if TYPE_CHECKING:
    from biconvex.lint.source import SourceFile
    from biconvex.lint.syntax import Object, Property, Spread

__all__ = ["delete_property", "insert_property"]


def delete_property(source: SourceFile, owner: Object, item: Property | Spread) -> Edit:
    """Delete one member of an object with its comma; with its line, comment and all, if it has one of its own.

    Raises `ValueError` if it is no member of this object.
    """
    if not any(member is item for member in owner.properties):
        raise ValueError("what is to be deleted is no member of the object")
    data = source.data
    end = _end(source, owner, item)
    comma = skip_trivia(source, end)
    has_comma = data[comma : comma + 1] == b","
    if has_comma:
        end = comma + 1
    begin, stop = _lines_around(source, item.start, end)
    if begin is not None and stop is not None:
        return Edit(source.path, begin, stop, "")
    if has_comma:
        return Edit(source.path, item.start, _past_blanks(data, end), "")
    before = data[: item.start].rstrip()
    if before.endswith(b","):
        return Edit(source.path, len(before) - 1, end, "")
    return Edit(source.path, len(before), _past_blanks(data, end), "")


def insert_property(source: SourceFile, owner: Object, text: str) -> Edit:
    """Insert `key: value` as the first member of an object, laid out as the members it has."""
    if owner.properties:
        first = owner.properties[0].start
        begin = source.data.rfind(b"\n", 0, first) + 1
        own_line = begin > owner.start and not source.data[begin:first].strip()
        after = f",\n{indentation(source, first)}" if own_line else ", "
        return Edit(source.path, first, first, f"{text}{after}")
    if source.data[owner.start + 1 : owner.end - 1].strip():  # a comment
        return Edit(source.path, owner.start + 1, owner.start + 1, f" {text},")
    space = " " if source.language == "typescript" else ""
    return Edit(source.path, owner.start + 1, owner.end - 1, f"{space}{text}{space}")


def _end(source: SourceFile, owner: Object, item: Property | Spread) -> int:
    """Where a member ends: the tree leaves brackets around the value of a Python dict's member out."""
    end = item.end
    if source.language == "python" and not owner.keywords:
        while source.data[at := skip_trivia(source, end)] == ord(")"):
            end = at + 1
    return end


def _past_blanks(data: bytes, offset: int) -> int:
    while data[offset : offset + 1] in {b" ", b"\t"}:
        offset += 1
    return offset


def _lines_around(source: SourceFile, start: int, end: int) -> tuple[int | None, int | None]:
    """The beginning of the first line and the end of the last one, where nothing else stands on them."""
    data = source.data
    begin: int | None = data.rfind(b"\n", 0, start) + 1
    if data[begin:start].strip():
        begin = None
    stop = data.find(b"\n", end) + 1 or len(data)
    return begin, stop if skip_trivia(source, end) >= stop else None
