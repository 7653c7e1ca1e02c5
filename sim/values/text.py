"""Strings are Unicode text: a surrogate without its partner is none. Source: semantics §2.1."""

from __future__ import annotations

from .errors import DeveloperError

__all__ = ["check_unicode"]


def check_unicode(text: str) -> str:
    """Return `text`. Raises DeveloperError if it holds a lone surrogate, which UTF-8 can't encode."""
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        raise DeveloperError(
            "InvalidArgument",
            f"A string with a lone surrogate (U+{ord(text[problem.start]):04X} at index {problem.start}) "
            "is not a supported Convex value",
        ) from None
    return text
