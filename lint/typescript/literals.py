"""Strings, numbers and regular expressions of TypeScript: from their spelling to their value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint.syntax import Literal

if TYPE_CHECKING:
    from biconvex.lint.syntax import Node
    from biconvex.lint.typescript.reader import Raw, Reader

__all__ = ["number", "number_value", "regex", "string", "unescape"]


def string(reader: Reader, node: Raw, _depth: int) -> Node:
    """A string in single or double quotes."""
    start, end = node.start_byte, node.end_byte
    piece = reader.text[start + 1 : end - 1]
    if not piece.isascii():
        piece = reader.read(start + 1, end - 1)
    return Literal(start, end, "string", unescape(piece) if "\\" in piece else piece)


def number(reader: Reader, node: Raw, _depth: int) -> Node:
    """A number, or a bigint."""
    start, end = node.start_byte, node.end_byte
    text = reader.text[start:end].replace("_", "")
    if text.isdecimal() and len(text) < 16 and text[0] != "0":
        return Literal(start, end, "number", int(text))
    if text.endswith("n"):
        return Literal(start, end, "bigint", number_value(text[:-1]))
    return Literal(start, end, "number", number_value(text))


_LONGEST = 4300  # digits; Python refuses to convert more


def number_value(text: str) -> int | float:
    """The value of a number's spelling (without `_`): an int if it is spelled as one, else a float."""
    if text[:1] == "0" and text[1:2] in tuple("xXoObB"):
        return int(text, 0)
    if text.isdecimal():
        if text[0] == "0" and len(text) > 1 and not set(text) & {"8", "9"}:
            return int(text, 8)
        return int(text) if len(text) < _LONGEST else float(text)
    return float(text)


def regex(reader: Reader, node: Raw, _depth: int) -> Node:
    """A regular expression, as it is spelled."""
    return Literal(node.start_byte, node.end_byte, "regex", reader.read(node.start_byte, node.end_byte))


_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|(\r\n|.))", re.DOTALL
)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_CONTINUATIONS = frozenset({"\n", "\r", "\r\n", "\u2028", "\u2029"})


def unescape(text: str) -> str:
    """The text that a string or template spells. Half a surrogate pair, which no UTF-8 can hold, becomes U+FFFD."""
    if "\\" not in text:
        return text
    found = _ESCAPE.sub(_unescaped, text)
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(match: re.Match[str]) -> str:
    braced, four, two, octal, single = match.groups()
    code = braced or four or two
    if code:
        value = int(code, 16) if len(code) < 8 else 0x110000
        return chr(value) if value < 0x110000 else match[0]
    if octal:
        return chr(int(octal, 8))
    return "" if single in _CONTINUATIONS else _SINGLE.get(single, single)
