"""Limits on arrays, objects, nesting and documents, and what may be called how (semantics §2.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim.values import (
    DeveloperError,
    check_document,
    check_field_name,
    check_identifier,
    check_size,
    from_json,
    from_python,
    is_field_name,
    is_identifier,
    loads,
    nesting_of,
)
from hypothesis import given
from hypothesis import strategies as st

READERS = pytest.mark.parametrize("read", [from_json, from_python])


def error_of(action: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(DeveloperError) as caught:
        action()
    return caught.value.code, caught.value.message


def nested(depth: int) -> Any:
    value: Any = 1.0
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


@READERS
def test_an_array_has_at_most_8192_elements(read: Callable[[Any], Any]) -> None:
    assert len(read([0] * 8192)) == 8192
    assert error_of(lambda: read({"a": [0] * 8193})) == (
        "ArrayTooLong",
        "Array length is too long (8193 > maximum length 8192)",
    )


@READERS
def test_an_object_has_at_most_1024_fields(read: Callable[[Any], Any]) -> None:
    assert len(read({f"f{n}": 0 for n in range(1024)})) == 1024
    assert error_of(lambda: read([{f"f{n}": 0 for n in range(1025)}])) == (
        "TooManyFieldsError",
        "Object has too many fields (1025 > maximum number 1024)",
    )


@READERS
def test_a_value_nests_64_levels_deep(read: Callable[[Any], Any]) -> None:
    assert nesting_of(read(nested(64))) == 64
    assert error_of(lambda: read(nested(65))) == (
        "TooNestedError",
        "Value is too nested (nested 65 levels deep > maximum nesting 64)",
    )


def test_text_that_decodes_to_more_than_32_mib_is_refused() -> None:
    page = '"' + "x" * 8_000_000 + '"'
    assert len(loads(f"[{page},{page},{page},{page}]")) == 4
    assert error_of(lambda: loads(f"[{page},{page},{page},{page},{page}]")) == (
        "ValueTooLargeError",
        "Value is too large (38.15 MiB > maximum size 32 MiB)",
    )


@pytest.mark.parametrize(
    ("size", "shown"),
    [(2**25 + 1, "32.00 MiB"), (2**25 + 2**19, "32.50 MiB"), (2**26, "64 MiB"), (3 * 2**30, "3 GiB")],
)
def test_sizes_are_shown_with_their_binary_unit(size: int, shown: str) -> None:
    assert error_of(lambda: check_size(size)) == (
        "ValueTooLargeError",
        f"Value is too large ({shown} > maximum size 32 MiB)",
    )


def test_a_document_takes_at_most_1_mib() -> None:
    frame = check_document({"body": ""})
    assert check_document({"body": "x" * (2**20 - frame)}) == 2**20
    assert error_of(lambda: check_document({"body": "x" * (2**20 - frame + 1)})) == (
        "ValueTooLargeError",
        "Value is too large (1.00 MiB > maximum size 1 MiB)",
    )


def test_a_document_nests_16_levels_deep_itself_included() -> None:
    check_document({"a": nested(15)})
    code, message = error_of(lambda: check_document({"a": nested(16)}))
    assert code == "InvalidDocumentError"
    shown = "[{a: " * 8 + "1.0" + "}]" * 8
    assert message == (
        f"Document(value: {{a: {shown}}}) isn't a valid document: "
        "Document is too nested (nested 17 levels deep > maximum nesting 16)"
    )


def test_a_document_has_no_fields_with_an_underscore_but_the_system_fields() -> None:
    check_document({"_id": "x", "_creationTime": 1.0, "nested": {"_fine": 1.0}})
    assert error_of(lambda: check_document({"b": 1.0, "_x": 1.0})) == (
        "InvalidDocumentError",
        (
            "Document(value: {_x: 1.0, b: 1.0}) isn't a valid document: "
            "Field '_x' starts with an underscore, which is only allowed for system fields like '_id'"
        ),
    )


def test_all_that_is_wrong_with_a_document_is_said_at_once() -> None:
    _, message = error_of(lambda: check_document({"_a": nested(16), "_b": 1.0}))
    assert message.partition(" isn't a valid document: ")[2] == (
        "Document is too nested (nested 17 levels deep > maximum nesting 16)\n "
        "Field '_a' starts with an underscore, which is only allowed for system fields like '_id'\n "
        "Field '_b' starts with an underscore, which is only allowed for system fields like '_id'"
    )


@pytest.mark.parametrize("name", ["", "a", "with space", "a.b", "a$", "_x", "~!", "x" * 1024])
def test_a_field_may_be_called_by_any_printable_ascii(name: str) -> None:
    check_field_name(name)
    assert from_json({name: 1}) == {name: 1.0}


FIELD_TAIL = "Field names can only contain non-control ASCII characters"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("$a", "Field name $a starts with '$', which is reserved."),
        ("$é", "Field name $é starts with '$', which is reserved."),
        ("é", f"Field name é has invalid character 'é': {FIELD_TAIL}"),
        ("a\nb", f"Field name a\nb has invalid character '\\n': {FIELD_TAIL}"),
        ("a\x7f", f"Field name a\x7f has invalid character '\\u{{7f}}': {FIELD_TAIL}"),
        ("a\x00", f"Field name a\x00 has invalid character '\\0': {FIELD_TAIL}"),
        ("x" * 1025, "Field name is too long (1025 > maximum 1024)"),
    ],
)
def test_what_a_field_may_not_be_called(name: str, message: str) -> None:
    assert not is_field_name(name)
    for read in (
        check_field_name,
        lambda name: from_json({"a": {name: 1}}),
        lambda name: from_python({name: 1}),
    ):
        assert error_of(lambda read=read: read(name)) == ("InvalidArgument", message)


@pytest.mark.parametrize("name", ["a", "_a", "A1", "__a__", "x" * 64])
def test_what_is_an_identifier(name: str) -> None:
    check_identifier(name)


IDENTIFIER_TAIL = "Identifiers can only contain alphanumeric characters or underscores"
FIRST_TAIL = "Identifiers must start with an alphabetic character or underscore"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Identifier cannot be empty"),
        ("1a", f"Invalid first character '1' in 1a: {FIRST_TAIL}"),
        ("'", f"Invalid first character '\\'' in ': {FIRST_TAIL}"),
        ("éa", f"Invalid first character 'é' in éa: {FIRST_TAIL}"),
        ("a-b", f"Identifier a-b has invalid character '-': {IDENTIFIER_TAIL}"),
        ("a\n", f"Identifier a\n has invalid character '\\n': {IDENTIFIER_TAIL}"),
        ("aé", f"Identifier aé has invalid character 'é': {IDENTIFIER_TAIL}"),
        ("x" * 65, "Identifier is too long (65 > maximum 64)"),
        ("_", "Identifier _ cannot have exclusively underscores"),
        ("_" * 65, "Identifier is too long (65 > maximum 64)"),
    ],
)
def test_what_is_no_identifier(name: str, message: str) -> None:
    assert not is_identifier(name)
    assert error_of(lambda: check_identifier(name)) == ("InvalidArgument", message)


@given(st.text(max_size=70) | st.text("_aZ9 é", max_size=66))
def test_a_name_is_refused_exactly_if_it_is_no_identifier(name: str) -> None:
    try:
        check_identifier(name)
    except DeveloperError:
        assert not is_identifier(name)
    else:
        assert is_identifier(name)


def test_names_are_checked_however_many_there_were_before() -> None:
    for n in range(12_000):
        from_json({f"name{n}": n})
    assert error_of(lambda: from_json({"$late": 1, "b": 2}))[0] == "InvalidArgument"
