"""Validators as types, for people to read: `{title: string, due?: number}`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biconvex.lint.model import Declaration, ValidatorShape

__all__ = ["arguments_type", "shape_type"]

_NAMES = {"float64": "number", "int64": "bigint", "unknown": "?"}


def arguments_type(declared: Declaration) -> str | None:
    """Give the type of declared arguments; None when there are none declared, `?` when that isn't known."""
    if declared.status == "absent":
        return None
    return "?" if declared.shape is None else shape_type(declared.shape)


def shape_type(shape: ValidatorShape) -> str:
    """Write a validator as a type."""
    if shape.kind == "id":
        return f"Id<{json.dumps(shape.table) if shape.table else '?'}>"
    if shape.kind == "literal":
        return json.dumps(shape.value)
    if shape.kind == "object":
        fields = [
            f"{name}{'?' if each.optional else ''}: {shape_type(each)}" for name, each in shape.fields.items()
        ]
        return "{" + ", ".join(fields if shape.complete else [*fields, "…"]) + "}"
    members = [shape_type(member) for member in shape.members]
    if shape.kind == "union":
        return " | ".join(members if shape.complete else [*members, "?"]) or "never"
    if shape.kind == "array":
        member = members[0] if members else "?"
        return f"({member})[]" if " | " in member else f"{member}[]"
    if shape.kind == "record":
        return f"Record<{', '.join(members or ['?'])}>"
    return _NAMES.get(shape.kind, shape.kind)
