"""Lone surrogates in JSON text: what the backend's JSON library says of them (semantics §2.1)."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["lone_surrogate", "well_formed"]

_HALF: Final = re.compile("[\ud800-\udfff]")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)")
_LOW: Final = range(0xDC00, 0xE000)
_HIGH: Final = range(0xD800, 0xDC00)


def well_formed(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, as logs and messages of errors show it."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def lone_surrogate(text: str) -> str | None:
    """What is wrong with the first escaped surrogate that has no partner, and where; None if there is none.

    UTF-8 has no bytes for such a half. The column counts bytes, from 1.
    """
    pending: re.Match[str] | None = None
    for escape in _ESCAPE.finditer(text):
        code = int(escape[1], 16) if escape[1] else -1
        if pending is not None and escape.start() == pending.end():
            if escape[1] is None:
                return _problem("unexpected end of hex escape", text, escape.start() + 2)
            if code not in _LOW:
                return _problem("lone leading surrogate in hex escape", text, escape.end())
            pending = None
        elif pending is not None:
            break
        elif code in _LOW:
            return _problem("lone leading surrogate in hex escape", text, escape.end())
        elif code in _HIGH:
            pending = escape
    if pending is None:
        return None
    return _problem("unexpected end of hex escape", text, pending.end() + 1)


def _problem(what: str, text: str, end: int) -> str:
    return f"{what} at line 1 column {len(text[:end].encode())}"
