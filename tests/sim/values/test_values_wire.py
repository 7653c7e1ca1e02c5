"""The JSON encoding of values (semantics §2.1)."""

from __future__ import annotations

import json

import pytest
from biconvex.sim.values import (
    COMMIT_TS,
    MAX_INT64,
    MIN_INT64,
    UNDEFINED,
    DeveloperError,
    Int64,
    dumps,
    from_json,
    from_json_or_undefined,
    index_key,
    is_pending,
    loads,
    patch_from_json,
    patch_to_json,
    pending_from_json,
    resolve_commit_ts,
    to_json,
    to_json_or_undefined,
)
from hypothesis import given
from hypothesis import strategies as st
from values_strategies import bits_of, float_of, texts, values


@given(values)
def test_a_value_survives_the_wire(value: object) -> None:
    # Keys tell -0 from 0, one NaN from another and Int64 from Float64; == doesn't.
    assert index_key(loads(dumps(value))) == index_key(value)
    assert index_key(from_json(to_json(value))) == index_key(value)


@given(values)
def test_the_wire_form_is_plain_json(value: object) -> None:
    assert json.loads(json.dumps(to_json(value), allow_nan=False)) == to_json(value)


@given(values)
def test_reading_copies_what_it_reads(value: object) -> None:
    encoded = to_json(value)
    decoded = from_json(encoded)
    if isinstance(decoded, list | dict):
        decoded.clear()
        assert encoded == to_json(value)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (None, "null"),
        (True, "true"),
        (0.0, "0"),
        (5.0, "5"),
        (-5.0, "-5"),
        (0.5, "0.5"),
        (2.0**53 - 1, "9007199254740991"),
        (1e21, "1e21"),
        (-0.0, '{"$float":"AAAAAAAAAIA="}'),
        (float("nan"), '{"$float":"AAAAAAAA+H8="}'),
        (float("inf"), '{"$float":"AAAAAAAA8H8="}'),
        (float("-inf"), '{"$float":"AAAAAAAA8P8="}'),
        (Int64(1), '{"$integer":"AQAAAAAAAAA="}'),
        (Int64(MIN_INT64), '{"$integer":"AAAAAAAAAIA="}'),
        (Int64(MAX_INT64), '{"$integer":"/////////38="}'),
        ("héllo", '"héllo"'),
        (b"", '{"$bytes":""}'),
        (b"\x00\xff", '{"$bytes":"AP8="}'),
        ([1.0, "a"], '[1,"a"]'),
        ({"b": 1.0, "a": {}}, '{"a":{},"b":1}'),
        (COMMIT_TS, '{"$commitTs":null}'),
    ],
)
def test_each_type_has_its_wire_form(value: object, encoded: str) -> None:
    assert dumps(value) == encoded


def test_every_number_of_json_is_a_float64() -> None:
    assert [(type(n), n) for n in from_json([1, 1.5, 2**63, 2**60 + 1])] == [
        (float, 1.0),
        (float, 1.5),
        (float, 2.0**63),
        (float, 2.0**60),
    ]


def test_fields_come_in_the_order_of_their_bytes() -> None:
    assert list(from_json({"b": 1, "_id": 2, "Z": 3, "a": 4, "": 5})) == ["", "Z", "_id", "a", "b"]


def test_a_float_keeps_the_bits_of_its_nan() -> None:
    odd = float_of(0xFFF8_0000_0000_0001)
    assert bits_of(from_json(to_json(odd))) == 0xFFF8_0000_0000_0001


@pytest.mark.parametrize("number", [0.0, -0.0])
def test_a_zero_may_be_written_as_float_object(number: float) -> None:
    import base64
    import struct

    encoded = base64.b64encode(struct.pack("<d", number)).decode()
    assert bits_of(from_json({"$float": encoded})) == bits_of(number)


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ({"$float": "AAAAAAAA8D8="}, "Float64 1 should be encoded as a number"),
        ({"$float": "AQAAAAAAAAA="}, f"Float64 0.{'0' * 323}5 should be encoded as a number"),
        ({"$float": "AAAA"}, "Float64 must be exactly eight bytes"),
        ({"$integer": "AAAA"}, "Int64 must be exactly eight bytes"),
        ({"$integer": 5}, "Malformed $integer field: expected a base64 string"),
        ({"$bytes": "AB=="}, "Malformed $bytes field: unused bits are not zero"),
        ({"$set": []}, "Received a Set which is no longer supported as a Convex type."),
        ({"$map": []}, "Received a Map which is no longer supported as a Convex type."),
        ({"$undefined": None}, "Field name $undefined starts with '$', which is reserved."),
        ({"$commitTs": None}, "Field name $commitTs starts with '$', which is reserved."),
        ({"$other": 1}, "Field name $other starts with '$', which is reserved."),
        ({"a": 1, "$integer": "AAAA"}, "Field name $integer starts with '$', which is reserved."),
        ({1: 2}, "Field names are strings, not int."),
        ([(1, 2)], "Received a tuple, which is not JSON."),
        (10**400, "Received invalid json: number out of range"),
        (
            "\ud800",
            "A string with a lone surrogate (U+D800 at index 0) is not a supported Convex value",
        ),
        (
            {"a": ["x\udc00"]},
            "A string with a lone surrogate (U+DC00 at index 1) is not a supported Convex value",
        ),
    ],
)
def test_json_that_encodes_no_value_is_refused(encoded: object, message: str) -> None:
    with pytest.raises(DeveloperError) as caught:
        from_json(encoded)
    assert (caught.value.code, caught.value.message) == ("InvalidArgument", message)


@given(st.text("ABCDabcd+/=- \n", max_size=8))
def test_only_canonical_base64_is_read(text: str) -> None:
    import base64

    try:
        canonical = base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except ValueError:
        canonical = False
    try:
        from_json({"$bytes": text})
    except DeveloperError:
        assert not canonical
    else:
        assert canonical


@pytest.mark.parametrize("text", ["", "{", "nope", "[1,]", '"\\ud800"', "1e999", "NaN", "[" * 100_000])
def test_text_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(DeveloperError, match=r"\AReceived invalid json: "):
        loads(text)


@given(texts)
def test_reading_any_text_gives_a_value_or_a_developer_error(text: str) -> None:
    try:
        value = loads(text)
    except DeveloperError:
        return
    assert loads(dumps(value)) == value


def test_undefined_has_a_wire_form_of_its_own() -> None:
    assert to_json_or_undefined(UNDEFINED) == {"$undefined": None}
    assert from_json_or_undefined({"$undefined": None}) is UNDEFINED
    assert from_json_or_undefined(None) is None


def test_a_patch_removes_fields_with_undefined() -> None:
    patch = {"b": UNDEFINED, "a": 1.0}
    assert patch_to_json(patch) == {"a": 1, "b": {"$undefined": None}}
    assert patch_from_json(patch_to_json(patch)) == patch
    assert patch_from_json({"only": {"$undefined": None}}) == {"only": UNDEFINED}


def test_undefined_is_only_for_the_top_level_of_a_patch() -> None:
    with pytest.raises(DeveloperError) as caught:
        patch_from_json({"a": {"b": {"$undefined": None}}})
    assert caught.value.message == "Field name $undefined starts with '$', which is reserved."


def test_a_patch_is_an_object() -> None:
    with pytest.raises(DeveloperError) as caught:
        patch_from_json([1])
    assert caught.value.message == "Value must be an Object"


def test_the_name_of_a_removed_field_is_checked() -> None:
    with pytest.raises(DeveloperError) as caught:
        patch_from_json({"$a": {"$undefined": None}})
    assert caught.value.message == "Field name $a starts with '$', which is reserved."


def test_a_commit_timestamp_is_pending_until_it_is_resolved() -> None:
    value = pending_from_json({"at": {"$commitTs": None}, "list": [{"$commitTs": None}, 1]})
    assert value == {"at": COMMIT_TS, "list": [COMMIT_TS, 1.0]}
    assert is_pending(value)
    resolved = resolve_commit_ts(value, Int64(7))
    assert resolved == {"at": Int64(7), "list": [Int64(7), 1.0]}
    assert not is_pending(resolved)
    assert resolve_commit_ts(resolved, Int64(8)) is resolved


def test_the_token_of_a_commit_timestamp_holds_null() -> None:
    with pytest.raises(DeveloperError) as caught:
        pending_from_json({"$commitTs": 1})
    assert caught.value.message == "$commitTs value must be null"
