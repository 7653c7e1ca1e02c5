"""How `console` shows values in Python: the way Convex shows the same value of JavaScript."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from biconvex.sim.values import UNDEFINED, Int64
from biconvex.sim.values.rust import plain_float

__all__ = ["inspect"]

_MAX_DEPTH: Final = 5
_MAX_STRING: Final = 32_768
_INDENT: Final = "  "
_ESCAPES: Final = {"'": "\\'", "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def inspect(value: Any) -> str:
    """A value as text: `'text'`, `1.5`, `3n` for an `Int64`, `[ 1, 2 ]`, an object with each field on a line.

    What JavaScript has nothing like is shown as Python shows it.
    """
    return _inspect(value, 0, ())


def _inspect(value: Any, depth: int, seen: tuple[int, ...]) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Int64):
        return f"{int(value)}n"
    if isinstance(value, int | float):
        return _number(float(value))
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, BaseException):
        return f"[{type(value).__name__}: {value}]" if str(value) else f"[{type(value).__name__}]"
    if isinstance(value, list | tuple):
        return "[Array]" if depth >= _MAX_DEPTH else _array(value, depth, seen)
    if isinstance(value, Mapping):
        return "[Object]" if depth >= _MAX_DEPTH else _object(value, depth, seen)
    return repr(value)


def _array(value: list[Any] | tuple[Any, ...], depth: int, seen: tuple[int, ...]) -> str:
    if id(value) in seen:
        return "[Circular]"
    parts = [_inspect(item, depth + 1, (*seen, id(value))) for item in value]
    if not parts:
        return "[]"
    if any("\n" in part for part in parts):
        return f"[{_indented(parts, depth)}]"
    return f"[ {', '.join(parts)} ]"


def _object(value: Mapping[Any, Any], depth: int, seen: tuple[int, ...]) -> str:
    if id(value) in seen:
        return "[Circular]"
    parts = [
        f"{_key(name)}: {_inspect(field, depth + 1, (*seen, id(value)))}" for name, field in value.items()
    ]
    return f"{{{_indented(parts, depth)}}}" if parts else "{}"


def _key(name: Any) -> str:
    if not isinstance(name, str):
        return repr(name)
    is_plain = all(character in "_$" or (character.isascii() and character.isalnum()) for character in name)
    return name if is_plain else _quoted(name)


def _indented(parts: list[str], depth: int) -> str:
    outer = "\n" + _INDENT * depth
    return f"{outer}{_INDENT}{f',{outer}{_INDENT}'.join(parts)}{outer}"


def _quoted(text: str) -> str:
    left = len(text) - _MAX_STRING
    if left > 0:
        return f"{_quoted(text[:_MAX_STRING])}... {left} more character{'s' if left > 1 else ''}"
    if text.isprintable() and "'" not in text and "\\" not in text:
        return f"'{text}'"
    return "'" + "".join(map(_escaped, text)) + "'"


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\x{ord(character):02X}" if character < " " else character


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    if 1e-6 <= abs(value) < 1e21:
        return plain_float(value)
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent):+}"
