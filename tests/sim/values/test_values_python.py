"""What Python code may pass as a value (semantics §2.1, with Python's types)."""

from __future__ import annotations

import copy
import enum
import pickle
from collections import OrderedDict, defaultdict, namedtuple
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from biconvex.sim.values import (
    COMMIT_TS,
    MAX_INT64,
    UNDEFINED,
    DeveloperError,
    Int64,
    from_json,
    from_python,
    index_key,
    patch_from_python,
    patch_to_json,
    pending_from_python,
    to_json,
)
from hypothesis import given
from values_strategies import values

LEARN_MORE = "To learn about Convex's supported types, see https://docs.convex.dev/using/types."


class Color(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Ratio(float):
    pass


class Named(str):
    __slots__ = ()


class Thing:
    pass


Pair = namedtuple("Pair", "a b")  # the kind of tuple that is tried


def refusal_of(value: Any) -> str:
    with pytest.raises(DeveloperError) as caught:
        from_python(value)
    assert caught.value.code == "InvalidArgument"
    with pytest.raises(DeveloperError) as encoding:
        to_json(value)
    assert encoding.value.message == caught.value.message
    return caught.value.message


@given(values)
def test_a_canonical_value_stays_as_it_is(value: Any) -> None:
    assert index_key(from_python(value)) == index_key(value)


@given(values)
def test_converting_and_encoding_is_encoding(value: Any) -> None:
    assert to_json(from_python(value)) == to_json(value)


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        (5, 5.0),
        (2**53 + 1, 9007199254740992.0),
        (Level.HIGH, 3.0),
        (Ratio(1.5), 1.5),
        (Color.RED, "red"),
        (Named("x"), "x"),
        (bytearray(b"ab"), b"ab"),
        (Int64(5), Int64(5)),
        (OrderedDict(b=1, a=2), {"a": 2.0, "b": 1.0}),
        (defaultdict(list, a=[1]), {"a": [1.0]}),
        ({Color.RED: 1}, {"red": 1.0}),
        ({"a": UNDEFINED, "b": None}, {"b": None}),
    ],
)
def test_python_values_become_canonical(value: Any, canonical: Any) -> None:
    converted = from_python(value)
    assert converted == canonical
    assert type(converted) is type(canonical)
    assert from_json(to_json(value)) == canonical


def test_the_names_of_enums_become_plain_strings() -> None:
    from_python({"red": 1})
    (name,) = from_python({Color.RED: 1})
    assert type(name) is str


def test_an_int_becomes_a_float_and_a_bool_stays_one() -> None:
    assert [type(n) for n in from_python([1, True, Int64(1), 1.0])] == [float, bool, Int64, float]


def test_the_copy_shares_nothing_with_the_original() -> None:
    original = {"list": [{"a": 1.0}]}
    converted = from_python(original)
    converted["list"][0]["a"] = 2.0
    assert original == {"list": [{"a": 1.0}]}


def test_fields_come_in_the_order_of_their_bytes() -> None:
    assert list(from_python({"b": 1, "a": 2, "Z": 3})) == ["Z", "a", "b"]
    assert list(to_json({"b": 1, "a": 2, "Z": 3})) == ["Z", "a", "b"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((1, "a"), 'tuple [1,"a"]'),
        (Pair(1, 2), "Pair [1,2]"),
        ({3, 1, 2}, "set [1,2,3]"),
        (frozenset("ba"), 'frozenset ["a","b"]'),
        (datetime(2026, 1, 1, tzinfo=UTC), "datetime"),
        (Decimal("1.5"), "Decimal"),
        (1j, "complex"),
        (Thing(), "Thing"),
        (Thing, "type"),
        (len, "builtin_function_or_method"),
    ],
)
def test_other_types_are_refused_by_name(value: Any, shown: str) -> None:
    assert refusal_of(value) == f"{shown} is not a supported Convex type."


def test_the_message_leads_to_what_is_refused() -> None:
    value = {"n": 1, "a": [None, {"b": (1,), "big": Int64(7)}], "t": "é\n", "f": 1.5, "no": False}
    assert refusal_of(value) == (
        "tuple [1] is not a supported Convex type (present at path .a[1].b in original object "
        '{"n":1,"a":[null,{"b":[1],"big":"7n"}],"t":"é\\n","f":1.5,"no":false}). ' + LEARN_MORE
    )


def test_a_long_original_is_cut() -> None:
    message = refusal_of(["x" * 20_000, ()])
    shown = message.partition("in original object ")[2].removesuffix(f"). {LEARN_MORE}")
    assert len(shown) == 16384
    assert shown.endswith("xxx[...truncated]")


def test_undefined_is_no_value_of_its_own() -> None:
    assert refusal_of(UNDEFINED) == f"undefined is not a valid Convex value. {LEARN_MORE}"
    assert refusal_of({"a": [1, UNDEFINED]}) == (
        "undefined is not a valid Convex value (present at path .a[1] in original object "
        f'{{"a":[1,"undefined"]}}). {LEARN_MORE}'
    )


def test_an_int_too_large_for_a_float_is_refused() -> None:
    assert refusal_of(10**400) == "An int of 1329 bits is too large for a Float64."
    assert refusal_of({"n": 10**400}) == (
        "An int of 1329 bits is too large for a Float64 (present at path .n in original object "
        f'{{"n":an int of 1329 bits}}). {LEARN_MORE}'
    )


def test_an_int64_too_large_for_64_bits_is_refused() -> None:
    for value in (Int64(MAX_INT64) + 1, [Int64(MAX_INT64) + 1]):
        assert refusal_of(value) == ("BigInt 9223372036854775808 does not fit into a 64-bit signed integer.")


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(DeveloperError) as caught:
        from_python({"a": "x\ud83d"})
    assert caught.value.message == (
        "A string with a lone surrogate (U+D83D at index 1) is not a supported Convex value "
        f'(present at path .a in original object {{"a":"x\\u{{d83d}}"}}). {LEARN_MORE}'
    )


def test_names_of_fields_are_strings() -> None:
    assert refusal_of({"a": {1: 2}}) == "Field names are strings, not int."
    assert refusal_of({None: 2}) == "Field names are strings, not NoneType."


def test_a_circle_is_refused() -> None:
    circle: list[Any] = []
    circle.append({"again": circle})
    for convert in (from_python, to_json):
        with pytest.raises(DeveloperError) as caught:
            convert(circle)
        assert (caught.value.code, caught.value.message) == (
            "TooNestedError",
            "Value is too nested (nested 65 levels deep > maximum nesting 64)",
        )


def test_a_patch_keeps_what_it_removes() -> None:
    patch = {"b": 1, "a": UNDEFINED, "at": COMMIT_TS}
    assert patch_from_python(patch) == {"a": UNDEFINED, "b": 1.0, "at": COMMIT_TS}
    assert patch_to_json(patch) == {"a": {"$undefined": None}, "at": {"$commitTs": None}, "b": 1}
    with pytest.raises(DeveloperError, match=r"\AField name \$x starts with '\$', which is reserved\.\Z"):
        patch_from_python({"$x": UNDEFINED})
    with pytest.raises(DeveloperError, match=r"\AValue must be an Object\Z"):
        patch_from_python([])


def test_the_commit_timestamp_is_only_for_writes() -> None:
    assert pending_from_python([COMMIT_TS]) == [COMMIT_TS]
    with pytest.raises(DeveloperError) as caught:
        from_python(COMMIT_TS)
    assert caught.value.message == "CommitTsPlaceholder is not a supported Convex type."


def test_an_int64_stays_one_in_arithmetic_with_ints() -> None:
    five = Int64(5)
    for result in (five + 1, 1 + five, 10 - five, five * 2, 11 // five, 11 % five, -five, +five, abs(-five)):
        assert type(result) is Int64
    for result in (five**2, five << 1, five >> 1, five & 4, 4 | five, five ^ 1, ~five, *divmod(five, 2)):
        assert type(result) is Int64
    assert sum([five, five]) == Int64(10)
    assert (five + 1, 10 - five, 11 // five, 11 % five, ~five) == (6, 5, 2, 1, -6)


def test_an_int64_with_a_float_is_a_float() -> None:
    assert (Int64(5) + 0.5, Int64(1) / 2, Int64(2) ** -1) == (5.5, 0.5, 0.5)


def test_an_int64_may_leave_its_range_on_the_way() -> None:
    assert (Int64(MAX_INT64) * 31 + 7) % 1000 == (MAX_INT64 * 31 + 7) % 1000


def test_an_int64_is_made_of_an_int_in_range() -> None:
    with pytest.raises(DeveloperError) as caught:
        Int64(2**63)
    assert caught.value.message == "BigInt 9223372036854775808 does not fit into a 64-bit signed integer."
    for other in (1.0, "1", True):
        with pytest.raises(TypeError, match=r"\AInt64 takes an int, not \w+\Z"):
            Int64(other)  # type: ignore[arg-type]


def test_an_int64_shows_what_it_is() -> None:
    assert (repr(Int64(5)), str(Int64(5)), f"{Int64(5)}") == ("Int64(5)", "5", "5")


@pytest.mark.parametrize("value", [UNDEFINED, COMMIT_TS, Int64(5)])
def test_what_is_ours_survives_copying_and_pickling(value: Any) -> None:
    for twin in (copy.copy(value), copy.deepcopy([value])[0], pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert type(twin) is type(value)
    if not isinstance(value, Int64):
        assert copy.deepcopy(value) is value
        assert type(value)() is value


def test_undefined_is_false_as_in_javascript() -> None:
    assert not UNDEFINED
    assert repr(UNDEFINED) == "UNDEFINED"
    assert repr(COMMIT_TS) == "[unresolved commit timestamp]"
