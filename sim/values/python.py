"""From what a Python program has at hand to canonical values.

The rules are those of `convexToJson` for JavaScript values (semantics §2.1), with Python's types: `int` and `float`
are Float64, `Int64` is Int64, `bytes` and `bytearray` are Bytes. Dates, sets, tuples and instances of classes are
refused, as JavaScript's are.
"""

from __future__ import annotations

from typing import Any, Final

from .errors import DeveloperError
from .identifiers import check_field_name
from .rust import debug_float, debug_string
from .size import (
    MAX_ARRAY_LENGTH,
    MAX_NESTING,
    MAX_OBJECT_FIELDS,
    array_too_long,
    too_many_fields,
    too_nested,
)
from .text import check_unicode
from .types import COMMIT_TS, UNDEFINED, CommitTsPlaceholder, Int64, Undefined, Value, check_int64

__all__ = ["from_python", "patch_from_python", "pending_from_python"]

_LEARN_MORE: Final = "To learn about Convex's supported types, see https://docs.convex.dev/using/types."
_LONGEST_SHOWN: Final = 16384
_TRUNCATED: Final = "[...truncated]"


def from_python(value: Any) -> Value:
    """A canonical deep copy of `value`. Fields that are `UNDEFINED` are left out.

    Raises DeveloperError that names the path (`.a[0].b`) and the type of what is no Convex value.
    """
    return _Conversion(value, pending=False).convert(value, "", 1)


def pending_from_python(value: Any) -> Any:
    """Like `from_python`, but `COMMIT_TS` is allowed: for what a mutation writes."""
    return _Conversion(value, pending=True).convert(value, "", 1)


def patch_from_python(patch: Any) -> dict[str, Any]:
    """The fields of a patch: like `pending_from_python`, but top-level fields that are `UNDEFINED` are kept."""
    if not isinstance(patch, dict):
        raise DeveloperError("InvalidArgument", "Value must be an Object")
    fields = _Conversion(patch, pending=True).object(patch, "", 1)
    fields.update((name, UNDEFINED) for name, member in patch.items() if member is UNDEFINED)
    return fields


class _Conversion:
    """One conversion; it keeps the original value for error messages."""

    __slots__ = ("original", "pending")

    def __init__(self, original: Any, *, pending: bool) -> None:
        self.original = original
        self.pending = pending

    def convert(self, value: Any, path: str, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return value if value.isascii() else self.text(value, path)
        if kind is float or kind is bool or value is None:
            return value
        if kind is int:
            return self.number(value, path)
        if kind is dict:
            return self.object(value, path, depth)
        if kind is list:
            return self.array(value, path, depth)
        return self.uncommon(value, path, depth)

    def uncommon(self, value: Any, path: str, depth: int) -> Any:
        if isinstance(value, Int64):
            check_int64(value)
            return value
        if isinstance(value, bytes | bytearray):
            return bytes(value)
        # Subclasses (an IntEnum, a StrEnum, a numpy.float64, a defaultdict) count as what they extend.
        if isinstance(value, str):
            return self.text(str.__str__(value), path)
        if isinstance(value, float):
            return float.__float__(value)
        if isinstance(value, int):
            return self.number(int.__int__(value), path)
        if isinstance(value, dict):
            return self.object(value, path, depth)
        if isinstance(value, list):
            return self.array(value, path, depth)
        if isinstance(value, CommitTsPlaceholder) and self.pending:
            return COMMIT_TS
        if isinstance(value, Undefined):
            present = self.present(path)
            raise DeveloperError(
                "InvalidArgument", f"undefined is not a valid Convex value{present}. {_LEARN_MORE}"
            )
        raise DeveloperError("InvalidArgument", self.unsupported(value, path))

    def number(self, value: int, path: str) -> float:
        try:
            return float(value)
        except OverflowError:
            raise DeveloperError(
                "InvalidArgument",
                f"An int of {value.bit_length()} bits is too large for a Float64{self.present(path)}.",
            ) from None

    def text(self, value: str, path: str) -> str:
        try:
            return check_unicode(value)
        except DeveloperError as problem:
            raise DeveloperError(
                problem.code, problem.message.removesuffix(".") + self.at(path) + "."
            ) from None

    def array(self, value: list[Any], path: str, depth: int) -> list[Any]:
        if len(value) > MAX_ARRAY_LENGTH:
            raise array_too_long(len(value))
        if depth > MAX_NESTING:
            raise too_nested(depth)
        return [self.convert(element, f"{path}[{index}]", depth + 1) for index, element in enumerate(value)]

    def object(self, value: dict[Any, Any], path: str, depth: int) -> dict[str, Any]:
        if depth > MAX_NESTING:
            raise too_nested(depth)
        fields: dict[str, Any] = {}
        for name, member in value.items():
            if member is UNDEFINED:
                continue
            if not isinstance(name, str):
                raise DeveloperError(
                    "InvalidArgument",
                    f"Field names are strings, not {_show(name)} of type {type(name).__name__}{self.at(path)}.",
                )
            check_field_name(name)
            fields[str.__str__(name)] = self.convert(member, f"{path}.{name}", depth + 1)
        if len(fields) > MAX_OBJECT_FIELDS:
            raise too_many_fields(len(fields))
        return {name: fields[name] for name in sorted(fields)}

    def unsupported(self, value: Any, path: str) -> str:
        shown = _show(value)
        kind = type(value).__name__
        what = shown if shown == kind else f"{kind} {shown}"
        if not path:
            return f"{what} is not a supported Convex type."
        return f"{what} is not a supported Convex type{self.present(path)}. {_LEARN_MORE}"

    def present(self, path: str) -> str:
        return f" (present at path {path} in original object {_show(self.original)})" if path else ""

    def at(self, path: str) -> str:
        return f" (at path {path})" if path else ""


def _show(value: Any) -> str:
    shown = "".join(_pieces(value, 0))
    if len(shown) > _LONGEST_SHOWN:
        return shown[: _LONGEST_SHOWN - len(_TRUNCATED)] + _TRUNCATED
    return shown


def _pieces(value: Any, depth: int) -> str:
    """Like JSON; never an address and never hash order, so that a message is the same in every run."""
    if depth > MAX_NESTING:
        return "…"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return debug_string(str.__str__(value))
    if isinstance(value, Int64):
        return f"{int(value)}n"
    if isinstance(value, int):
        return str(int(value)) if value.bit_length() < 1024 else f"an int of {value.bit_length()} bits"
    if isinstance(value, float):
        return debug_float(float(value)).removesuffix(".0")
    if isinstance(value, dict):
        members = (
            f"{_pieces(name, depth + 1)}:{_pieces(member, depth + 1)}" for name, member in value.items()
        )
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_pieces(element, depth + 1) for element in value) + "]"
    if isinstance(value, set | frozenset):
        return "[" + ",".join(sorted(_pieces(element, depth + 1) for element in value)) + "]"
    if isinstance(value, Undefined):
        return '"undefined"'
    return type(value).__name__
