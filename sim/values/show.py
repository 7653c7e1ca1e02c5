"""How messages show a Python value that is no Convex value, or holds one."""

from __future__ import annotations

from typing import Any, Final

from .int64 import Int64
from .rust import debug_float, debug_string
from .size import MAX_NESTING
from .types import UNDEFINED

__all__ = ["show"]

_LONGEST: Final = 16384
_TRUNCATED: Final = "[...truncated]"


def show(value: Any) -> str:
    """Write `value` like JSON, cut at 16,384 characters, as the npm package does in its errors (semantics §2.1).

    Never an address and never hash order: the message is the same in every run. What has no such form is shown as
    the name of its type.
    """
    shown = _show(value, 0)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - len(_TRUNCATED)] + _TRUNCATED


def _show(value: Any, depth: int) -> str:
    if depth > MAX_NESTING:
        return "…"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return debug_string(str.__str__(value))
    if isinstance(value, Int64):
        return f'"{int(value)}n"'
    if isinstance(value, int):
        return str(int(value)) if value.bit_length() < 1024 else f"an int of {value.bit_length()} bits"
    if isinstance(value, float):
        return debug_float(float(value)).removesuffix(".0")
    if isinstance(value, dict):
        members = (f"{_show(name, depth)}:{_show(member, depth + 1)}" for name, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_show(element, depth + 1) for element in value) + "]"
    if isinstance(value, set | frozenset):
        return "[" + ",".join(sorted(_show(element, depth + 1) for element in value)) + "]"
    return '"undefined"' if value is UNDEFINED else type(value).__name__
