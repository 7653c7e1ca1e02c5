"""Validators from their wire JSON: what the npm package exports of functions and schemas. Source: semantics §3.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .compound_validators import ArrayValidator, UnionValidator
from .decoding import from_json
from .errors import DeveloperError
from .exact_validators import IdValidator, LiteralValidator
from .identifiers import check_identifier
from .object_validators import ObjectValidator, RecordValidator
from .validators import AnyValidator, ScalarValidator, Validator

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compile_validator"]


def compile_validator(encoded: Any) -> Validator:
    """Build the validator that parsed JSON such as `{"type": "string"}` stands for.

    Raises DeveloperError for JSON that stands for none, with the backend's wording where it has one.
    """
    if type(encoded) is not dict:
        raise _malformed(f"expected an object, got {_type_of(encoded)}")
    wire_type = _member(encoded, "type", str)
    reader = _READERS.get(wire_type)
    if reader is None:
        raise _malformed(f"unknown type `{wire_type}`, expected one of {', '.join(_READERS)}")
    return reader(encoded)


def _object(encoded: dict[str, Any]) -> ObjectValidator:
    fields = {}
    for name, member in _member(encoded, "value", dict).items():
        check_identifier(name)
        try:
            fields[name] = _field(member)
        except DeveloperError as problem:
            message = f"Invalid validator for key `{name}`: {problem.message}"
            raise DeveloperError(problem.code, message) from None
    return ObjectValidator(fields)


def _field(encoded: Any) -> Validator:
    if type(encoded) is not dict:
        raise _malformed(f"expected an object, got {_type_of(encoded)}")
    validator = compile_validator(_member(encoded, "fieldType", dict))
    return validator.optional() if _member(encoded, "optional", bool) else validator


def _record(encoded: dict[str, Any]) -> RecordValidator:
    keys = compile_validator(_member(encoded, "keys", dict))
    values = _field(_member(encoded, "values", dict))
    record = RecordValidator(keys, values)
    if values.is_optional:
        raise DeveloperError("InvalidRecordType", "Records cannot have optional values")
    return record


def _literal(encoded: dict[str, Any]) -> LiteralValidator:
    value: Any = from_json(_member(encoded, "value", object))
    return LiteralValidator(value)


def _member(encoded: dict[str, Any], name: str, kind: type) -> Any:
    if name not in encoded:
        raise _malformed(f"missing field `{name}`")
    member = encoded[name]
    if not isinstance(member, kind):
        raise _malformed(f"expected {_TYPES[kind]} as `{name}`, got {_type_of(member)}")
    return member


def _malformed(reason: str) -> DeveloperError:
    return DeveloperError("InvalidValidator", f"Malformed validator: {reason}")


_TYPES: Final[dict[type, str]] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}


def _type_of(encoded: Any) -> str:
    return _TYPES.get(type(encoded), "a number")


def _scalar(kind: str) -> Callable[[dict[str, Any]], Validator]:
    return lambda _: ScalarValidator(kind)


_READERS: Final[dict[str, Callable[[dict[str, Any]], Validator]]] = {
    "null": _scalar("null"),
    "number": _scalar("float64"),
    "bigint": _scalar("int64"),
    "commitTs": _scalar("commitTs"),
    "boolean": _scalar("boolean"),
    "string": _scalar("string"),
    "bytes": _scalar("bytes"),
    "any": lambda _: AnyValidator(),
    # The backend still reads these names of types that are gone.
    "map": lambda _: AnyValidator(),
    "set": lambda _: AnyValidator(),
    "literal": _literal,
    "id": lambda encoded: IdValidator(_member(encoded, "tableName", str)),
    "array": lambda encoded: ArrayValidator(compile_validator(_member(encoded, "value", dict))),
    "record": _record,
    "object": _object,
    "union": lambda encoded: UnionValidator(*map(compile_validator, _member(encoded, "value", list))),
}
