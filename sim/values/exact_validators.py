"""Validators of strings with a meaning and of exact values: `v.id(table)` and `v.literal(x)`. Source: semantics §3."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from .display import display
from .encoding import to_json
from .errors import DeveloperError
from .identifiers import check_identifier
from .ids import decode_id
from .int64 import Int64
from .order import compare
from .rust import json_float
from .validators import Matches, Tables, Validator, context, no_match

__all__ = ["IdValidator", "Literal", "LiteralValidator"]

Literal: TypeAlias = str | float | Int64 | bool


class IdValidator(Validator):
    """`v.id("table")`: text that is an id of that table. Whether the document exists is not asked."""

    __slots__ = ("table_name",)

    def __init__(self, table_name: str) -> None:
        if type(table_name) is not str:
            raise DeveloperError("InvalidValidator", "v.id(tableName) requires a string")
        check_identifier(table_name)
        self.table_name = table_name
        super().__init__("id", {"type": "id", "tableName": table_name}, _matches_table(table_name))

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        """Say why `value` is no id of this table."""
        found = _table_of(value, tables)
        if found is None:
            return no_match(self, value, path)
        origin = "a system table" if found.startswith("_") else f"table `{found}`"
        return (
            f'Found ID "{value}" from {origin}, which does not match the table name in validator '
            f"`{self}`.{context(path)}"
        )

    def __str__(self) -> str:
        return f'v.id("{self.table_name}")'


def _matches_table(table_name: str) -> Matches:
    return lambda value, tables: _table_of(value, tables) == table_name


def _table_of(value: Any, tables: Tables) -> str | None:
    if type(value) is not str:
        return None
    try:
        number, _ = decode_id(value)
    except DeveloperError:
        return None
    return tables.name_of(number)


class LiteralValidator(Validator):
    """`v.literal(x)`: exactly that canonical string, number, bigint or boolean; 0 and -0 are two."""

    __slots__ = ("value",)

    def __init__(self, value: Literal) -> None:
        if type(value) not in {str, float, bool, Int64}:
            raise DeveloperError("InvalidValidator", "v.literal(value) must be a string, number, or boolean")
        if type(value) is float and value - value != 0:
            raise DeveloperError(
                "UnsupportedFloatLiteral", "Infinite or NaN values are not supported in literal validators."
            )
        self.value = value
        super().__init__("literal", {"type": "literal", "value": to_json(value)}, _matches_literal(value))

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        """Say that `value` is another one."""
        del tables
        return f"`{display(value)}` does not match literal validator `{self}`.{context(path)}"

    def __str__(self) -> str:
        if type(self.value) is Int64:
            return "v.literal(<bigint>)"
        if type(self.value) is float:
            return f"v.literal({json_float(self.value)})"
        return f"v.literal({msgspec.json.encode(self.value).decode()})"


def _matches_literal(literal: Literal) -> Matches:
    kind = type(literal)
    if kind is float:
        return lambda value, _: type(value) is float and compare(value, literal) == 0
    return lambda value, _: type(value) is kind and value == literal
