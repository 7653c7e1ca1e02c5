"""Edits of object literals, dicts and keyword arguments: take a property out with its comma, put one in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit
from biconvex.lint.fixes.edits import indentation, skip_trivia
from biconvex.lint.syntax import Object, Property, children

if TYPE_CHECKING:
    from biconvex.lint.declarations import Module, Place
    from biconvex.lint.source import SourceFile
    from biconvex.lint.syntax import Node, Spread

__all__ = ["delete_property", "insert_property", "rename_property"]


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


def rename_property(module: Module, value: Place, name: str) -> Edit | None:
    """Rename the property, or keyword argument, whose value stands at a place.

    None where that is no property with a name before it, or a comment stands between the two.
    """
    node: Node | None = module.syntax
    while node is not None and not (type(node) is Property and node.value.start == value.start):
        node = next(
            (part for part in children(node) if part.start <= value.start and value.end <= part.end), None
        )
    if node is None or node.key is None or node.shorthand or node.method:
        return None
    data = value.source.data
    key, sign, space = (data[node.start : value.start].decode()).partition(
        "=" if value.source.language == "python" else ":"
    )
    if space.strip() or key.strip("\"' ") != node.key:
        return None
    return Edit(value.source.path, node.start, value.start, f"{name}{sign}{space}")


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
