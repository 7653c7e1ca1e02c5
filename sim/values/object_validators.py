"""Validators of objects: `v.object({...})` with known fields, `v.record(keys, values)` with any. Source: semantics §3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .display import display
from .errors import DeveloperError
from .identifiers import check_identifier
from .subset import holds_string_literal, is_subset_of_string
from .validators import Tables, Validator, accepted_type, context, no_match

__all__ = ["ObjectValidator", "RecordValidator", "undefined_validator"]

_ABSENT = object()


def undefined_validator(where: str, field: str | None = None) -> DeveloperError:
    """The error for a member that isn't there."""
    about = f' for field "{field}"' if field is not None else ""
    return DeveloperError(
        "InvalidValidator",
        f"A validator is undefined{about} in {where}. This is often caused by circular imports. "
        "See https://docs.convex.dev/error#undefined-validator for details.",
    )


class ObjectValidator(Validator):
    """`v.object(fields)`: an object with these fields and no others. `fields` maps names to validators."""

    __slots__ = ("fields",)
    kind = "object"

    def __init__(self, fields: Mapping[str, Validator]) -> None:
        for name in sorted(fields):
            check_identifier(name)
        self.is_optional = False
        self.fields = dict(fields)
        self.json = {
            "type": "object",
            "value": {
                name: {"fieldType": field.json, "optional": field.is_optional}
                for name, field in fields.items()
            },
        }
        plan = tuple(
            (name, accepted_type(field), field.matches, field.is_optional)
            for name, field in sorted(self.fields.items())
        )

        def matches(value: Any, tables: Tables) -> bool:
            if type(value) is not dict:
                return False
            find = value.get
            present = len(plan)
            for name, accepted, field_matches, optional in plan:
                member = find(name, _ABSENT)
                if type(member) is accepted:
                    continue
                if member is _ABSENT:
                    if not optional:
                        return False
                    present -= 1
                elif not field_matches(member, tables):
                    return False
            return present == len(value)

        self.matches = matches

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        if type(value) is not dict:
            return no_match(self, value, path)
        for name in sorted(self.fields):
            field = self.fields[name]
            if name not in value:
                if not field.is_optional:
                    return self._misfit(
                        f"Object is missing the required field `{name}`. Consider wrapping the field validator in "
                        "`v.optional(...)` if this is expected.",
                        value,
                        path,
                    )
            elif not field.matches(value[name], tables):
                return field.explain(value[name], tables, f"{path}.{name}")
        extra = next(name for name in sorted(value) if name not in self.fields)
        return self._misfit(
            f"Object contains extra field `{extra}` that is not in the validator.", value, path
        )

    def _misfit(self, what: str, value: dict[str, Any], path: str) -> str:
        return f"{what}\n{context(path)}\nObject: {display(value)}\nValidator: {self}"

    def pick(self, *names: str) -> ObjectValidator:
        """Only the fields `names`, which must exist."""
        for name in names:
            if name not in self.fields:
                raise undefined_validator("v.object()", name)
        return self._with({name: self.fields[name] for name in names})

    def omit(self, *names: str) -> ObjectValidator:
        """All fields but `names`."""
        return self._with({name: field for name, field in self.fields.items() if name not in names})

    def partial(self) -> ObjectValidator:
        """All fields, each of them optional."""
        return self._with({name: field.optional() for name, field in self.fields.items()})

    def extend(self, fields: Mapping[str, Validator]) -> ObjectValidator:
        """All fields and `fields`, which replace those of the same name."""
        check_fields(fields)
        return self._with({**self.fields, **fields})

    def _with(self, fields: Mapping[str, Validator]) -> ObjectValidator:
        validator = ObjectValidator(fields)
        validator.is_optional = self.is_optional
        return validator

    def children(self) -> Iterator[Validator]:
        return iter(self.fields.values())

    def __str__(self) -> str:
        return (
            "v.object({" + ", ".join(f"{name}: {self.fields[name]!r}" for name in sorted(self.fields)) + "})"
        )


def check_fields(fields: Mapping[Any, Any]) -> None:
    """Raise a DeveloperError unless `fields` maps names to validators."""
    for name, field in fields.items():
        if field is None:
            raise undefined_validator("v.object()", str(name))
        if not isinstance(field, Validator) or type(name) is not str:
            raise DeveloperError("InvalidValidator", "v.object() entries must be validators")


class RecordValidator(Validator):
    """`v.record(keys, values)`: an object whose names pass `keys` and whose values pass `values`."""

    __slots__ = ("key", "value")
    kind = "record"

    def __init__(self, key: Validator, value: Validator) -> None:
        if not is_subset_of_string(key):
            raise DeveloperError(
                "InvalidRecordType",
                "Records can only have string keys. Your validator contains a record with key typed as "
                f"`{key}`, which is not a subtype of `v.string()`",
            )
        if holds_string_literal(key):
            raise DeveloperError("InvalidRecordType", "Records cannot have string literal keys")
        self.is_optional = False
        self.key = key
        self.value = value
        self.json = {
            "type": "record",
            "keys": key.json,
            "values": {"fieldType": value.json, "optional": False},
        }
        key_type, key_matches = accepted_type(key), key.matches
        value_type, value_matches = accepted_type(value), value.matches

        def matches(found: Any, tables: Tables) -> bool:
            if type(found) is not dict:
                return False
            for name, member in found.items():
                if type(name) is not key_type and not key_matches(name, tables):
                    return False
                if type(member) is not value_type and not value_matches(member, tables):
                    return False
            return True

        self.matches = matches

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        if type(value) is dict:
            for name in sorted(value):
                if not self.key.matches(name, tables):
                    return self.key.explain(name, tables, f"{path}.keys()")
                if not self.value.matches(value[name], tables):
                    return self.value.explain(value[name], tables, f"{path}.values()")
        return no_match(self, value, path)

    def children(self) -> Iterator[Validator]:
        return iter((self.key, self.value))

    def __str__(self) -> str:
        return f"v.record({self.key}, {self.value})"
