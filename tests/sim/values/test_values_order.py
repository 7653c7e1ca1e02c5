"""Sizes and the total order (semantics §2.1, §2.3)."""

from __future__ import annotations

from functools import cmp_to_key
from itertools import pairwise
from typing import Any

import pytest
from biconvex.sim.values import (
    COMMIT_TS,
    MAX_INT64,
    MIN_INT64,
    UNDEFINED,
    DeveloperError,
    Int64,
    compare,
    index_key,
    index_key_of,
    nesting_of,
    size_of,
)
from hypothesis import given
from hypothesis import strategies as st
from values_strategies import float_of, floats, int64s, scalars, texts, values

ASCENDING: list[Any] = [
    UNDEFINED,
    None,
    Int64(MIN_INT64),
    Int64(-(2**31) - 1),
    Int64(-(2**31)),
    Int64(-32769),
    Int64(-129),
    Int64(-128),
    Int64(-1),
    Int64(0),
    Int64(1),
    Int64(127),
    Int64(128),
    Int64(32768),
    Int64(2**31),
    Int64(MAX_INT64),
    float_of(0xFFF8_0000_0000_0001),
    float_of(0xFFF8_0000_0000_0000),
    float("-inf"),
    -1.5,
    -5e-324,
    -0.0,
    0.0,
    5e-324,
    1.0,
    float("inf"),
    float("nan"),
    float_of(0x7FF8_0000_0000_0001),
    False,
    True,
    "",
    "\x00",
    "\x00\x01",
    "\x01",
    "A",
    "a",
    "aa",
    "é",
    "\ue000",
    "\uffff",
    "\U00010000",
    b"",
    b"\x00",
    b"\x00\x00",
    b"\x00\xff",
    b"\x01",
    b"\xff",
    [],
    [None],
    [None, None],
    [Int64(5)],
    [1.0],
    [[]],
    [{}],
    {},
    {"": None},
    {"a": None},
    {"a": None, "b": None},
    {"a": 1.0},
    {"b": None},
]


def test_all_values_have_their_place_in_one_order() -> None:
    for smaller, larger in pairwise(ASCENDING):
        assert compare(smaller, larger) == -1
        assert compare(larger, smaller) == 1
        assert index_key(smaller) < index_key(larger)


def test_a_value_is_equal_to_itself() -> None:
    for value in ASCENDING:
        assert compare(value, value) == 0


def test_numbers_of_two_types_are_never_equal() -> None:
    assert compare(Int64(1), 1.0) == -1
    assert compare(True, 1.0) == 1


def test_a_pending_commit_timestamp_sorts_as_the_largest_int64() -> None:
    assert compare(COMMIT_TS, Int64(MAX_INT64)) == 0
    assert compare(Int64(MAX_INT64 - 1), COMMIT_TS) == -1
    assert compare(COMMIT_TS, 0.0) == -1
    assert index_key(COMMIT_TS) == index_key(Int64(MAX_INT64))


def sign(left: bytes, right: bytes) -> int:
    return (left > right) - (left < right)


# Values of one kind meet often in their own strategy, and seldom in that of all values.
ALIKE = st.one_of(
    *(st.tuples(kind, kind) for kind in (values, scalars, texts, floats, int64s, st.binary(max_size=4))),
    st.tuples(st.lists(scalars, max_size=3), st.lists(scalars, max_size=3)),
    st.tuples(
        st.dictionaries(st.sampled_from(["", "a", "b"]), scalars), st.dictionaries(st.just("a"), scalars)
    ),
)


@given(ALIKE)
def test_keys_compare_as_their_values(pair: tuple[Any, Any]) -> None:
    left, right = pair
    assert sign(index_key(left), index_key(right)) == compare(left, right)
    assert compare(right, left) == -compare(left, right)


@given(st.lists(values | st.just(UNDEFINED), max_size=3), st.lists(values | st.just(UNDEFINED), max_size=3))
def test_keys_in_a_row_compare_as_tuples(left: list[Any], right: list[Any]) -> None:
    def order_of_tuples() -> int:
        for a, b in zip(left, right, strict=False):
            if order := compare(a, b):
                return order
        return (len(left) > len(right)) - (len(left) < len(right))

    assert sign(index_key_of(left), index_key_of(right)) == order_of_tuples()


@given(ALIKE)
def test_a_key_goes_on_behind_its_end_with_an_escape_alone(pair: tuple[Any, Any]) -> None:
    # "a" is the start of "a\0", and {} of {"": x}; no key begins with the escape, so rows of keys stay apart.
    shorter, longer = sorted(map(index_key, pair), key=len)
    assert shorter[:1] != b"\xff"
    if longer.startswith(shorter) and longer != shorter:
        assert longer[len(shorter)] == 0xFF


def test_a_string_is_apart_from_its_continuation_with_a_zero() -> None:
    assert index_key("a\0") == index_key("a") + b"\xff\x00"
    assert index_key_of(["a", "z"]) < index_key_of(["a\0", "a"])


@given(st.lists(values, max_size=6))
def test_sorting_by_key_is_sorting_by_value(several: list[Any]) -> None:
    by_value = sorted(several, key=cmp_to_key(compare))
    assert [index_key(value) for value in by_value] == sorted(map(index_key, several))


def test_an_int64_that_left_its_64_bits_has_no_key() -> None:
    with pytest.raises(DeveloperError) as caught:
        index_key(Int64(MAX_INT64) + 1)
    assert caught.value.message == "BigInt 9223372036854775808 does not fit into a 64-bit signed integer."


@pytest.mark.parametrize(
    ("value", "size", "nesting"),
    [
        (UNDEFINED, 0, 0),
        (None, 1, 0),
        (True, 1, 0),
        (Int64(7), 9, 0),
        (COMMIT_TS, 9, 0),
        (1.5, 9, 0),
        ("", 2, 0),
        ("abc", 5, 0),
        ("é€😀", 11, 0),
        (b"\x00\x00", 4, 0),
        ([], 2, 1),
        ([None, [True]], 6, 2),
        ({}, 2, 1),
        ({"a": None}, 5, 1),
        ({"name": "Ann", "tags": ["x"]}, 2 + 5 + 5 + 5 + 5, 2),
        ({"e": "é", "n": 1.0}, 2 + 2 + 4 + 2 + 9, 1),
    ],
)
def test_each_type_has_its_size_and_nesting(value: Any, size: int, nesting: int) -> None:
    assert (size_of(value), nesting_of(value)) == (size, nesting)


@given(st.lists(values, max_size=4))
def test_the_size_of_an_array_is_that_of_its_elements_and_two(elements: list[Any]) -> None:
    assert size_of(elements) == 2 + sum(map(size_of, elements))
    assert nesting_of(elements) == 1 + max(map(nesting_of, elements), default=0)


@given(st.dictionaries(st.sampled_from(["", "a", "name"]), values))
def test_a_field_takes_its_name_one_byte_and_its_value(fields: dict[str, Any]) -> None:
    assert size_of(fields) == 2 + sum(len(name) + 1 + size_of(member) for name, member in fields.items())
