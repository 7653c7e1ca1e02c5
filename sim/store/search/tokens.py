"""From text to the tokens that are searched for: the same for documents and queries. Source: semantics §12.2.

The backend splits with Rust's `char::is_alphanumeric`: Unicode's property Alphabetic and the numbers. Python's
`str.isalnum` doesn't know the former (the vowel signs of Hindi are no letters to it), hence the library `regex`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["distinct_tokens", "tokenize"]

# Tokens of so many UTF-8 bytes or more are dropped (semantics §7, row 34).
MAX_TOKEN_BYTES: Final = 32

_ASCII_WORDS: Final = re.compile("[0-9A-Za-z]+")


def tokenize(text: str) -> list[str]:
    """The tokens of a text in their order, in lower case; a token that occurs twice is there twice."""
    if text.isascii():
        return [word.lower() for word in _ASCII_WORDS.findall(text) if len(word) < MAX_TOKEN_BYTES]
    words = _find_words()(text)
    return [_lower(word) for word in words if len(word.encode()) < MAX_TOKEN_BYTES]


@lru_cache(maxsize=4)
def distinct_tokens(text: str) -> Mapping[str, None]:
    """The tokens of a text, each once. The last few texts are remembered: each is held against every search."""
    return dict.fromkeys(tokenize(text))


@cache
def _find_words() -> Callable[[str], list[str]]:
    import regex  # noqa: PLC0415 - most texts do without it, and it takes 8 ms to load

    return regex.compile(r"[\p{Alphabetic}\p{N}]+").findall


def _lower(word: str) -> str:
    # One character at a time: `str.lower` looks at a sigma's neighbours, the backend doesn't.
    return "".join(map(str.lower, word))
