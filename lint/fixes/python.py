"""Rewrites of Python code through libcst, which keeps comments and layout.

Import this module where a rewrite is made, not before: libcst takes a tenth of a second to load. Only the smallest
expression or statement is parsed, not its file: that takes a tenth of a millisecond a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst
from biconvex.lint.finding import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from biconvex.lint.declarations import Place

__all__ = ["insert_import", "insert_keyword"]


def insert_keyword(call: Place, name: str, value: str) -> Edit | None:
    """Put a keyword argument before all the others of a call, laid out as they are.

    `value` is the code of its value. None where the call can't be read by itself.
    """
    try:
        node = libcst.parse_expression(_text(call))
    except libcst.ParserSyntaxError:  # a line break that only brackets around the call allow
        return None
    if not isinstance(node, libcst.Call):
        return None
    added = libcst.Arg(
        libcst.parse_expression(value),
        keyword=libcst.Name(name),
        equal=libcst.AssignEqual(libcst.SimpleWhitespace(""), libcst.SimpleWhitespace("")),
    )
    at = next(
        (index for index, arg in enumerate(node.args) if arg.keyword is not None or arg.star == "**"),
        len(node.args),
    )
    before = node.whitespace_before_args
    if not node.args and isinstance(before, libcst.SimpleWhitespace):
        before = libcst.SimpleWhitespace("")
    args = _with_comma(node.args, at, added, before)
    return _edit(call, node.with_changes(args=args, whitespace_before_args=before))


def insert_import(statement: Place, beside: str, name: str) -> Edit | None:
    """Add a name behind another, known by its local name, in `from … import …`, laid out as the others are.

    None if the other isn't there.
    """
    line = libcst.parse_statement(_text(statement))
    found = line.body[0] if isinstance(line, libcst.SimpleStatementLine) else None
    if not isinstance(found, libcst.ImportFrom) or isinstance(found.names, libcst.ImportStar):
        return None
    at = next(
        (
            index
            for index, alias in enumerate(found.names, 1)
            if beside == (alias.evaluated_alias or alias.evaluated_name)
        ),
        None,
    )
    if at is None:
        return None
    before = found.lpar.whitespace_after if found.lpar else libcst.SimpleWhitespace("")
    names = _with_comma(found.names, at, libcst.ImportAlias(libcst.Name(name)), before)
    return _edit(statement, found.with_changes(names=names))


def _with_comma(
    items: Sequence[libcst.Arg] | Sequence[libcst.ImportAlias],
    at: int,
    added: libcst.Arg | libcst.ImportAlias,
    opening: libcst.BaseParenthesizableWhitespace,
) -> list[libcst.CSTNode]:
    """Insert an item into a list, with the commas that the list has; `opening` is the space before its first item."""
    spaces = [item.comma.whitespace_after for item in items[:-1] if isinstance(item.comma, libcst.Comma)]
    space = spaces[0] if spaces else opening
    if isinstance(space, libcst.ParenthesizedWhitespace):
        line = libcst.TrailingWhitespace(newline=space.first_line.newline)  # without the comment there
        space = space.with_changes(first_line=line, empty_lines=[])
    elif not spaces:
        space = libcst.SimpleWhitespace(" ")
    between = libcst.Comma(whitespace_after=space)
    before, after = items[:at], items[at:]
    if after:
        return [*before, added.with_changes(comma=between), *after]
    if not before:
        return [added]
    last = before[-1]
    return [*before[:-1], last.with_changes(comma=between), added.with_changes(comma=last.comma)]


def _text(place: Place) -> str:
    return place.text.replace("\r\n", "\n")


def _edit(place: Place, node: libcst.CSTNode) -> Edit:
    return Edit(place.source.path, place.start, place.end, libcst.Module([]).code_for_node(node))
