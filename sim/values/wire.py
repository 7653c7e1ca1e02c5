"""Convex's JSON encoding of values: what JSON can't say is an object with one `$` key.

`{"$integer": base64 of 8 bytes}` is an Int64, `{"$float": …}` a Float64 that JSON has no number for (NaN, the
infinities, -0), `{"$bytes": base64}` bytes. Source: semantics §2.1.
"""

from __future__ import annotations

import binascii
from struct import Struct
from typing import Any, Final

import msgspec

from .errors import DeveloperError
from .identifiers import check_field_name
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
from .types import COMMIT_TS, UNDEFINED, CommitTsPlaceholder, Int64, Value, check_int64

__all__ = [
    "dumps",
    "from_json",
    "from_json_or_undefined",
    "loads",
    "patch_from_json",
    "patch_to_json",
    "pending_from_json",
    "to_json",
    "to_json_or_undefined",
]

_DOUBLE: Final = Struct("<d")
_UNDEFINED_JSON: Final = {"$undefined": None}
# No value is nine times larger than its JSON text: a number takes a digit and a comma there, and 9 bytes in size.
_LARGEST_RATIO: Final = 9


def from_json(encoded: Any) -> Value:
    """The canonical value that parsed JSON encodes; a fresh copy, objects with their fields sorted.

    Raises DeveloperError for JSON that encodes no value and for what exceeds the limits on arrays, objects and
    nesting (semantics §2.2).
    """
    kind = type(encoded)
    if kind is str:
        return encoded if encoded.isascii() else check_unicode(encoded)
    if kind is dict:
        return _object(encoded, 1, pending=False)
    if kind is list:
        return _array(encoded, 1, pending=False)
    return _scalar(encoded)


def pending_from_json(encoded: Any) -> Value | CommitTsPlaceholder:
    """Like `from_json`, but `{"$commitTs": null}` becomes `COMMIT_TS`: for what a mutation writes."""
    kind = type(encoded)
    if kind is dict:
        return _object(encoded, 1, pending=True)
    if kind is list:
        return _array(encoded, 1, pending=True)
    return from_json(encoded)


def from_json_or_undefined(encoded: Any) -> Any:
    """Like `from_json`, but `{"$undefined": null}` becomes `UNDEFINED`: for index bounds and filter literals."""
    return UNDEFINED if encoded == _UNDEFINED_JSON else from_json(encoded)


def patch_from_json(encoded: Any) -> dict[str, Any]:
    """The fields of a patch; those that it removes are `UNDEFINED`, those of the commit `COMMIT_TS`."""
    if type(encoded) is not dict:
        raise DeveloperError("InvalidArgument", "Value must be an Object")
    removed = [name for name, member in encoded.items() if member == _UNDEFINED_JSON]
    for name in removed:
        check_field_name(name)
    kept = {name: member for name, member in encoded.items() if member != _UNDEFINED_JSON}
    patch: dict[str, Any] = _object(kept, 1, pending=True, tagged=False)
    patch.update(dict.fromkeys(removed, UNDEFINED))
    return patch


def loads(text: str | bytes) -> Value:
    """The canonical value that JSON text encodes. Raises DeveloperError, for bad JSON too."""
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


def to_json(value: Any) -> Any:
    """What JSON can hold of a canonical value: whole floats as integers, as JavaScript prints them.

    Raises DeveloperError for what is no Convex value.
    """
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        raise DeveloperError("InvalidArgument", f"{type(value).__name__} is not a supported Convex type.")
    return encoder(value)


def to_json_or_undefined(value: Any) -> Any:
    """Like `to_json`, but `UNDEFINED` becomes `{"$undefined": null}`."""
    return {"$undefined": None} if value is UNDEFINED else to_json(value)


def patch_to_json(patch: dict[str, Any]) -> dict[str, Any]:
    """The JSON of a patch, the removed fields (`UNDEFINED`) as `{"$undefined": null}`."""
    return {name: to_json_or_undefined(patch[name]) for name in sorted(patch)}


def dumps(value: Any) -> str:
    """The JSON text of a canonical value. Equal values have equal texts."""
    return msgspec.json.encode(to_json(value)).decode()


def _scalar(encoded: Any) -> Any:
    kind = type(encoded)
    if kind is float or encoded is None or kind is bool:
        return encoded
    if kind is int:
        try:
            return float(encoded)
        except OverflowError:
            raise DeveloperError(
                "InvalidArgument", "Received a number that is too large for a Float64."
            ) from None
    raise DeveloperError("InvalidArgument", f"Received a {kind.__name__}, which is not JSON.")


def _array(encoded: list[Any], depth: int, *, pending: bool) -> list[Any]:
    if len(encoded) > MAX_ARRAY_LENGTH:
        raise array_too_long(len(encoded))
    if depth > MAX_NESTING:
        raise too_nested(depth)
    elements: list[Any] = []
    append = elements.append
    for element in encoded:
        kind = type(element)
        if kind is str:
            append(element if element.isascii() else check_unicode(element))
        elif kind is float:
            append(element)
        elif kind is dict:
            append(_object(element, depth + 1, pending=pending))
        elif kind is list:
            append(_array(element, depth + 1, pending=pending))
        else:
            append(_scalar(element))
    return elements


def _object(encoded: dict[str, Any], depth: int, *, pending: bool, tagged: bool = True) -> Any:
    count = len(encoded)
    if count == 1 and tagged:
        ((name, member),) = encoded.items()
        if name[:1] == "$":
            return _special(name, member, pending=pending)
    if count > MAX_OBJECT_FIELDS:
        raise too_many_fields(count)
    if depth > MAX_NESTING:
        raise too_nested(depth)
    fields: dict[str, Any] = {}
    previous = ""
    ordered = True
    for name, member in encoded.items():
        if name not in _checked_names:
            _remember_name(name)
        if name < previous:
            ordered = False
        previous = name
        kind = type(member)
        if kind is str:
            fields[name] = member if member.isascii() else check_unicode(member)
        elif kind is float:
            fields[name] = member
        elif kind is dict:
            fields[name] = _object(member, depth + 1, pending=pending)
        elif kind is list:
            fields[name] = _array(member, depth + 1, pending=pending)
        else:
            fields[name] = _scalar(member)
    return fields if ordered else {name: fields[name] for name in sorted(fields)}


# Names of fields that passed the check. Bounded, because a record may use ids as names.
_checked_names: set[str] = set()
_MOST_CHECKED_NAMES: Final = 10_000


def _remember_name(name: Any) -> None:
    if type(name) is not str:
        raise DeveloperError(
            "InvalidArgument", f"Received an object with a {type(name).__name__} as a field name."
        )
    check_field_name(name)
    if len(_checked_names) >= _MOST_CHECKED_NAMES:
        _checked_names.clear()
    _checked_names.add(name)


def _special(name: str, member: Any, *, pending: bool) -> Any:
    if name == "$integer":
        return int.__new__(Int64, int.from_bytes(_eight_bytes(name, member), "little", signed=True))
    if name == "$float":
        number: float = _DOUBLE.unpack(_eight_bytes(name, member))[0]
        if number - number == 0 and number != 0:
            raise DeveloperError("InvalidArgument", f"Float64 {number!r} should be encoded as a number")
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
    check_field_name(name)
    raise AssertionError(name)  # check_field_name refuses every name with a `$`


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
    tail = decoded[len(decoded) - (len(decoded) % 3 or 3) :]
    if tail and not encoded.endswith(_to_base64(tail)):
        raise DeveloperError("InvalidArgument", f"Malformed {name} field: Invalid last symbol")
    return decoded


def _to_base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _encode_float(number: float) -> Any:
    if number.is_integer():
        if -9007199254740992.0 < number < 9007199254740992.0 and (number or _DOUBLE.pack(number) == _ZERO):
            return int(number)
        return number if number else {"$float": _to_base64(_DOUBLE.pack(number))}
    if number - number == 0:
        return number
    return {"$float": _to_base64(_DOUBLE.pack(number))}


_ZERO: Final = bytes(8)


def _encode_int64(number: int) -> Any:
    check_int64(number)
    return {"$integer": _to_base64(number.to_bytes(8, "little", signed=True))}


def _encode_object(fields: dict[str, Any]) -> Any:
    encoded = {}
    previous = ""
    ordered = True
    for name, member in fields.items():
        if name < previous:
            ordered = False
        previous = name
        kind = type(member)
        if kind is str:
            encoded[name] = member
        elif kind is float:
            encoded[name] = _encode_float(member)
        else:
            encoded[name] = to_json(member)
    return encoded if ordered else {name: encoded[name] for name in sorted(encoded)}


_ENCODERS: Final[dict[type, Any]] = {
    type(None): lambda value: value,
    bool: lambda value: value,
    str: lambda value: value,
    float: _encode_float,
    Int64: _encode_int64,
    bytes: lambda value: {"$bytes": _to_base64(value)},
    list: lambda value: [to_json(element) for element in value],
    dict: _encode_object,
    CommitTsPlaceholder: lambda _: {"$commitTs": None},
}
