"""From what a Python program has at hand to canonical values.

The rules are those of `convexToJson` for JavaScript values (semantics §2.1), with Python's types: `int` and `float`
are Float64, `Int64` is Int64, `bytes` and `bytearray` are Bytes. Dates, sets, tuples and instances of classes are
refused, as JavaScript's are.
"""

from __future__ import annotations

from typing import Any, Final

from .errors import DeveloperError
from .identifiers import admit_field_name, admitted_field_names
from .int64 import Int64, check_int64
from .show import show
from .size import (
    MAX_ARRAY_LENGTH,
    MAX_NESTING,
    MAX_OBJECT_FIELDS,
    array_too_long,
    too_many_fields,
    too_nested,
)
from .text import check_unicode
from .types import COMMIT_TS, UNDEFINED, CommitTsPlaceholder, Undefined, Value

__all__ = ["from_python", "patch_from_python", "pending_from_python"]

_LEARN_MORE: Final = "To learn about Convex's supported types, see https://docs.convex.dev/using/types."


def from_python(value: Any) -> Value:
    """Make a canonical deep copy of `value`. Fields that are `UNDEFINED` are left out.

    Raises DeveloperError that names the path (`.a[0].b`) and the type of what is no Convex value.
    """
    converted: Value = _convert_all(value, pending=False)
    return converted


def pending_from_python(value: Any) -> Any:
    """Do as `from_python`, with `COMMIT_TS` allowed: for what a mutation writes."""
    return _convert_all(value, pending=True)


def patch_from_python(patch: Any) -> dict[str, Any]:
    """Make the fields of a patch, as `pending_from_python` does; top-level fields that are `UNDEFINED` are kept."""
    if not isinstance(patch, dict):
        raise DeveloperError("InvalidArgument", "Value must be an Object")
    fields: dict[str, Any] = _convert_all(patch, pending=True)
    for name, member in patch.items():
        if member is UNDEFINED:
            admit_field_name(name)
            fields[name] = UNDEFINED
    return fields


class _RefusedError(Exception):
    """Something in a value is refused; the containers around it add the way to it, from the inside out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.steps: list[str] = []


def _convert_all(value: Any, *, pending: bool) -> Any:
    try:
        return _convert(value, 1, pending)
    except _RefusedError as refused:
        path = "".join(reversed(refused.steps))
        if path:
            where = f" (present at path {path} in original object {show(value)}). {_LEARN_MORE}"
        else:
            where = f". {_LEARN_MORE}" if value is UNDEFINED else "."
        raise DeveloperError("InvalidArgument", refused.reason + where) from None


def _convert(value: Any, depth: int, pending: bool) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _text(value)
    if kind is float or kind is bool or value is None or kind is bytes:
        return value
    if kind is int:
        return _number(value)
    if kind is dict:
        return _object(value, depth, pending)
    if kind is list:
        return _array(value, depth, pending)
    return _uncommon(value, depth, pending)


def _uncommon(value: Any, depth: int, pending: bool) -> Any:
    if isinstance(value, Int64):
        check_int64(value)
        return value
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    # Subclasses (an IntEnum, a StrEnum, a numpy.float64, a defaultdict) count as what they extend.
    if isinstance(value, str):
        return _text(str.__str__(value))
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, int):
        return _number(int.__int__(value))
    if isinstance(value, dict):
        return _object(value, depth, pending)
    if isinstance(value, list):
        return _array(value, depth, pending)
    if pending and isinstance(value, CommitTsPlaceholder):
        return COMMIT_TS
    if isinstance(value, Undefined):
        raise _RefusedError("undefined is not a valid Convex value")
    shown, name = show(value), type(value).__name__
    what = shown if shown == name else f"{name} {shown}"
    raise _RefusedError(f"{what} is not a supported Convex type")


def _number(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        reason = f"An int of {value.bit_length()} bits is too large for a Float64"
        raise _RefusedError(reason) from None


def _text(value: str) -> str:
    try:
        return check_unicode(value)
    except DeveloperError as problem:
        raise _RefusedError(problem.message) from None


def _array(value: list[Any], depth: int, pending: bool) -> list[Any]:
    if len(value) > MAX_ARRAY_LENGTH:
        raise array_too_long(len(value))
    if depth > MAX_NESTING:
        raise too_nested(depth)
    elements: list[Any] = []
    try:
        for element in value:
            elements.append(_convert(element, depth + 1, pending))  # noqa: PERF401  # its length is the index
    except _RefusedError as refused:
        refused.steps.append(f"[{len(elements)}]")
        raise
    return elements


def _object(value: dict[Any, Any], depth: int, pending: bool) -> dict[str, Any]:
    if depth > MAX_NESTING:
        raise too_nested(depth)
    fields: dict[str, Any] = {}
    name: Any = ""
    previous = ""
    ordered = True
    try:
        for name, member in value.items():
            if member is UNDEFINED:
                continue
            if type(name) is not str and isinstance(name, str):
                name = str.__str__(name)  # noqa: PLW2901  # a member of a StrEnum becomes its text
            if name not in admitted_field_names:
                admit_field_name(name)
            if name < previous:
                ordered = False
            previous = name
            # Common types in place: the arguments of every call pass here.
            kind = type(member)
            if kind is str:
                fields[name] = member if member.isascii() else _text(member)
            elif kind is float or kind is bool or member is None:
                fields[name] = member
            else:
                fields[name] = _convert(member, depth + 1, pending)
    except _RefusedError as refused:
        refused.steps.append(f".{name}")
        raise
    if len(fields) > MAX_OBJECT_FIELDS:
        raise too_many_fields(len(fields))
    return fields if ordered else {name: fields[name] for name in sorted(fields)}
