"""Validators of objects: `v.object(fields)` of known fields, `v.record(keys, values)` of any. Source: semantics §3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .compound_validators import UnionValidator
from .display import display
from .errors import DeveloperError
from .exact_validators import IdValidator, LiteralValidator
from .identifiers import check_identifier
from .validators import Matches, Tables, Validator, accepted_type, context, no_match

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ObjectValidator", "RecordValidator", "check_fields", "undefined_validator"]

_ABSENT = object()


class ObjectValidator(Validator):
    """`v.object(fields)`: an object with these fields and no others. `fields` maps names to validators."""

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, Validator]) -> None:
        check_fields(fields)
        self.fields = dict(fields)
        members = {
            name: {"fieldType": field.json, "optional": field.is_optional} for name, field in fields.items()
        }
        super().__init__("object", {"type": "object", "value": members}, _matches_fields(self.fields))

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        """Say which field is wrong, missing or too many; in the order of their names, as the backend does."""
        if type(value) is not dict:
            return no_match(self, value, path)
        for name in sorted(self.fields):
            field = self.fields[name]
            if name in value:
                if not field.matches(value[name], tables):
                    return field.explain(value[name], tables, f"{path}.{name}")
            elif not field.is_optional:
                return self._misfit(
                    f"Object is missing the required field `{name}`. Consider wrapping the field validator in "
                    "`v.optional(...)` if this is expected.",
                    value,
                    path,
                )
        extra = next(name for name in sorted(value) if name not in self.fields)
        return self._misfit(
            f"Object contains extra field `{extra}` that is not in the validator.", value, path
        )

    def _misfit(self, what: str, value: dict[str, Any], path: str) -> str:
        return f"{what}\n{context(path)}\nObject: {display(value)}\nValidator: {self}"

    def pick(self, *names: str) -> ObjectValidator:
        """Keep only the fields `names`, which must exist."""
        for name in names:
            if name not in self.fields:
                raise undefined_validator("v.object()", name)
        return self._with({name: self.fields[name] for name in names})

    def omit(self, *names: str) -> ObjectValidator:
        """Keep all fields but `names`."""
        return self._with({name: field for name, field in self.fields.items() if name not in names})

    def partial(self) -> ObjectValidator:
        """Make every field optional."""
        return self._with({name: field.optional() for name, field in self.fields.items()})

    def extend(self, fields: Mapping[str, Validator]) -> ObjectValidator:
        """Add `fields`; they replace those of the same name."""
        return self._with({**self.fields, **fields})

    def _with(self, fields: Mapping[str, Validator]) -> ObjectValidator:
        validator = ObjectValidator(fields)
        validator.is_optional = self.is_optional
        return validator

    def __str__(self) -> str:
        return (
            "v.object({" + ", ".join(f"{name}: {self.fields[name]!r}" for name in sorted(self.fields)) + "})"
        )


def check_fields(fields: Mapping[Any, Any]) -> None:
    """Raise a DeveloperError unless `fields` maps identifiers to validators."""
    for name, field in fields.items():
        if field is None:
            raise undefined_validator("v.object()", str(name))
        if type(name) is not str or not isinstance(field, Validator):
            raise DeveloperError("InvalidValidator", "v.object() entries must be validators")
    for name in sorted(fields):
        check_identifier(name)


def undefined_validator(where: str, field: str | None = None) -> DeveloperError:
    """Make the error for a member that isn't there."""
    about = f' for field "{field}"' if field is not None else ""
    return DeveloperError(
        "InvalidValidator",
        f"A validator is undefined{about} in {where}. This is often caused by circular imports. "
        "See https://docs.convex.dev/error#undefined-validator for details.",
    )


def _matches_fields(fields: dict[str, Validator]) -> Matches:
    plan = tuple(
        (name, accepted_type(field), field.matches, field.is_optional)
        for name, field in sorted(fields.items())
    )
    count = len(plan)

    def matches(value: Any, tables: Tables) -> bool:
        if type(value) is not dict:
            return False
        find = value.get
        present = count
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

    return matches


class RecordValidator(Validator):
    """`v.record(keys, values)`: an object whose names pass `keys` and whose values pass `values`."""

    __slots__ = ("key", "value")

    def __init__(self, key: Validator, value: Validator) -> None:
        if not _only_strings(key):
            raise DeveloperError(
                "InvalidRecordType",
                "Records can only have string keys. Your validator contains a record with key typed as "
                f"`{key}`, which is not a subtype of `v.string()`",
            )
        if _has_string_literal(key):
            raise DeveloperError("InvalidRecordType", "Records cannot have string literal keys")
        self.key = key
        self.value = value
        values = {"fieldType": value.json, "optional": False}
        json = {"type": "record", "keys": key.json, "values": values}
        super().__init__("record", json, _matches_entries(key, value))

    def explain(self, value: Any, tables: Tables, path: str) -> str:
        """Say which key or value is wrong, and why."""
        if type(value) is dict:
            for name in sorted(value):
                if not self.key.matches(name, tables):
                    return self.key.explain(name, tables, f"{path}.keys()")
                if not self.value.matches(value[name], tables):
                    return self.value.explain(value[name], tables, f"{path}.values()")
        return no_match(self, value, path)

    def __str__(self) -> str:
        return f"v.record({self.key}, {self.value})"


def _matches_entries(key: Validator, value: Validator) -> Matches:
    key_type, key_matches = accepted_type(key), key.matches
    value_type, value_matches = accepted_type(value), value.matches

    def matches(entries: Any, tables: Tables) -> bool:
        if type(entries) is not dict:
            return False
        for name, member in entries.items():
            if type(name) is not key_type and not key_matches(name, tables):
                return False
            if type(member) is not value_type and not value_matches(member, tables):
                return False
        return True

    return matches


def _only_strings(validator: Validator) -> bool:
    if isinstance(validator, UnionValidator):
        return all(map(_only_strings, validator.members))
    if isinstance(validator, LiteralValidator):
        return type(validator.value) is str
    return isinstance(validator, IdValidator) or validator.kind == "string"


def _has_string_literal(validator: Validator) -> bool:
    if isinstance(validator, UnionValidator):
        return any(map(_has_string_literal, validator.members))
    return isinstance(validator, LiteralValidator) and type(validator.value) is str
