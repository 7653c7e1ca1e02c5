"""Int64, the type that JavaScript writes as `5n`. Source: semantics §2.1."""

from __future__ import annotations

from typing import Any, Final, cast

from .errors import DeveloperError

__all__ = ["MAX_INT64", "MIN_INT64", "Int64", "check_int64"]

MIN_INT64: Final = -(2**63)
MAX_INT64: Final = 2**63 - 1


def check_int64(number: int) -> None:
    """Raise a DeveloperError unless `number` fits into 64 signed bits."""
    if not MIN_INT64 <= number <= MAX_INT64:
        raise DeveloperError(
            "InvalidArgument", f"BigInt {int(number)} does not fit into a 64-bit signed integer."
        )


class Int64(int):
    """A 64-bit signed integer. A plain `int` is a Float64 in Convex.

    Arithmetic with an `int` stays `Int64`, as it stays bigint in JavaScript. As there, a result may leave the 64 bits
    on the way; it is refused when it becomes a Convex value.
    """

    __slots__ = ()

    def __new__(cls, number: int) -> Int64:
        """Raise TypeError for what is no int, DeveloperError for an int that needs more than 64 bits."""
        if not isinstance(number, int) or isinstance(number, bool):
            raise TypeError(f"Int64 takes an int, not {type(number).__name__}")
        check_int64(number)
        return int.__new__(cls, number)

    def __repr__(self) -> str:
        return f"Int64({int(self)})"

    def __str__(self) -> str:
        return int.__repr__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _bigint, (int(self),)

    def __add__(self, other: int) -> Int64:
        return _bigint(int.__add__(self, other))

    def __radd__(self, other: int) -> Int64:
        return _bigint(int.__radd__(self, other))

    def __sub__(self, other: int) -> Int64:
        return _bigint(int.__sub__(self, other))

    def __rsub__(self, other: int) -> Int64:
        return _bigint(int.__rsub__(self, other))

    def __mul__(self, other: int) -> Int64:
        return _bigint(int.__mul__(self, other))

    def __rmul__(self, other: int) -> Int64:
        return _bigint(int.__rmul__(self, other))

    def __floordiv__(self, other: int) -> Int64:
        return _bigint(int.__floordiv__(self, other))

    def __rfloordiv__(self, other: int) -> Int64:
        return _bigint(int.__rfloordiv__(self, other))

    def __mod__(self, other: int) -> Int64:
        return _bigint(int.__mod__(self, other))

    def __rmod__(self, other: int) -> Int64:
        return _bigint(int.__rmod__(self, other))

    def __divmod__(self, other: int) -> tuple[Int64, Int64]:
        return self // other, self % other

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        power = int.__pow__(self, other, modulo)
        return _bigint(power) if type(power) is int else power

    def __and__(self, other: int) -> Int64:
        return _bigint(int.__and__(self, other))

    __rand__ = __and__

    def __or__(self, other: int) -> Int64:
        return _bigint(int.__or__(self, other))

    __ror__ = __or__

    def __xor__(self, other: int) -> Int64:
        return _bigint(int.__xor__(self, other))

    __rxor__ = __xor__

    def __lshift__(self, other: int) -> Int64:
        return _bigint(int.__lshift__(self, other))

    def __rshift__(self, other: int) -> Int64:
        return _bigint(int.__rshift__(self, other))

    def __neg__(self) -> Int64:
        return _bigint(int.__neg__(self))

    def __pos__(self) -> Int64:
        return self

    def __abs__(self) -> Int64:
        return _bigint(int.__abs__(self))

    def __invert__(self) -> Int64:
        return _bigint(int.__invert__(self))


def _bigint(number: int) -> Int64:
    # The operators of int answer NotImplemented for what they do not know: a float, for one.
    return cast("Int64", number) if number is NotImplemented else int.__new__(Int64, number)
