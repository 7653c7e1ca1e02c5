"""Text as Rust writes it: the backend's messages show values this way (semantics §3.3)."""

from __future__ import annotations

import math
import unicodedata
from decimal import Decimal
from typing import Final

__all__ = ["debug_char", "debug_float", "debug_string", "format_bytes", "json_float", "plain_float"]

_ESCAPES: Final = {"\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}

# Grapheme_Extend characters that are neither Mn nor Me (Unicode's Other_Grapheme_Extend).
_OTHER_EXTENDERS: Final = frozenset(
    map(
        chr,
        (
            *(0x09BE, 0x09D7, 0x0B3E, 0x0B57, 0x0BBE, 0x0BD7, 0x0CC2, 0x0CD5, 0x0CD6, 0x0D3E, 0x0D57),
            *(0x0DCF, 0x0DDF, 0x1B35, 0x302E, 0x302F, 0xFF9E, 0xFF9F, 0x1133E, 0x11357, 0x114B0),
            *(0x114BD, 0x115AF, 0x11930, 0x1D165, 0x1D16E, 0x1D16F, 0x1D170, 0x1D171, 0x1D172),
        ),
    )
)


def debug_string(text: str) -> str:
    """Write `text` in double quotes, escaped."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join('\\"' if c == '"' else _escape(c) for c in text) + '"'


def debug_char(character: str) -> str:
    """Write one character in single quotes, escaped."""
    return "'" + ("\\'" if character == "'" else _escape(character)) + "'"


def debug_float(number: float) -> str:
    """Write `number` with at least one decimal or an exponent: `1.0`, `0.1`, `1e16`, `-0.0`, `NaN`, `inf`."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    magnitude = abs(number)
    shortest = repr(number)
    if magnitude >= 1e16 or 0 < magnitude < 1e-4:
        mantissa, _, exponent = shortest.partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return shortest


def plain_float(number: float) -> str:
    """Write a finite `number` in digits only: `1`, `0.00001`."""
    return f"{Decimal(repr(number)):f}".removesuffix(".0")


def json_float(number: float) -> str:
    """Write a finite `number` as the backend's JSON does: like `debug_float`, but `0.00001` stays in digits."""
    if 1e-5 <= abs(number) < 1e-4:
        return plain_float(number)
    return debug_float(number)


def format_bytes(size: int) -> str:
    """Write a size with its binary unit: `512 B`, `1 MiB`, and `1.00 MiB` for one byte more."""
    amount = float(size)
    units = iter(("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"))
    unit = next(units)
    while amount >= 1024:
        amount /= 1024
        unit = next(units)
    return f"{amount:.{0 if amount.is_integer() else 2}f} {unit}"


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isascii():
        return character if character.isprintable() else f"\\u{{{ord(character):x}}}"
    extends = character in _OTHER_EXTENDERS or unicodedata.category(character) in {"Mn", "Me"}
    return f"\\u{{{ord(character):x}}}" if extends or not character.isprintable() else character
