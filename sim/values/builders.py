"""`v`, the builder of validators, as functions and schemas write it. Source: semantics §3.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .compound_validators import ArrayValidator, UnionValidator
from .errors import DeveloperError
from .exact_validators import IdValidator, Literal, LiteralValidator
from .object_validators import ObjectValidator, RecordValidator, undefined_validator
from .python import from_python
from .validators import AnyValidator, ScalarValidator, Validator

__all__ = ["as_object_validator", "v"]


class _Builders:
    """Every kind of validator by its name.

    What can't be built is refused with a DeveloperError, with the wording of the npm package or the backend.
    """

    __slots__ = ()

    def id(self, table_name: str) -> IdValidator:
        """Accept an id of the table `table_name`."""
        return IdValidator(table_name)

    def null(self) -> ScalarValidator:
        """Accept `None`."""
        return ScalarValidator("null")

    def number(self) -> ScalarValidator:
        """Accept a Float64: a `float`, or an `int`, which becomes one."""
        return ScalarValidator("float64")

    def float64(self) -> ScalarValidator:
        """Accept a Float64: a `float`, or an `int`, which becomes one."""
        return ScalarValidator("float64")

    def bigint(self) -> ScalarValidator:
        """Accept an `Int64`."""
        return ScalarValidator("int64")

    def int64(self) -> ScalarValidator:
        """Accept an `Int64`."""
        return ScalarValidator("int64")

    def commit_ts(self) -> ScalarValidator:
        """Accept the timestamp of a commit, an `Int64`."""
        return ScalarValidator("commitTs")

    def boolean(self) -> ScalarValidator:
        """Accept `True` and `False`."""
        return ScalarValidator("boolean")

    def string(self) -> ScalarValidator:
        """Accept a `str`."""
        return ScalarValidator("string")

    def bytes(self) -> ScalarValidator:
        """Accept `bytes`."""
        return ScalarValidator("bytes")

    def any(self) -> AnyValidator:
        """Accept every value."""
        return AnyValidator()

    def literal(self, value: Literal) -> LiteralValidator:
        """Accept exactly `value`; a plain `int` stands for the Float64."""
        return LiteralValidator(from_python(value) if isinstance(value, str | int | float) else value)  # type: ignore[arg-type]

    def array(self, element: Validator) -> ArrayValidator:
        """Accept a list of what passes `element`."""
        if element is None:
            raise undefined_validator("v.array()")
        return ArrayValidator(_member(element, "The element of v.array() must be a validator", "an array"))

    def object(self, fields: Mapping[str, Validator]) -> ObjectValidator:
        """Accept a dict with exactly these fields; those that are `v.optional(...)` may be absent."""
        if not isinstance(fields, Mapping):
            raise DeveloperError("InvalidValidator", "v.object(fields) requires a dict of validators")
        return ObjectValidator(fields)

    def record(self, keys: Validator, values: Validator) -> RecordValidator:
        """Accept a dict of any names that pass `keys`, with values that pass `values`."""
        for member, name in ((keys, "key"), (values, "value")):
            if member is None:
                raise undefined_validator("v.record()", name)
        for member, name in ((keys, "key"), (values, "value")):
            if not isinstance(member, Validator):
                raise DeveloperError("InvalidValidator", "Key and value of v.record() must be validators")
            if member.is_optional:
                raise DeveloperError("InvalidValidator", f"Record validator cannot have optional {name}s")
        return RecordValidator(keys, values)

    def union(self, *members: Validator) -> UnionValidator:
        """Accept what passes one of `members`."""
        for index, member in enumerate(members):
            if member is None:
                raise undefined_validator("v.union()", f"member at index {index}")
        message = "All members of v.union() must be validators"
        return UnionValidator(*(_member(member, message, "a union") for member in members))

    def nullable(self, value: Validator) -> UnionValidator:
        """Accept what passes `value`, or `None`."""
        return self.union(value, self.null())

    def optional(self, value: Validator) -> Validator:
        """Accept what passes `value`, in a field that may be absent."""
        if not isinstance(value, Validator):
            raise DeveloperError("InvalidValidator", "v.optional(value) requires a validator")
        return value.optional()


def _member(member: Any, message: str, holder: str) -> Validator:
    if not isinstance(member, Validator):
        raise DeveloperError("InvalidValidator", message)
    if member.is_optional:
        raise DeveloperError(
            "InvalidValidator",
            f"`{member!r}` cannot be a member of {holder}: `v.optional(...)` is for the fields of an object. "
            "For a value that may be null, write `v.nullable(...)`.",
        )
    return member


v: Final = _Builders()


def as_object_validator(fields: Validator | Mapping[str, Validator]) -> Validator:
    """Return a validator as it is, and a dict of fields as `v.object(fields)`: the shorthand of `args` and tables."""
    return fields if isinstance(fields, Validator) else v.object(fields)
