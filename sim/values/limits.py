"""Limits on values that are tighter than Convex's own, for tests that want to meet them sooner."""

from __future__ import annotations

from typing import Any

import msgspec

from .size import (
    MAX_ARRAY_LENGTH,
    MAX_NESTING,
    MAX_OBJECT_FIELDS,
    array_too_long,
    too_many_fields,
    too_nested,
)

__all__ = ["ValueLimits"]


class ValueLimits(msgspec.Struct, frozen=True):
    """How long, wide and deep a value may be. Decoding holds values to Convex's own figures anyway (semantics §2.2)."""

    array_length: int = MAX_ARRAY_LENGTH
    object_fields: int = MAX_OBJECT_FIELDS
    nesting: int = MAX_NESTING

    def check(self, value: Any) -> None:
        """Raise `ArrayTooLong`, `TooManyFieldsError` or `TooNestedError` for a canonical value beyond these limits."""
        self._check(value, 1)

    def _check(self, value: Any, depth: int) -> None:
        kind = type(value)
        if kind is not list and kind is not dict:
            return
        if kind is list and len(value) > self.array_length:
            raise array_too_long(len(value), self.array_length)
        if kind is dict and len(value) > self.object_fields:
            raise too_many_fields(len(value), self.object_fields)
        if depth > self.nesting:
            raise too_nested(depth, self.nesting)
        for member in value if kind is list else value.values():
            self._check(member, depth + 1)
