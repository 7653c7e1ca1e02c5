"""Writing values in Convex's JSON encoding, the one that `decoding` reads. Source: semantics §2.1."""

from __future__ import annotations

import binascii
from struct import Struct
from typing import Any, Final

import msgspec

from .identifiers import admit_field_name, admitted_field_names
from .int64 import Int64, check_int64
from .python import pending_from_python
from .types import COMMIT_TS, UNDEFINED

__all__ = ["dumps", "patch_to_json", "to_json", "to_json_or_undefined"]

_DOUBLE: Final = Struct("<d")
_ZERO: Final = bytes(8)
# Whole floats below this are printed as integers, as JavaScript prints them.
_EXACT: Final = float(2**53)


def to_json(value: Any) -> Any:
    """Make what JSON can hold of `value`, canonical or any that `from_python` takes: the npm package's convexToJson.

    Fields come in order, whole floats as integers. Raises DeveloperError for what is no Convex value.
    """
    try:
        return _encode(value)
    except (_UncommonError, RecursionError):
        # Either a value of Python's that has to be converted, or none at all, which this then explains.
        return _encode(pending_from_python(value))


def to_json_or_undefined(value: Any) -> Any:
    """Do as `to_json`, with `UNDEFINED` as `{"$undefined": null}`."""
    return {"$undefined": None} if value is UNDEFINED else to_json(value)


def patch_to_json(patch: dict[str, Any]) -> dict[str, Any]:
    """Make the JSON of a patch, with the fields that it removes (`UNDEFINED`) as `{"$undefined": null}`."""
    encoded: dict[str, Any] = to_json(
        {name: member for name, member in patch.items() if member is not UNDEFINED}
    )
    for name, member in patch.items():
        if member is UNDEFINED:
            admit_field_name(name)
            encoded[name] = {"$undefined": None}
    return {name: encoded[name] for name in sorted(encoded)}


def dumps(value: Any) -> str:
    """Make the JSON text of `value`. Equal values have equal texts."""
    try:
        return msgspec.json.encode(to_json(value)).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_encode(pending_from_python(value))).decode()


class _UncommonError(Exception):
    """The value is none of the canonical types."""


def _encode(value: Any) -> Any:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict:
        return _encode_object(value)
    if kind is float:
        return _encode_float(value)
    if kind is list:
        return [_encode(element) for element in value]
    if kind is Int64:
        check_int64(value)
        return {"$integer": _base64(value.to_bytes(8, "little", signed=True))}
    if kind is bytes:
        return {"$bytes": _base64(value)}
    if value is COMMIT_TS:
        return {"$commitTs": None}
    raise _UncommonError


def _encode_object(fields: dict[str, Any]) -> Any:
    encoded: dict[str, Any] = {}
    previous = ""
    ordered = True
    for name, member in fields.items():
        if name not in admitted_field_names:
            if type(name) is not str:
                raise _UncommonError
            admit_field_name(name)
        if name < previous:
            ordered = False
        previous = name
        kind = type(member)
        if kind is str:
            encoded[name] = member
        elif kind is float:
            encoded[name] = _encode_float(member)
        else:
            encoded[name] = _encode(member)
    return encoded if ordered else {name: encoded[name] for name in sorted(encoded)}


def _encode_float(number: float) -> Any:
    if -_EXACT < number < _EXACT:
        if number:
            return int(number) if number.is_integer() else number
        return 0 if _DOUBLE.pack(number) == _ZERO else {"$float": _base64(_DOUBLE.pack(number))}
    # Infinity minus itself is NaN, as NaN minus itself is.
    return number if number - number == 0 else {"$float": _base64(_DOUBLE.pack(number))}


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()
