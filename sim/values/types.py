"""The Python shapes of Convex values.

| Convex | Python |
| --- | --- |
| Null | `None` |
| Int64 (JavaScript's bigint) | `Int64` |
| Float64 (JavaScript's number) | `float`, always: `5` becomes `5.0` |
| Boolean | `bool` |
| String | `str` |
| Bytes (ArrayBuffer) | `bytes` |
| Array | `list` |
| Object | `dict` with `str` keys, in the order of their bytes |

A value in this form is called canonical. `from_json` and `from_python` make canonical values; everything else in
this package expects them. Source: semantics §2.1.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from .int64 import Int64

__all__ = ["COMMIT_TS", "UNDEFINED", "CommitTsPlaceholder", "Undefined", "Value"]


class Undefined:
    """The type of `UNDEFINED`, JavaScript's `undefined`: a field that isn't there. It is no Convex value."""

    __slots__ = ()

    def __new__(cls) -> Undefined:
        """Return the only instance."""
        return UNDEFINED

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final[Undefined] = object.__new__(Undefined)


class CommitTsPlaceholder:
    """The type of `COMMIT_TS`: the commit timestamp of a mutation that hasn't committed yet.

    It becomes an `Int64` at the commit. Until then it orders, validates and is shown as the largest one
    (semantics §2.1).
    """

    __slots__ = ()

    def __new__(cls) -> CommitTsPlaceholder:
        """Return the only instance."""
        return COMMIT_TS

    def __repr__(self) -> str:
        return "[unresolved commit timestamp]"

    def __reduce__(self) -> str:
        return "COMMIT_TS"


COMMIT_TS: Final[CommitTsPlaceholder] = object.__new__(CommitTsPlaceholder)

# One level deep on purpose: a fully recursive alias makes every read of a field a chain of casts.
Value: TypeAlias = bool | float | Int64 | str | bytes | list[Any] | dict[str, Any] | None
