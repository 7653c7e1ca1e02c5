"""The arguments of a syscall as the backend takes them: JSON of the right shape, or an error that names it.

A function in JavaScript may pass anything. The backend's errors are those of its JSON library (semantics §1.1).
"""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

from biconvex.sim.values import DeveloperError

__all__ = [
    "check_arguments_object",
    "count_argument",
    "member_argument",
    "optional_count",
    "optional_text",
    "text_argument",
]

_MISSING: Final = object()


def check_arguments_object(arguments: Any, op: str) -> None:
    """Refuse arguments of a syscall that are no object."""
    if type(arguments) is not dict:
        operation = op.removeprefix("1.0/").removeprefix("actions/")
        raise _refused(operation, f"invalid type: {_described(arguments)}, expected a map")


def member_argument(arguments: Any, name: str, operation: str) -> Any:
    """Something that must be there."""
    value = arguments.get(name, _MISSING)
    if value is _MISSING:
        raise _refused(operation, f"missing field `{name}`")
    return value


def text_argument(arguments: Any, name: str, operation: str) -> str:
    """A string that must be there."""
    value = arguments.get(name, _MISSING)
    if type(value) is str:
        return value
    if value is _MISSING:
        raise _refused(operation, f"missing field `{name}`")
    raise _refused(operation, f"invalid type: {_described(value)}, expected a string")


def optional_text(arguments: Any, name: str, operation: str) -> str | None:
    """A string, or None where there is none."""
    return None if _is_null(arguments.get(name)) else text_argument(arguments, name, operation)


def optional_count(arguments: Any, name: str, operation: str) -> int | None:
    """An integer that is not negative, or None where there is none."""
    value = arguments.get(name)
    return None if _is_null(value) else count_argument(value, operation)


def count_argument(value: Any, operation: str) -> int:
    """An integer that is not negative."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise _refused(operation, f"invalid type: {_described(value)}, expected usize")
    if value < 0:
        raise _refused(operation, f"invalid value: {_described(value)}, expected usize")
    return value


def _refused(operation: str, cause: str) -> DeveloperError:
    return DeveloperError("InvalidArgument", f"Invalid arguments for `{operation}`: {cause}")


def _is_null(value: Any) -> bool:
    """Whether JSON, in which arguments travel, has null for a value: it has no NaN and no infinities."""
    return value is None or (type(value) is float and not isfinite(value))


def _described(value: Any) -> str:
    if _is_null(value):
        return "null"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int | float):
        return f"integer `{int(value)}`" if value == int(value) else f"floating point `{value!r}`"
    if isinstance(value, str):
        return f'string "{value}"'
    return "sequence" if isinstance(value, list) else "map"
