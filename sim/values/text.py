"""Strings are Unicode text: a surrogate without its partner is none. Source: semantics §2.1."""

from __future__ import annotations

from .errors import DeveloperError

__all__ = ["check_unicode"]


def check_unicode(text: str) -> str:
    """`text` itself. Raises DeveloperError if it holds a lone surrogate, which UTF-8 can't encode."""
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        surrogate = ord(text[problem.start])
        raise DeveloperError(
            "InvalidArgument",
            f"A string has a lone surrogate U+{surrogate:04X} at index {problem.start}: "
            "Convex strings are sequences of Unicode characters.",
        ) from None
    return text
