"""The total order of all values, and index keys that carry it.

undefined < Null < Int64 < Float64 < Boolean < String < Bytes < Array < Object. Within a type: integers by size; floats
by IEEE 754's total order (-NaN < -inf < … < -0 < 0 < … < inf < NaN); strings by their UTF-8 bytes; bytes; arrays
element by element; objects as sorted lists of (name, value). Source: semantics §2.3.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, Final

from .int64 import MAX_INT64, Int64, check_int64
from .types import CommitTsPlaceholder, Undefined

__all__ = ["compare", "index_key", "index_key_of"]

_DOUBLE: Final = Struct(">d")
_BITS: Final = Struct(">Q")
_TAGGED_BITS: Final = Struct(">BQ")
_SIGN: Final = 1 << 63
_ALL: Final = (1 << 64) - 1


def index_key(value: Any) -> bytes:
    """Make the sort key of a canonical value or `UNDEFINED`: keys compare as bytes in the order of their values.

    A key ends itself: keys written one after another compare as tuples of their values. No key begins with 0xFF, but
    a key may be the start of another one that goes on with 0xFF: the key of "a" is the start of that of "a" and a zero.
    """
    kind = type(value)
    if kind is str:
        text = value.encode()
        return b"\x10%b\x00" % (text if b"\x00" not in text else text.replace(b"\x00", b"\x00\xff"))
    if kind is float:
        (bits,) = _BITS.unpack(_DOUBLE.pack(value))
        return _TAGGED_BITS.pack(0x0D, bits ^ _ALL if bits & _SIGN else bits | _SIGN)
    if value is None:
        return b"\x03"
    key: bytes = _WRITERS[kind](value)
    return key


def index_key_of(values: list[Any]) -> bytes:
    """Make the sort key of a tuple of values, each canonical or `UNDEFINED`."""
    return b"".join(map(index_key, values))


def _int64_key(number: int) -> bytes:
    # The tag's distance from that of zero says how many bytes follow: 1, 2, 4 or 8.
    if number == 0:
        return b"\x08"
    check_int64(number)
    bits = (number if number > 0 else ~number).bit_length() + 1
    distance = 1 if bits <= 8 else 2 if bits <= 16 else 3 if bits <= 32 else 4
    tag = 8 + distance if number > 0 else 8 - distance
    return bytes((tag,)) + number.to_bytes(1 << (distance - 1), "big", signed=True)


def _array_key(elements: list[Any]) -> bytes:
    return b"\x12%b\x00" % b"".join(map(index_key, elements))


def _object_key(fields: dict[str, Any]) -> bytes:
    parts = [b"\x15"]
    for name in sorted(fields):
        # The empty name would look like the end of the object, so it gets an escape.
        parts.append(name.encode() + b"\x00" if name else b"\x00\xff")
        parts.append(index_key(fields[name]))
    parts.append(b"\x00")
    return b"".join(parts)


_WRITERS: Final[dict[type, Any]] = {
    Undefined: lambda _: b"\x01",
    Int64: _int64_key,
    CommitTsPlaceholder: lambda _: _int64_key(MAX_INT64),
    bool: lambda value: b"\x0f" if value else b"\x0e",
    bytes: lambda value: b"\x11%b\x00" % value.replace(b"\x00", b"\x00\xff"),
    list: _array_key,
    dict: _object_key,
}

_RANKS: Final[dict[type, int]] = {
    Undefined: 0,
    type(None): 1,
    Int64: 2,
    CommitTsPlaceholder: 2,
    float: 3,
    bool: 4,
    str: 5,
    bytes: 6,
    list: 7,
    dict: 8,
}


def compare(left: Any, right: Any) -> int:
    """Return -1, 0 or 1, as `left` sorts before, with or after `right`; each canonical or `UNDEFINED`."""
    kind = type(left)
    if kind is not type(right):
        left_rank, right_rank = _RANKS[kind], _RANKS[type(right)]
        if left_rank != right_rank:
            return -1 if left_rank < right_rank else 1
        return _compare_plain(_as_int(left), _as_int(right))
    if kind is float:
        return _compare_floats(left, right)
    if kind is list:
        return _compare_arrays(left, right)
    if kind is dict:
        return _compare_objects(left, right)
    if left is right:
        return 0
    # Python compares strings by code point, which is the order of their UTF-8 bytes.
    return _compare_plain(left, right)


def _as_int(number: Any) -> int:
    return MAX_INT64 if type(number) is CommitTsPlaceholder else int(number)


def _compare_plain(left: Any, right: Any) -> int:
    return -1 if left < right else 1 if right < left else 0


def _compare_floats(left: float, right: float) -> int:
    if left < right:
        return -1
    if right < left:
        return 1
    if left == right != 0:
        return 0
    # Zeros of either sign, or a NaN.
    return _compare_plain(_total_order(left), _total_order(right))


def _total_order(number: float) -> int:
    bits: int = _BITS.unpack(_DOUBLE.pack(number))[0]
    return bits ^ _ALL if bits & _SIGN else bits | _SIGN


def _compare_arrays(left: list[Any], right: list[Any]) -> int:
    for a, b in zip(left, right, strict=False):
        if order := compare(a, b):
            return order
    return _compare_plain(len(left), len(right))


def _compare_objects(left: dict[str, Any], right: dict[str, Any]) -> int:
    for a, b in zip(sorted(left), sorted(right), strict=False):
        if a != b:
            return -1 if a < b else 1
        if order := compare(left[a], right[b]):
            return order
    return _compare_plain(len(left), len(right))
