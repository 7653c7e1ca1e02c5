"""Validators: what a value must be, how that is written as JSON, and what is said about a value that isn't it.

A validator answers twice. `matches` is compiled once into a closure and only says yes or no: every write runs it.
`explain` runs after a no, walks the same rules again and words the first violation, as the backend does.
Source: semantics §3.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, Final, Protocol, Self, TypeAlias

import msgspec

from .display import display
from .int64 import Int64
from .types import CommitTsPlaceholder

__all__ = ["AnyValidator", "Matches", "ScalarValidator", "Tables", "Validator"]


class Tables(Protocol):
    """The tables that ids may point to: those of one component, and the system tables that it sees."""

    def number_of(self, name: str) -> int | None:
        """Return the number of the table `name`, None if there is no such table."""

    def name_of(self, number: int) -> str | None:
        """Return the name of the table `number`, None if there is no such table."""


Matches: TypeAlias = Callable[[Any, Tables], bool]


class Validator:
    """What a value must be. Immutable; `str()` shows it as messages do, `==` compares the wire forms.

    `kind` is Convex's name for the sort of validator, `json` its wire form (not to be changed), `is_optional`
    whether a field of this type may be absent, `matches(value, tables)` whether a canonical value passes.
    """

    __slots__ = ("is_optional", "json", "kind", "matches")

    def __init__(self, kind: str, json: dict[str, Any], matches: Matches) -> None:
        self.kind = kind
        self.json = json
        self.matches = matches
        self.is_optional = False

    def check(self, value: Any, tables: Tables) -> str | None:
        """Return None if the canonical `value` passes, else the backend's message about the first violation."""
        return None if self.matches(value, tables) else self.explain(value, tables, "")

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        """Say why `value` does not match, given that it doesn't; `path` leads to it from the root."""
        del tables
        return no_match(self, value, path)

    def optional(self) -> Self:
        """Return the same validator for a field that may be absent."""
        twin = copy(self)
        twin.is_optional = True
        return twin

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Validator) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        return f"v.optional({self})" if self.is_optional else str(self)

    def _identity(self) -> tuple[bool, bytes]:
        return self.is_optional, msgspec.json.encode(self.json, order="sorted")


def context(path: str) -> str:
    """Say where, as messages do: `Path: .a[0]`, and nothing at the root."""
    return f"Path: {path}" if path else ""


def no_match(validator: Validator, value: Any, path: str) -> str:
    """Make the message about a value of another kind."""
    return (
        f"Value does not match validator.\n{context(path)}\nValue: {display(value)}\nValidator: {validator}"
    )


_SCALARS: Final[dict[str, tuple[str, type]]] = {
    "null": ("null", type(None)),
    "float64": ("number", float),
    "int64": ("bigint", Int64),
    "commitTs": ("commitTs", Int64),
    "boolean": ("boolean", bool),
    "string": ("string", str),
    "bytes": ("bytes", bytes),
}


class ScalarValidator(Validator):
    """`v.null()`, `v.float64()`, `v.int64()`, `v.commitTs()`, `v.boolean()`, `v.string()`, `v.bytes()`."""

    __slots__ = ("accepted",)

    def __init__(self, kind: str) -> None:
        wire_type, self.accepted = _SCALARS[kind]
        matches = _matches_int64 if self.accepted is Int64 else _matches_type(self.accepted)
        super().__init__(kind, {"type": wire_type}, matches)

    def __str__(self) -> str:
        return f"v.{self.kind}()"


def _matches_type(accepted: type) -> Matches:
    return lambda value, _: type(value) is accepted


def _matches_int64(value: Any, _: Tables) -> bool:
    return type(value) is Int64 or type(value) is CommitTsPlaceholder


class AnyValidator(Validator):
    """`v.any()`: every value."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("any", {"type": "any"}, lambda _value, _tables: True)

    def __str__(self) -> str:
        return "v.any()"


class _NoType:
    """The type of no value."""


def accepted_type(validator: Validator) -> type:
    """Return the type that is enough to pass `validator`; a type of no value where no type is."""
    return validator.accepted if isinstance(validator, ScalarValidator) else _NoType
