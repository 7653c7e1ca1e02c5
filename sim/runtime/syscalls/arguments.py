"""The arguments of a syscall as the backend takes them: JSON of the right shape, or an error that names it.

A function in JavaScript may pass anything. The backend's errors are those of its JSON library (semantics §1.1).
"""

from __future__ import annotations

from typing import Any, Final

from biconvex.sim.values import DeveloperError

__all__ = ["count_argument", "optional_text", "text_argument"]

_MISSING: Final = object()


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
    return None if arguments.get(name) is None else text_argument(arguments, name, operation)


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


def _described(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int | float):
        return f"integer `{int(value)}`" if value == int(value) else f"floating point `{value!r}`"
    if isinstance(value, str):
        return f'string "{value}"'
    return "sequence" if isinstance(value, list) else "map"
