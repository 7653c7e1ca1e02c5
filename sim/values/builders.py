"""`v`, the builder of validators, as functions and schemas write it. Source: semantics §3.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .errors import DeveloperError
from .object_validators import ObjectValidator, RecordValidator, check_fields, undefined_validator
from .python import from_python
from .types import Int64
from .validators import (
    AnyValidator,
    ArrayValidator,
    IdValidator,
    LiteralValidator,
    ScalarValidator,
    UnionValidator,
    Validator,
)

__all__ = ["as_object_validator", "v"]


class _Builders:
    """Every kind of validator by its name. Wrong members are refused with a DeveloperError that says what to give."""

    __slots__ = ()

    def id(self, table_name: str) -> IdValidator:
        """An id of the table `table_name`."""
        return IdValidator(table_name)

    def null(self) -> ScalarValidator:
        """`None`."""
        return ScalarValidator("null")

    def number(self) -> ScalarValidator:
        """A Float64: a `float`, or an `int` that becomes one."""
        return ScalarValidator("float64")

    def float64(self) -> ScalarValidator:
        """A Float64: a `float`, or an `int` that becomes one."""
        return ScalarValidator("float64")

    def bigint(self) -> ScalarValidator:
        """An `Int64`."""
        return ScalarValidator("int64")

    def int64(self) -> ScalarValidator:
        """An `Int64`."""
        return ScalarValidator("int64")

    def commit_ts(self) -> ScalarValidator:
        """The timestamp of a commit, an `Int64`."""
        return ScalarValidator("commitTs")

    def boolean(self) -> ScalarValidator:
        """`True` or `False`."""
        return ScalarValidator("boolean")

    def string(self) -> ScalarValidator:
        """A `str`."""
        return ScalarValidator("string")

    def bytes(self) -> ScalarValidator:
        """`bytes`."""
        return ScalarValidator("bytes")

    def any(self) -> AnyValidator:
        """Every value."""
        return AnyValidator()

    def literal(self, value: str | float | Int64 | bool) -> LiteralValidator:
        """Exactly `value`; a plain `int` stands for the Float64."""
        return LiteralValidator(from_python(value) if isinstance(value, str | int | float) else value)

    def array(self, element: Validator) -> ArrayValidator:
        """A list of what passes `element`."""
        if element is None:
            raise undefined_validator("v.array()")
        return ArrayValidator(_member(element, "v.array() element must be a validator", "an array"))

    def object(self, fields: Mapping[str, Validator]) -> ObjectValidator:
        """A dict with exactly these fields; those that are `v.optional(...)` may be absent."""
        if not isinstance(fields, Mapping):
            raise DeveloperError("InvalidValidator", "v.object(fields) requires a dict of validators")
        check_fields(fields)
        return ObjectValidator(fields)

    def record(self, keys: Validator, values: Validator) -> RecordValidator:
        """A dict of any names that pass `keys`, with values that pass `values`."""
        for member, name in ((keys, "key"), (values, "value")):
            if member is None:
                raise undefined_validator("v.record()", name)
            if not isinstance(member, Validator):
                raise DeveloperError("InvalidValidator", "Key and value of v.record() must be validators")
            if member.is_optional:
                raise DeveloperError("InvalidValidator", f"Record validator cannot have optional {name}s")
        return RecordValidator(keys, values)

    def union(self, *members: Validator) -> UnionValidator:
        """What passes one of `members`."""
        for index, member in enumerate(members):
            if member is None:
                raise undefined_validator("v.union()", f"member at index {index}")
        message = "All members of v.union() must be validators"
        return UnionValidator(*(_member(member, message, "a union") for member in members))

    def nullable(self, value: Validator) -> UnionValidator:
        """What passes `value`, or `None`."""
        return self.union(value, self.null())

    def optional(self, value: Validator) -> Validator:
        """`value` for a field of an object that may be absent."""
        if not isinstance(value, Validator):
            raise DeveloperError("InvalidValidator", "v.optional(value) requires a validator")
        return value.optional()


def _member(member: Any, message: str, holder: str) -> Validator:
    if not isinstance(member, Validator):
        raise DeveloperError("InvalidValidator", message)
    if member.is_optional:
        raise DeveloperError(
            "InvalidValidator",
            f"`{member!r}` cannot be a member of {holder}: `v.optional(...)` is for fields of objects. "
            "Write `v.nullable(...)` for a value that may be null.",
        )
    return member


v: Final = _Builders()


def as_object_validator(fields: Validator | Mapping[str, Validator]) -> Validator:
    """A validator as it is, and a dict of fields as `v.object(fields)`: the shorthand that `args` and tables take."""
    return fields if isinstance(fields, Validator) else v.object(fields)
