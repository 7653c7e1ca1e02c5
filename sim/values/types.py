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

from .errors import DeveloperError

__all__ = [
    "COMMIT_TS",
    "MAX_INT64",
    "MIN_INT64",
    "UNDEFINED",
    "CommitTsPlaceholder",
    "Int64",
    "Undefined",
    "Value",
    "check_int64",
]

MIN_INT64: Final = -(2**63)
MAX_INT64: Final = 2**63 - 1


def check_int64(number: int) -> None:
    """Raise a DeveloperError unless `number` fits into 64 signed bits."""
    if not MIN_INT64 <= number <= MAX_INT64:
        raise DeveloperError(
            "InvalidArgument", f"BigInt {int(number)} does not fit into a 64-bit signed integer."
        )


class Int64(int):
    """A 64-bit signed integer, what JavaScript writes as `5n`. A plain `int` is a Float64 in Convex.

    Arithmetic between `Int64` and `int` stays `Int64`, as it does with bigints. As with them, a result may leave the
    64 bits on the way; it is refused when it becomes a Convex value.
    """

    __slots__ = ()

    def __new__(cls, number: int) -> Int64:
        if not isinstance(number, int) or isinstance(number, bool):
            raise TypeError(f"Int64 takes an int, not {type(number).__name__}")
        check_int64(number)
        return int.__new__(cls, number)

    def __repr__(self) -> str:
        return f"Int64({int(self)})"

    def __str__(self) -> str:
        return int.__repr__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unchecked, (int(self),))

    def __add__(self, other: int) -> Int64:
        return _unchecked(int.__add__(self, other))

    def __radd__(self, other: int) -> Int64:
        return _unchecked(int.__radd__(self, other))

    def __sub__(self, other: int) -> Int64:
        return _unchecked(int.__sub__(self, other))

    def __rsub__(self, other: int) -> Int64:
        return _unchecked(int.__rsub__(self, other))

    def __mul__(self, other: int) -> Int64:
        return _unchecked(int.__mul__(self, other))

    def __rmul__(self, other: int) -> Int64:
        return _unchecked(int.__rmul__(self, other))

    def __floordiv__(self, other: int) -> Int64:
        return _unchecked(int.__floordiv__(self, other))

    def __rfloordiv__(self, other: int) -> Int64:
        return _unchecked(int.__rfloordiv__(self, other))

    def __mod__(self, other: int) -> Int64:
        return _unchecked(int.__mod__(self, other))

    def __rmod__(self, other: int) -> Int64:
        return _unchecked(int.__rmod__(self, other))

    def __and__(self, other: int) -> Int64:
        return _unchecked(int.__and__(self, other))

    def __or__(self, other: int) -> Int64:
        return _unchecked(int.__or__(self, other))

    def __xor__(self, other: int) -> Int64:
        return _unchecked(int.__xor__(self, other))

    def __lshift__(self, other: int) -> Int64:
        return _unchecked(int.__lshift__(self, other))

    def __rshift__(self, other: int) -> Int64:
        return _unchecked(int.__rshift__(self, other))

    def __neg__(self) -> Int64:
        return _unchecked(int.__neg__(self))

    def __pos__(self) -> Int64:
        return self

    def __abs__(self) -> Int64:
        return _unchecked(int.__abs__(self))

    def __invert__(self) -> Int64:
        return _unchecked(int.__invert__(self))


def _unchecked(number: Any) -> Any:
    # The operators of int answer NotImplemented for what they do not know (a float).
    return number if number is NotImplemented else int.__new__(Int64, number)


class Undefined:
    """The type of `UNDEFINED`, JavaScript's `undefined`: a field that isn't there. It is no Convex value."""

    __slots__ = ()

    def __new__(cls) -> Undefined:
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
        return COMMIT_TS

    def __repr__(self) -> str:
        return "[unresolved commit timestamp]"

    def __reduce__(self) -> str:
        return "COMMIT_TS"


COMMIT_TS: Final[CommitTsPlaceholder] = object.__new__(CommitTsPlaceholder)

# One level deep on purpose: a fully recursive alias makes every read of a field a chain of casts.
Value: TypeAlias = None | bool | float | Int64 | str | bytes | list[Any] | dict[str, Any]
