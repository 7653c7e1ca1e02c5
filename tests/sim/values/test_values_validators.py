"""What validators accept, and what they say about what they don't (semantics §3.2, §3.3)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.values import (
    COMMIT_TS,
    UNDEFINED,
    Int64,
    compile_validator,
    display,
    encode_id,
    index_key,
    type_name,
    v,
)
from hypothesis import given
from values_strategies import float_of, id_of, tables, validators, values

USER = id_of("users")
TASK = id_of("tasks")
FILE = id_of("_storage")

# One value of each type, by the name of its type.
SAMPLES: dict[str, Any] = {
    "null": None,
    "int64": Int64(1),
    "float64": 1.0,
    "boolean": True,
    "string": "x",
    "bytes": b"x",
    "array": [],
    "object": {},
}


@pytest.mark.parametrize(
    ("validator", "accepted"),
    [
        (v.null(), {"null"}),
        (v.number(), {"float64"}),
        (v.float64(), {"float64"}),
        (v.bigint(), {"int64"}),
        (v.int64(), {"int64"}),
        (v.commit_ts(), {"int64"}),
        (v.boolean(), {"boolean"}),
        (v.string(), {"string"}),
        (v.bytes(), {"bytes"}),
        (v.any(), set(SAMPLES)),
        (v.array(v.any()), {"array"}),
        (v.object({}), {"object"}),
        (v.record(v.string(), v.any()), {"object"}),
        (v.union(), set()),
        (v.union(v.null(), v.string()), {"null", "string"}),
        (v.nullable(v.string()), {"null", "string"}),
        (v.literal("x"), {"string"}),
        (v.literal(1), {"float64"}),
        (v.literal(Int64(1)), {"int64"}),
        (v.literal(True), {"boolean"}),
        (v.id("users"), set()),
    ],
)
def test_each_validator_accepts_its_types(validator: Any, accepted: set[str]) -> None:
    assert {name for name, value in SAMPLES.items() if validator.check(value, tables) is None} == accepted


@pytest.mark.parametrize(
    ("validator", "value"),
    [
        (v.number(), float("nan")),
        (v.number(), float("inf")),
        (v.number(), -0.0),
        (v.literal(-0.0), -0.0),
        (v.id("users"), USER),
        (v.id("_storage"), FILE),
        (v.int64(), COMMIT_TS),
        (v.commit_ts(), COMMIT_TS),
        (v.array(v.int64()), [COMMIT_TS, Int64(1)]),
        (v.object({"at": v.int64()}), {"at": COMMIT_TS}),
        (v.object({"a": v.optional(v.string())}), {}),
        (v.object({"a": v.optional(v.string())}), {"a": "x"}),
        (v.object({"a": v.any()}), {"a": None}),
        (v.record(v.id("users"), v.number()), {USER: 1.0}),
        (v.record(v.string(), v.int64()), {"": Int64(1)}),
        (v.union(v.object({"a": v.null()}), v.object({"b": v.null()})), {"b": None}),
    ],
)
def test_what_is_accepted(validator: Any, value: Any) -> None:
    assert validator.check(value, tables) is None


@pytest.mark.parametrize(
    ("validator", "value", "message"),
    [
        # Another kind of value
        (v.string(), 1.0, "Value does not match validator.\n\nValue: 1.0\nValidator: v.string()"),
        (v.int64(), 1.0, "Value does not match validator.\n\nValue: 1.0\nValidator: v.int64()"),
        (v.float64(), Int64(1), "Value does not match validator.\n\nValue: 1\nValidator: v.float64()"),
        (v.boolean(), None, "Value does not match validator.\n\nValue: null\nValidator: v.boolean()"),
        (v.null(), False, "Value does not match validator.\n\nValue: false\nValidator: v.null()"),
        (
            v.string(),
            COMMIT_TS,
            "Value does not match validator.\n\nValue: 9223372036854775807\nValidator: v.string()",
        ),
        (
            v.array(v.string()),
            {"a": b"\x01"},
            'Value does not match validator.\n\nValue: {a: b"AQ=="}\nValidator: v.array(v.string())',
        ),
        (v.object({}), [], "Value does not match validator.\n\nValue: []\nValidator: v.object({})"),
        (
            v.record(v.string(), v.null()),
            None,
            "Value does not match validator.\n\nValue: null\nValidator: v.record(v.string(), v.null())",
        ),
        # Where it is
        (
            v.array(v.array(v.number())),
            [[], [1.0, "x"]],
            'Value does not match validator.\nPath: [1][1]\nValue: "x"\nValidator: v.float64()',
        ),
        (
            v.object({"a": v.array(v.object({"b": v.number()}))}),
            {"a": [{"b": None}]},
            "Value does not match validator.\nPath: .a[0].b\nValue: null\nValidator: v.float64()",
        ),
        # Ids
        (
            v.id("users"),
            "nonsense",
            'Value does not match validator.\n\nValue: "nonsense"\nValidator: v.id("users")',
        ),
        (v.id("users"), 1.0, 'Value does not match validator.\n\nValue: 1.0\nValidator: v.id("users")'),
        (
            v.id("users"),
            TASK,
            (
                f'Found ID "{TASK}" from table `tasks`, which does not match the table name in validator '
                '`v.id("users")`.'
            ),
        ),
        (
            v.object({"owner": v.id("users")}),
            {"owner": TASK},
            (
                f'Found ID "{TASK}" from table `tasks`, which does not match the table name in validator '
                '`v.id("users")`.Path: .owner'
            ),
        ),
        (
            v.id("users"),
            FILE,
            (
                f'Found ID "{FILE}" from a system table, which does not match the table name in validator '
                '`v.id("users")`.'
            ),
        ),
        # Literals
        (v.literal("a"), "b", '`"b"` does not match literal validator `v.literal("a")`.'),
        (v.literal("a"), None, '`null` does not match literal validator `v.literal("a")`.'),
        (v.literal(1), Int64(1), "`1` does not match literal validator `v.literal(1.0)`."),
        (v.literal(Int64(1)), Int64(2), "`2` does not match literal validator `v.literal(<bigint>)`."),
        (v.literal(0), -0.0, "`-0.0` does not match literal validator `v.literal(0.0)`."),
        (v.literal(True), 1.0, "`1.0` does not match literal validator `v.literal(true)`."),
        (
            v.array(v.literal("a")),
            ["b"],
            '`"b"` does not match literal validator `v.literal("a")`.Path: [0]',
        ),
        # Objects
        (
            v.object({"b": v.string(), "a": v.optional(v.number())}),
            {"a": 1.0},
            (
                "Object is missing the required field `b`. Consider wrapping the field validator in `v.optional(...)` "
                "if this is expected.\n\nObject: {a: 1.0}\nValidator: v.object({a: v.optional(v.float64()), b: v.string()})"
            ),
        ),
        (
            v.object({"a": v.object({"b": v.any()})}),
            {"a": {}},
            (
                "Object is missing the required field `b`. Consider wrapping the field validator in `v.optional(...)` "
                "if this is expected.\nPath: .a\nObject: {}\nValidator: v.object({b: v.any()})"
            ),
        ),
        (
            v.object({"a": v.number()}),
            {"a": 1.0, "c": "x", "b": None},
            (
                "Object contains extra field `b` that is not in the validator.\n\n"
                'Object: {a: 1.0, b: null, c: "x"}\nValidator: v.object({a: v.float64()})'
            ),
        ),
        (
            v.object({"a": v.optional(v.string())}),
            {"a": None},
            "Value does not match validator.\nPath: .a\nValue: null\nValidator: v.string()",
        ),
        # The first field in order of names counts, a missing or wrong one before one too many
        (
            v.object({"b": v.string(), "a": v.string()}),
            {"0": 1.0, "b": 1.0},
            (
                "Object is missing the required field `a`. Consider wrapping the field validator in `v.optional(...)` "
                "if this is expected.\n\nObject: {0: 1.0, b: 1.0}\nValidator: v.object({a: v.string(), b: v.string()})"
            ),
        ),
        (
            v.object({"a": v.string(), "b": v.string()}),
            {"a": 1.0},
            "Value does not match validator.\nPath: .a\nValue: 1.0\nValidator: v.string()",
        ),
        # Unions
        (v.union(), 1.0, "Value does not match validator.\n\nValue: 1.0\nValidator: v.union()"),
        (
            v.union(v.object({"a": v.string()})),
            {"a": 1.0},
            "Value does not match validator.\nPath: .a\nValue: 1.0\nValidator: v.string()",
        ),
        (
            v.union(v.object({"a": v.string()}), v.null()),
            {"a": 1.0},
            (
                "Value does not match validator.\n\nValue: {a: 1.0}\n"
                "Validator: v.union(v.object({a: v.string()}), v.null())"
            ),
        ),
        # Records
        (
            v.record(v.id("users"), v.number()),
            {"x": 1.0},
            'Value does not match validator.\nPath: .keys()\nValue: "x"\nValidator: v.id("users")',
        ),
        (
            v.object({"r": v.record(v.string(), v.number())}),
            {"r": {"a": 1.0, "b": "x"}},
            'Value does not match validator.\nPath: .r.values()\nValue: "x"\nValidator: v.float64()',
        ),
    ],
)
def test_the_first_violation_is_told_in_the_words_of_the_backend(
    validator: Any, value: Any, message: str
) -> None:
    assert validator.check(value, tables) == message
    assert compile_validator(validator.json).check(value, tables) == message


def test_an_id_of_a_table_that_nobody_knows_is_just_a_string() -> None:
    stranger = encode_id(10_777, bytes(16))
    assert v.id("users").check(stranger, tables) == (
        f'Value does not match validator.\n\nValue: "{stranger}"\nValidator: v.id("users")'
    )


@given(validators, values)
def test_a_value_is_refused_with_a_reason_or_accepted_without(validator: Any, value: Any) -> None:
    message = validator.check(value, tables)
    assert (message is None) == validator.matches(value, tables)
    assert message != ""


@given(validators, values)
def test_a_union_accepts_what_one_of_its_members_accepts(validator: Any, value: Any) -> None:
    alone = validator.matches(value, tables)
    assert v.union(validator, v.null()).matches(value, tables) == (alone or value is None)
    assert v.union(validator).matches(value, tables) == alone
    assert v.array(validator).matches([value], tables) == alone
    assert v.object({"a": validator}).matches({"a": value}, tables) == alone


@given(values)
def test_a_literal_accepts_its_own_value_alone(value: Any) -> None:
    for literal in ("", 0.0, Int64(0), False):
        same = index_key(value) == index_key(literal)
        assert v.literal(literal).matches(value, tables) == same


@given(validators)
def test_json_says_all_about_a_validator(validator: Any) -> None:
    again = compile_validator(validator.json)
    assert again.json == validator.json
    assert again == validator
    assert (str(again), again.kind, hash(again)) == (str(validator), validator.kind, hash(validator))


@given(validators, values)
def test_a_validator_from_json_judges_like_the_built_one(validator: Any, value: Any) -> None:
    assert compile_validator(validator.json).check(value, tables) == validator.check(value, tables)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (Int64(-5), "-5"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e16"),
        (1.5e300, "1.5e300"),
        (0.0001, "0.0001"),
        (0.00001, "1e-5"),
        (1.25e-7, "1.25e-7"),
        (float("nan"), "NaN"),
        (float_of(0xFFF8_0000_0000_0000), "NaN"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        ('a"b\\c\n\r\t\0\x1b\x7f', '"a\\"b\\\\c\\n\\r\\t\\0\\u{1b}\\u{7f}"'),
        ("it's é 日本 😀", '"it\'s é 日本 😀"'),
        ("e\u0301\u200b\ufeff\ue000\u00a0", '"e\\u{301}\\u{200b}\\u{feff}\\u{e000}\\u{a0}"'),
        (b"\x00\x01", 'b"AAE="'),
        ([1.0, "a", [None]], '[1.0, "a", [null]]'),
        ({"b": 1.0, "a": {}, "c d": []}, "{a: {}, b: 1.0, c d: []}"),
        (UNDEFINED, "undefined"),
    ],
)
def test_messages_show_values_as_the_backend_does(value: Any, shown: str) -> None:
    assert display(value) == shown


def test_the_types_have_names() -> None:
    assert [type_name(value) for value in (*SAMPLES.values(), UNDEFINED, COMMIT_TS)] == [
        "Null",
        "Int64",
        "Float64",
        "Boolean",
        "String",
        "Bytes",
        "Array",
        "Object",
        "undefined",
        "Int64",
    ]


@given(values)
def test_every_value_can_be_shown_on_one_line(value: Any) -> None:
    assert "\n" not in display(value)
