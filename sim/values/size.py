"""How large and how deep a value is, and the limits on that. Source: semantics §2.1, §2.2."""

from __future__ import annotations

from typing import Any, Final

from .errors import DeveloperError
from .int64 import Int64
from .rust import format_bytes
from .types import CommitTsPlaceholder, Undefined

__all__ = [
    "MAX_ARRAY_LENGTH",
    "MAX_NESTING",
    "MAX_OBJECT_FIELDS",
    "MAX_VALUE_SIZE",
    "array_too_long",
    "check_size",
    "nesting_of",
    "size_of",
    "too_many_fields",
    "too_nested",
]

MAX_ARRAY_LENGTH: Final = 8192
MAX_OBJECT_FIELDS: Final = 1024
MAX_NESTING: Final = 64
MAX_VALUE_SIZE: Final = 1 << 25

# Types whose values all have one size; CommitTsPlaceholder counts as the Int64 it becomes. A type that is not here
# is a string, bytes or a container.
_FIXED: Final[dict[type, int]] = {
    Undefined: 0,
    type(None): 1,
    bool: 1,
    float: 9,
    Int64: 9,
    CommitTsPlaceholder: 9,
}


def size_of(value: Any) -> int:
    """Return the size of a canonical value in bytes, in which limits and bandwidth are counted."""
    kind = type(value)
    if kind is str:
        return 2 + (len(value) if value.isascii() else len(value.encode()))
    if kind is dict:
        size = 2 + len(value)
        for name, member in value.items():
            kind = type(member)
            if kind is str:
                size += len(name) + 2 + (len(member) if member.isascii() else len(member.encode()))
            elif kind is float:
                size += len(name) + 9
            else:
                size += len(name) + size_of(member)
        return size
    if kind is list:
        return 2 + sum(map(size_of, value))
    if kind is bytes:
        return 2 + len(value)
    return _FIXED[kind]


def nesting_of(value: Any) -> int:
    """Return how many arrays and objects deep a canonical value is: 0 for a number, 1 for `[]` and `[1]`."""
    kind = type(value)
    if kind is dict:
        return 1 + max(map(nesting_of, value.values()), default=0)
    if kind is list:
        return 1 + max(map(nesting_of, value), default=0)
    return 0


def check_size(size: int, maximum: int = MAX_VALUE_SIZE) -> None:
    """Raise `ValueTooLargeError` for a size above `maximum` bytes (32 MiB for any value)."""
    if size > maximum:
        raise DeveloperError(
            "ValueTooLargeError",
            f"Value is too large ({format_bytes(size)} > maximum size {format_bytes(maximum)})",
        )


def array_too_long(length: int, maximum: int = MAX_ARRAY_LENGTH) -> DeveloperError:
    """Make the error for an array of more elements than there may be."""
    return DeveloperError("ArrayTooLong", f"Array length is too long ({length} > maximum length {maximum})")


def too_many_fields(count: int, maximum: int = MAX_OBJECT_FIELDS) -> DeveloperError:
    """Make the error for an object of more fields than there may be."""
    return DeveloperError(
        "TooManyFieldsError", f"Object has too many fields ({count} > maximum number {maximum})"
    )


def too_nested(nesting: int, maximum: int = MAX_NESTING) -> DeveloperError:
    """Make the error for a value that nests deeper than it may."""
    return DeveloperError(
        "TooNestedError", f"Value is too nested (nested {nesting} levels deep > maximum nesting {maximum})"
    )
