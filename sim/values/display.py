"""How error messages show a value: `{count: 1.0, name: "a"}`. Source: semantics §3.3."""

from __future__ import annotations

import base64
from typing import Any

from .int64 import MAX_INT64, Int64
from .rust import debug_float, debug_string
from .types import COMMIT_TS, UNDEFINED, CommitTsPlaceholder, Undefined

__all__ = ["display", "type_name"]


def display(value: Any) -> str:
    """Write `value`, canonical or `UNDEFINED`, as the backend's messages do."""
    kind = type(value)
    if kind is str:
        return debug_string(value)
    if kind is float:
        return debug_float(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is dict:
        return "{" + ", ".join(f"{name}: {display(value[name])}" for name in sorted(value)) + "}"
    if kind is list:
        return "[" + ", ".join(map(display, value)) + "]"
    if kind is bytes:
        return f'b"{base64.b64encode(value).decode()}"'
    if value is COMMIT_TS:
        return str(MAX_INT64)
    if value is UNDEFINED:
        return "undefined"
    return str(int(value))


def type_name(value: Any) -> str:
    """Return the backend's name for the type of `value`, canonical or `UNDEFINED`: `Float64`, for one."""
    return _TYPE_NAMES[type(value)]


_TYPE_NAMES = {
    type(None): "Null",
    Int64: "Int64",
    CommitTsPlaceholder: "Int64",
    float: "Float64",
    bool: "Boolean",
    str: "String",
    bytes: "Bytes",
    list: "Array",
    dict: "Object",
    Undefined: "undefined",
}
