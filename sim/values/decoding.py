"""Reading Convex's JSON encoding of values: what JSON can't say is an object with one `$` name.

`{"$integer": base64 of 8 bytes}` is an Int64, `{"$float": …}` a Float64 that JSON has no number for (NaN, the
infinities, -0), `{"$bytes": base64}` bytes. Source: semantics §2.1.
"""

from __future__ import annotations

import binascii
from struct import Struct
from typing import Any, Final

import msgspec

from .errors import DeveloperError
from .identifiers import admit_field_name, admitted_field_names, reserved_field_name
from .int64 import Int64
from .rust import plain_float
from .size import (
    MAX_ARRAY_LENGTH,
    MAX_NESTING,
    MAX_OBJECT_FIELDS,
    MAX_VALUE_SIZE,
    array_too_long,
    check_size,
    size_of,
    too_many_fields,
    too_nested,
)
from .text import check_unicode
from .types import COMMIT_TS, UNDEFINED, Value

__all__ = ["from_json", "from_json_or_undefined", "loads", "patch_from_json", "pending_from_json"]

_DOUBLE: Final = Struct("<d")
_EXACT: Final = 2**53
_UNDEFINED_JSON: Final = {"$undefined": None}
# No value is ten times larger than its JSON text: a float takes 9 bytes, and there at least a digit.
_LARGEST_RATIO: Final = 10


def from_json(encoded: Any) -> Value:
    """Make the canonical value that parsed JSON encodes: a fresh copy, objects with their fields in order.

    Raises DeveloperError for JSON that encodes no value and for what exceeds the limits on arrays, objects and
    nesting (semantics §2.2).
    """
    value: Value = _value(encoded, 1, False)
    return value


def pending_from_json(encoded: Any) -> Any:
    """Do as `from_json`, with `{"$commitTs": null}` as `COMMIT_TS`: for what a mutation writes."""
    return _value(encoded, 1, True)


def from_json_or_undefined(encoded: Any) -> Any:
    """Do as `from_json`, with `{"$undefined": null}` as `UNDEFINED`: for index bounds and filter literals."""
    return UNDEFINED if encoded == _UNDEFINED_JSON else from_json(encoded)


def patch_from_json(encoded: Any) -> dict[str, Any]:
    """Make the fields of a patch: those that it removes are `UNDEFINED`, those of the commit `COMMIT_TS`."""
    if type(encoded) is not dict:
        raise DeveloperError("InvalidArgument", "Value must be an Object")
    kept = {name: member for name, member in encoded.items() if member != _UNDEFINED_JSON}
    patch: dict[str, Any] = _fields(kept, 1, True)
    for name in encoded:
        if name not in kept:
            admit_field_name(name)
            patch[name] = UNDEFINED
    return patch


def loads(text: str | bytes) -> Value:
    """Make the canonical value that JSON text encodes. Raises DeveloperError, for bad JSON too."""
    try:
        encoded = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError) as problem:
        raise DeveloperError("InvalidArgument", f"Received invalid json: {problem}") from None
    except RecursionError:
        raise DeveloperError("InvalidArgument", "Received invalid json: it is nested too deep") from None
    value = from_json(encoded)
    if len(text) * _LARGEST_RATIO > MAX_VALUE_SIZE:
        check_size(size_of(value))
    return value


# Flags are positional and common types are tried first and in place: every document passes here.


def _value(encoded: Any, depth: int, pending: bool) -> Any:
    kind = type(encoded)
    if kind is str:
        return encoded if encoded.isascii() else check_unicode(encoded)
    if kind is dict:
        return _object(encoded, depth, pending)
    if kind is list:
        return _array(encoded, depth, pending)
    if kind is float or encoded is None or kind is bool:
        return encoded
    if kind is int:
        try:
            return float(encoded)
        except OverflowError:
            raise DeveloperError("InvalidArgument", "Received invalid json: number out of range") from None
    raise DeveloperError("InvalidArgument", f"Received a {kind.__name__}, which is not JSON.")


def _array(encoded: list[Any], depth: int, pending: bool) -> list[Any]:
    if len(encoded) > MAX_ARRAY_LENGTH:
        raise array_too_long(len(encoded))
    if depth > MAX_NESTING:
        raise too_nested(depth)
    deeper = depth + 1
    return [element if type(element) is float else _value(element, deeper, pending) for element in encoded]


def _object(encoded: dict[str, Any], depth: int, pending: bool) -> Any:
    if len(encoded) == 1:
        ((name, member),) = encoded.items()
        if type(name) is str and name[:1] == "$":
            return _special(name, member, pending)
    return _fields(encoded, depth, pending)


def _fields(encoded: dict[str, Any], depth: int, pending: bool) -> dict[str, Any]:
    if len(encoded) > MAX_OBJECT_FIELDS:
        raise too_many_fields(len(encoded))
    if depth > MAX_NESTING:
        raise too_nested(depth)
    fields: dict[str, Any] = {}
    previous = ""
    ordered = True
    for name, member in encoded.items():
        if name not in admitted_field_names:
            admit_field_name(name)
        if name < previous:
            ordered = False
        previous = name
        kind = type(member)
        if kind is str:
            fields[name] = member if member.isascii() else check_unicode(member)
        elif kind is float or kind is bool:
            fields[name] = member
        elif kind is int and -_EXACT < member < _EXACT:
            fields[name] = float(member)
        else:
            fields[name] = _value(member, depth + 1, pending)
    return fields if ordered else {name: fields[name] for name in sorted(fields)}


def _special(name: str, member: Any, pending: bool) -> Any:
    if name == "$integer":
        return int.__new__(Int64, int.from_bytes(_eight_bytes(name, member), "little", signed=True))
    if name == "$float":
        number: float = _DOUBLE.unpack(_eight_bytes(name, member))[0]
        # Zero of either sign passes, as it does in the backend.
        if number - number == 0 and number != 0:
            raise DeveloperError(
                "InvalidArgument", f"Float64 {plain_float(number)} should be encoded as a number"
            )
        return number
    if name == "$bytes":
        return _base64(name, member)
    if name == "$commitTs" and pending:
        if member is not None:
            raise DeveloperError("InvalidArgument", "$commitTs value must be null")
        return COMMIT_TS
    if name in {"$set", "$map"}:
        raise DeveloperError(
            "InvalidArgument",
            f"Received a {name[1:].capitalize()} which is no longer supported as a Convex type.",
        )
    raise reserved_field_name(name)


def _eight_bytes(name: str, encoded: Any) -> bytes:
    decoded = _base64(name, encoded)
    if len(decoded) != 8:
        kind = "Int64" if name == "$integer" else "Float64"
        raise DeveloperError("InvalidArgument", f"{kind} must be exactly eight bytes")
    return decoded


def _base64(name: str, encoded: Any) -> bytes:
    if type(encoded) is not str:
        raise DeveloperError("InvalidArgument", f"Malformed {name} field: expected a base64 string")
    try:
        decoded = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError as problem:
        raise DeveloperError("InvalidArgument", f"Malformed {name} field: {problem}") from None
    # Python lets the unused bits of the last character be anything; the backend does not.
    tail = decoded[-(len(decoded) % 3 or 3) :]
    if not encoded.endswith(binascii.b2a_base64(tail, newline=False).decode()):
        raise DeveloperError("InvalidArgument", f"Malformed {name} field: unused bits are not zero")
    return decoded
