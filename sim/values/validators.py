"""Validators: what a value must be, how that is written as JSON, and what is said about a value that isn't it.

A validator answers twice. `matches` is compiled once into a closure and only says yes or no: every write runs it.
`explain` runs after a no, walks the same rules again and words the first violation, as the backend does.
Source: semantics §3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final, Protocol, TypeAlias

import msgspec

from .display import display
from .errors import DeveloperError
from .identifiers import check_identifier
from .ids import decode_id
from .order import compare
from .rust import json_float
from .types import CommitTsPlaceholder, Int64
from .wire import to_json

__all__ = [
    "AnyValidator",
    "ArrayValidator",
    "IdValidator",
    "LiteralValidator",
    "Matches",
    "ScalarValidator",
    "Tables",
    "UnionValidator",
    "Validator",
]


class Tables(Protocol):
    """The tables that ids may point to: those of one component, and the system tables that it sees."""

    def number_of(self, name: str) -> int | None:
        """The number of the table `name`, None if there is none."""

    def name_of(self, number: int) -> str | None:
        """The name of the table `number`, None if there is none."""


Matches: TypeAlias = Callable[[Any, Tables], bool]


class Validator:
    """What a value must be. Immutable; `str()` shows it as messages do, `==` compares what it accepts as written.

    `kind` is Convex's name for the sort of validator, `json` its wire form (not to be changed), `is_optional` whether
    a field of this type may be absent, `matches(value, tables)` whether a canonical value passes.
    """

    __slots__ = ("is_optional", "json", "matches")

    kind: ClassVar[str]
    json: dict[str, Any]
    matches: Matches
    is_optional: bool

    def check(self, value: Any, tables: Tables) -> str | None:
        """None if the canonical `value` passes, else the backend's message about the first violation."""
        return None if self.matches(value, tables) else self.explain(value, tables, "")

    def optional(self) -> Validator:
        """The same validator for a field that may be absent."""
        if self.is_optional:
            return self
        twin: Validator = object.__new__(type(self))
        for owner in type(self).__mro__:
            for slot in getattr(owner, "__slots__", ()):
                setattr(twin, slot, getattr(self, slot))
        twin.is_optional = True
        return twin

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        """Why `value`, which does not match, doesn't; `path` leads to it from the root."""
        del tables
        return no_match(self, value, path)

    def children(self) -> Iterator[Validator]:
        """The validators that this one is made of."""
        return iter(())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Validator) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        return f"v.optional({self})" if self.is_optional else str(self)

    def _identity(self) -> tuple[bool, bytes]:
        return self.is_optional, msgspec.json.encode(self.json, order="sorted")


def context(path: str) -> str:
    """How a message says where: `Path: .a[0]`, and nothing at the root."""
    return f"Path: {path}" if path else ""


def no_match(validator: Validator, value: Any, path: str) -> str:
    """The message about a value of another kind."""
    return (
        f"Value does not match validator.\n{context(path)}\nValue: {display(value)}\nValidator: {validator}"
    )


class ScalarValidator(Validator):
    """`v.null()`, `v.float64()`, `v.int64()`, `v.commitTs()`, `v.boolean()`, `v.string()`, `v.bytes()`."""

    __slots__ = ("accepted", "kind")

    def __init__(self, kind: str) -> None:
        wire_type, self.accepted = _SCALARS[kind]
        self.kind = kind  # type: ignore[misc]  # the one class with several kinds
        self.is_optional = False
        self.json = {"type": wire_type}
        self.matches = _int64_matches if self.accepted is Int64 else _type_matches(self.accepted)

    def __str__(self) -> str:
        return f"v.{self.kind}()"


_SCALARS: Final[dict[str, tuple[str, type]]] = {
    "null": ("null", type(None)),
    "float64": ("number", float),
    "int64": ("bigint", Int64),
    "commitTs": ("commitTs", Int64),
    "boolean": ("boolean", bool),
    "string": ("string", str),
    "bytes": ("bytes", bytes),
}


def _type_matches(accepted: type) -> Matches:
    return lambda value, _: type(value) is accepted


def _int64_matches(value: Any, _: Tables) -> bool:
    return type(value) is Int64 or type(value) is CommitTsPlaceholder


class AnyValidator(Validator):
    """`v.any()`: every value."""

    __slots__ = ()
    kind = "any"

    def __init__(self) -> None:
        self.is_optional = False
        self.json = {"type": "any"}
        self.matches = lambda _value, _tables: True

    def __str__(self) -> str:
        return "v.any()"


class IdValidator(Validator):
    """`v.id("table")`: text that is an id of that table. Whether the document exists is not asked."""

    __slots__ = ("table_name",)
    kind = "id"

    def __init__(self, table_name: str) -> None:
        if type(table_name) is not str:
            raise DeveloperError("InvalidValidator", "v.id(tableName) requires a string")
        check_identifier(table_name)
        self.is_optional = False
        self.table_name = table_name
        self.json = {"type": "id", "tableName": table_name}

        def matches(value: Any, tables: Tables) -> bool:
            return table_of(value, tables) == table_name

        self.matches = matches

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        found = table_of(value, tables)
        if found is None:
            return no_match(self, value, path)
        origin = "a system table" if found.startswith("_") else f"table `{found}`"
        return (
            f'Found ID "{value}" from {origin}, which does not match the table name in validator '
            f"`{self}`.{context(path)}"
        )

    def __str__(self) -> str:
        return f'v.id("{self.table_name}")'


def table_of(value: Any, tables: Tables) -> str | None:
    """The name of the table that the id `value` belongs to; None if it is no id of a known table."""
    if type(value) is not str:
        return None
    try:
        number, _ = decode_id(value)
    except DeveloperError:
        return None
    return tables.name_of(number)


class LiteralValidator(Validator):
    """`v.literal(x)`: exactly that string, number, bigint or boolean; 0 and -0 are two."""

    __slots__ = ("value",)
    kind = "literal"

    def __init__(self, value: Any) -> None:
        expected = type(value)
        if expected not in {str, float, bool, Int64}:
            raise DeveloperError("InvalidValidator", "v.literal(value) must be a string, number, or boolean")
        if expected is float and value - value != 0:
            raise DeveloperError(
                "UnsupportedFloatLiteral",
                "Infinite or NaN values are not supported in literal validators.",
            )
        self.is_optional = False
        self.value = value
        self.json = {"type": "literal", "value": to_json(value)}
        if expected is float:
            self.matches = lambda found, _: type(found) is float and compare(found, value) == 0
        else:
            self.matches = lambda found, _: type(found) is expected and found == value

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        del tables
        return f"`{display(value)}` does not match literal validator `{self}`.{context(path)}"

    def __str__(self) -> str:
        if type(self.value) is Int64:
            return "v.literal(<bigint>)"
        if type(self.value) is float:
            return f"v.literal({json_float(self.value)})"
        return f"v.literal({msgspec.json.encode(self.value).decode()})"


class ArrayValidator(Validator):
    """`v.array(element)`."""

    __slots__ = ("element",)
    kind = "array"

    def __init__(self, element: Validator) -> None:
        self.is_optional = False
        self.element = element
        self.json = {"type": "array", "value": element.json}
        element_matches = element.matches
        accepted = accepted_type(element)

        def matches(value: Any, tables: Tables) -> bool:
            if type(value) is not list:
                return False
            for member in value:
                if type(member) is not accepted and not element_matches(member, tables):
                    return False
            return True

        self.matches = matches

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        if type(value) is list:
            for index, member in enumerate(value):
                if not self.element.matches(member, tables):
                    return self.element.explain(member, tables, f"{path}[{index}]")
        return no_match(self, value, path)

    def children(self) -> Iterator[Validator]:
        return iter((self.element,))

    def __str__(self) -> str:
        return f"v.array({self.element})"


class UnionValidator(Validator):
    """`v.union(...)`: one of its members; without members, nothing."""

    __slots__ = ("members",)
    kind = "union"

    def __init__(self, *members: Validator) -> None:
        self.is_optional = False
        self.members = members
        self.json = {"type": "union", "value": [member.json for member in members]}
        checks = tuple(member.matches for member in members)

        def matches(value: Any, tables: Tables) -> bool:
            for check in checks:  # noqa: SIM110  # any() with a generator takes twice as long
                if check(value, tables):
                    return True
            return False

        self.matches = checks[0] if len(checks) == 1 else matches

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        if len(self.members) == 1:
            return self.members[0].explain(value, tables, path)
        return no_match(self, value, path)

    def children(self) -> Iterator[Validator]:
        return iter(self.members)

    def __str__(self) -> str:
        return f"v.union({', '.join(map(str, self.members))})"


class _Nothing:
    """No value has this type."""


def accepted_type(validator: Validator) -> type:
    """The one type that is enough to pass `validator`; for other validators a type that no value has."""
    return validator.accepted if isinstance(validator, ScalarValidator) else _Nothing
