"""Building validators: with `v`, from JSON, and what can't be built (semantics §3.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim.values import (
    DeveloperError,
    Int64,
    ObjectValidator,
    as_object_validator,
    compile_validator,
    v,
)


def error_of(build: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(DeveloperError) as caught:
        build()
    return caught.value.code, caught.value.message


def undefined(what: str) -> str:
    return (
        f"A validator is undefined{what}. This is often caused by circular imports. "
        "See https://docs.convex.dev/error#undefined-validator for details."
    )


@pytest.mark.parametrize(
    ("validator", "kind", "json", "shown"),
    [
        (v.id("users"), "id", {"type": "id", "tableName": "users"}, 'v.id("users")'),
        (v.null(), "null", {"type": "null"}, "v.null()"),
        (v.number(), "float64", {"type": "number"}, "v.float64()"),
        (v.float64(), "float64", {"type": "number"}, "v.float64()"),
        (v.bigint(), "int64", {"type": "bigint"}, "v.int64()"),
        (v.int64(), "int64", {"type": "bigint"}, "v.int64()"),
        (v.commit_ts(), "commitTs", {"type": "commitTs"}, "v.commitTs()"),
        (v.boolean(), "boolean", {"type": "boolean"}, "v.boolean()"),
        (v.string(), "string", {"type": "string"}, "v.string()"),
        (v.bytes(), "bytes", {"type": "bytes"}, "v.bytes()"),
        (v.any(), "any", {"type": "any"}, "v.any()"),
        (
            v.literal('a"\n\x01é'),
            "literal",
            {"type": "literal", "value": 'a"\n\x01é'},
            'v.literal("a\\"\\n\\u0001é")',
        ),
        (v.literal(True), "literal", {"type": "literal", "value": True}, "v.literal(true)"),
        (v.literal(1), "literal", {"type": "literal", "value": 1}, "v.literal(1.0)"),
        (v.literal(0.00001), "literal", {"type": "literal", "value": 0.00001}, "v.literal(0.00001)"),
        (v.literal(1.5e-6), "literal", {"type": "literal", "value": 1.5e-6}, "v.literal(1.5e-6)"),
        (v.literal(1e16), "literal", {"type": "literal", "value": 1e16}, "v.literal(1e16)"),
        (
            v.literal(-0.0),
            "literal",
            {"type": "literal", "value": {"$float": "AAAAAAAAAIA="}},
            "v.literal(-0.0)",
        ),
        (
            v.literal(Int64(5)),
            "literal",
            {"type": "literal", "value": {"$integer": "BQAAAAAAAAA="}},
            "v.literal(<bigint>)",
        ),
        (
            v.array(v.string()),
            "array",
            {"type": "array", "value": {"type": "string"}},
            "v.array(v.string())",
        ),
        (
            v.object({"b": v.null(), "a": v.optional(v.any())}),
            "object",
            {
                "type": "object",
                "value": {
                    "b": {"fieldType": {"type": "null"}, "optional": False},
                    "a": {"fieldType": {"type": "any"}, "optional": True},
                },
            },
            "v.object({a: v.optional(v.any()), b: v.null()})",
        ),
        (
            v.record(v.id("users"), v.null()),
            "record",
            {
                "type": "record",
                "keys": {"type": "id", "tableName": "users"},
                "values": {"fieldType": {"type": "null"}, "optional": False},
            },
            'v.record(v.id("users"), v.null())',
        ),
        (v.union(), "union", {"type": "union", "value": []}, "v.union()"),
        (
            v.nullable(v.string()),
            "union",
            {"type": "union", "value": [{"type": "string"}, {"type": "null"}]},
            "v.union(v.string(), v.null())",
        ),
    ],
)
def test_each_builder_has_its_kind_wire_form_and_display(
    validator: Any, kind: str, json: Any, shown: str
) -> None:
    assert (validator.kind, validator.json, str(validator)) == (kind, json, shown)
    assert compile_validator(json) == validator


def test_optional_is_seen_in_fields_alone() -> None:
    optional = v.optional(v.string())
    assert (optional.is_optional, optional.kind, optional.json) == (True, "string", {"type": "string"})
    assert (repr(optional), str(optional)) == ("v.optional(v.string())", "v.string()")
    assert optional == v.string().optional() == v.optional(optional)
    assert optional != v.string()
    assert not v.string().is_optional


def test_literals_of_different_types_are_different_validators() -> None:
    assert v.literal(1) != v.literal(True)
    assert v.literal(1) != v.literal(Int64(1))
    assert v.literal(0) != v.literal(-0.0)


BASE = v.object({"a": v.string(), "b": v.optional(v.number()), "c": v.null()})


def test_an_object_gives_its_fields() -> None:
    assert BASE.fields == {"a": v.string(), "b": v.optional(v.number()), "c": v.null()}


def test_pick_keeps_only_the_named_fields() -> None:
    assert str(BASE.pick("a", "b")) == "v.object({a: v.string(), b: v.optional(v.float64())})"
    assert error_of(lambda: BASE.pick("x")) == ("InvalidValidator", undefined(' for field "x" in v.object()'))


def test_omit_drops_the_named_fields() -> None:
    assert str(BASE.omit("a", "unknown")) == "v.object({b: v.optional(v.float64()), c: v.null()})"


def test_partial_makes_every_field_optional() -> None:
    assert str(BASE.partial()) == (
        "v.object({a: v.optional(v.string()), b: v.optional(v.float64()), c: v.optional(v.null())})"
    )


def test_extend_adds_and_replaces_fields() -> None:
    assert str(BASE.extend({"c": v.any(), "d": v.null()})) == (
        "v.object({a: v.string(), b: v.optional(v.float64()), c: v.any(), d: v.null()})"
    )
    assert str(BASE) == "v.object({a: v.string(), b: v.optional(v.float64()), c: v.null()})"


def test_an_optional_object_stays_optional_when_its_fields_change() -> None:
    optional = BASE.optional()
    assert isinstance(optional, ObjectValidator)
    for changed in (optional.pick("a"), optional.omit("a"), optional.partial(), optional.extend({})):
        assert changed.is_optional


def test_a_dict_of_fields_stands_for_an_object() -> None:
    assert as_object_validator({"a": v.string()}) == v.object({"a": v.string()})
    assert as_object_validator(BASE) is BASE


def test_a_validator_keeps_the_fields_that_it_was_given() -> None:
    fields = {"a": v.string()}
    validator = v.object(fields)
    fields["b"] = v.null()
    assert str(validator) == "v.object({a: v.string()})"


NOTHING: Any = None

TAIL = "Identifiers can only contain alphanumeric characters or underscores"


@pytest.mark.parametrize(
    ("build", "code", "message"),
    [
        (lambda: v.id(NOTHING), "InvalidValidator", "v.id(tableName) requires a string"),
        (lambda: v.id("a-b"), "InvalidArgument", f"Identifier a-b has invalid character '-': {TAIL}"),
        (
            lambda: v.literal(NOTHING),
            "InvalidValidator",
            "v.literal(value) must be a string, number, or boolean",
        ),
        (
            lambda: v.literal([1]),  # type: ignore[arg-type]
            "InvalidValidator",
            "v.literal(value) must be a string, number, or boolean",
        ),
        (
            lambda: v.literal(b"x"),  # type: ignore[arg-type]
            "InvalidValidator",
            "v.literal(value) must be a string, number, or boolean",
        ),
        (
            lambda: v.literal(float("inf")),
            "UnsupportedFloatLiteral",
            "Infinite or NaN values are not supported in literal validators.",
        ),
        (
            lambda: v.literal(float("nan")),
            "UnsupportedFloatLiteral",
            "Infinite or NaN values are not supported in literal validators.",
        ),
        (lambda: v.array(NOTHING), "InvalidValidator", undefined(" in v.array()")),
        (
            lambda: v.array("string"),  # type: ignore[arg-type]
            "InvalidValidator",
            "The element of v.array() must be a validator",
        ),
        (
            lambda: v.array(v.optional(v.string())),
            "InvalidValidator",
            (
                "`v.optional(v.string())` cannot be a member of an array: `v.optional(...)` is for the fields of an "
                "object. For a value that may be null, write `v.nullable(...)`."
            ),
        ),
        (lambda: v.object({"f": NOTHING}), "InvalidValidator", undefined(' for field "f" in v.object()')),
        (
            lambda: v.object({"f": str}),  # type: ignore[dict-item]
            "InvalidValidator",
            "v.object() entries must be validators",
        ),
        (
            lambda: v.object([v.string()]),  # type: ignore[arg-type]
            "InvalidValidator",
            "v.object(fields) requires a dict of validators",
        ),
        (
            lambda: v.object({"a b": v.any()}),
            "InvalidArgument",
            f"Identifier a b has invalid character ' ': {TAIL}",
        ),
        (
            lambda: v.object({"a": v.any()}).extend({"b": NOTHING}),
            "InvalidValidator",
            undefined(' for field "b" in v.object()'),
        ),
        (
            lambda: v.record(NOTHING, v.any()),
            "InvalidValidator",
            undefined(' for field "key" in v.record()'),
        ),
        (
            lambda: v.record(v.string(), NOTHING),
            "InvalidValidator",
            undefined(' for field "value" in v.record()'),
        ),
        (
            lambda: v.record("k", v.any()),  # type: ignore[arg-type]
            "InvalidValidator",
            "Key and value of v.record() must be validators",
        ),
        (
            lambda: v.record(v.optional(v.string()), v.any()),
            "InvalidValidator",
            "Record validator cannot have optional keys",
        ),
        (
            lambda: v.record(v.string(), v.optional(v.any())),
            "InvalidValidator",
            "Record validator cannot have optional values",
        ),
        (
            lambda: v.record(v.union(v.string(), v.number()), v.any()),
            "InvalidRecordType",
            (
                "Records can only have string keys. Your validator contains a record with key typed as "
                "`v.union(v.string(), v.float64())`, which is not a subtype of `v.string()`"
            ),
        ),
        (
            lambda: v.record(v.any(), v.any()),
            "InvalidRecordType",
            (
                "Records can only have string keys. Your validator contains a record with key typed as "
                "`v.any()`, which is not a subtype of `v.string()`"
            ),
        ),
        (
            lambda: v.record(v.union(v.string(), v.union(v.literal("a"))), v.any()),
            "InvalidRecordType",
            "Records cannot have string literal keys",
        ),
        (
            lambda: v.union(v.string(), NOTHING),
            "InvalidValidator",
            undefined(' for field "member at index 1" in v.union()'),
        ),
        (
            lambda: v.union({"type": "string"}),  # type: ignore[arg-type]
            "InvalidValidator",
            "All members of v.union() must be validators",
        ),
        (
            lambda: v.nullable(v.optional(v.string())),
            "InvalidValidator",
            (
                "`v.optional(v.string())` cannot be a member of a union: `v.optional(...)` is for the fields of an "
                "object. For a value that may be null, write `v.nullable(...)`."
            ),
        ),
        (lambda: v.optional(NOTHING), "InvalidValidator", "v.optional(value) requires a validator"),
    ],
)
def test_what_cannot_be_built_is_refused_at_once(
    build: Callable[[], object], code: str, message: str
) -> None:
    assert error_of(build) == (code, message)


def field(json: Any) -> dict[str, Any]:
    return {"type": "object", "value": {"f": {"fieldType": json, "optional": False}}}


def record(keys: Any, *, optional: bool = False) -> dict[str, Any]:
    return {"type": "record", "keys": keys, "values": {"fieldType": {"type": "any"}, "optional": optional}}


@pytest.mark.parametrize(
    ("json", "code", "message"),
    [
        (None, "InvalidValidator", "Malformed validator: expected an object, got null"),
        ({}, "InvalidValidator", "Malformed validator: missing field `type`"),
        ({"type": 5}, "InvalidValidator", "Malformed validator: expected a string as `type`, got a number"),
        (
            {"type": "date"},
            "InvalidValidator",
            (
                "Malformed validator: unknown type `date`, expected one of null, number, bigint, commitTs, boolean, "
                "string, bytes, any, map, set, literal, id, array, record, object, union"
            ),
        ),
        ({"type": "array"}, "InvalidValidator", "Malformed validator: missing field `value`"),
        (
            {"type": "union", "value": {}},
            "InvalidValidator",
            "Malformed validator: expected an array as `value`, got an object",
        ),
        (
            {"type": "object", "value": {"f": []}},
            "InvalidValidator",
            "Invalid validator for key `f`: Malformed validator: expected an object, got an array",
        ),
        (
            {"type": "object", "value": {"f": {"fieldType": {"type": "any"}}}},
            "InvalidValidator",
            "Invalid validator for key `f`: Malformed validator: missing field `optional`",
        ),
        (
            {"type": "object", "value": {"a b": {"fieldType": {"type": "any"}, "optional": False}}},
            "InvalidArgument",
            f"Identifier a b has invalid character ' ': {TAIL}",
        ),
        (
            field(field({"type": "id", "tableName": "a-b"})),
            "InvalidArgument",
            (
                "Invalid validator for key `f`: Invalid validator for key `f`: "
                f"Identifier a-b has invalid character '-': {TAIL}"
            ),
        ),
        (
            {"type": "literal", "value": None},
            "InvalidValidator",
            "v.literal(value) must be a string, number, or boolean",
        ),
        (
            {"type": "literal", "value": {"$float": "AAAAAAAA8H8="}},
            "UnsupportedFloatLiteral",
            "Infinite or NaN values are not supported in literal validators.",
        ),
        (
            record({"type": "any"}),
            "InvalidRecordType",
            (
                "Records can only have string keys. Your validator contains a record with key typed as "
                "`v.any()`, which is not a subtype of `v.string()`"
            ),
        ),
        (
            record({"type": "literal", "value": "a"}),
            "InvalidRecordType",
            "Records cannot have string literal keys",
        ),
        (
            record({"type": "string"}, optional=True),
            "InvalidRecordType",
            "Records cannot have optional values",
        ),
        (
            field(record({"type": "string"}, optional=True)),
            "InvalidRecordType",
            "Invalid validator for key `f`: Records cannot have optional values",
        ),
    ],
)
def test_json_that_is_no_validator_is_refused(json: Any, code: str, message: str) -> None:
    assert error_of(lambda: compile_validator(json)) == (code, message)


def test_names_of_types_that_are_gone_mean_any() -> None:
    assert compile_validator({"type": "map"}) == compile_validator({"type": "set"}) == v.any()
