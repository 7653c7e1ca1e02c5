"""Document ids (semantics §4)."""

from __future__ import annotations

import pytest
from biconvex.sim.values import DeveloperError, decode_id, encode_id
from hypothesis import given
from hypothesis import strategies as st

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
table_numbers = st.integers(1, 2**32 - 1) | st.integers(10_000, 10_100)
internal_ids = st.binary(min_size=16, max_size=16)


def refusal_of(text: str) -> str:
    with pytest.raises(DeveloperError) as caught:
        decode_id(text)
    assert caught.value.code == "InvalidArgument"
    return caught.value.message.removeprefix("Unable to decode ID: ")


@given(table_numbers, internal_ids)
def test_an_id_decodes_to_what_it_was_made_of(table_number: int, internal: bytes) -> None:
    assert decode_id(encode_id(table_number, internal)) == (table_number, internal)


@pytest.mark.parametrize(
    ("text", "table_number", "internal"),
    [
        ("kg204m40v9m1bmkthp86n486mh85s0rc", 540, "025080da6815d27a8d906a9106a4505c"),
        ("kg25efbgcywfzkr6h78cjw1pzx85r2ha", 540, "573d7067b8ffcf0689d0c97036ff505c"),
        ("kg27rxfv99gzp01wmph0gvt92d6hnvy6", 540, "7c75fb4a61fb003ca5a2086f49134d1a"),
        ("kg2dsa1sfhkmydncfvvtd2jgbx85rw9z", 540, "dca8397c674f36ac7ef7a68a505f505c"),
        ("k570e9j5cj1t5gf0zwf3tq3vkawxhqr0", 10009, "0726456483a2c1e0ff1e3d5c7b9ab9d8"),
    ],
)
def test_ids_that_convex_made_are_read_and_written(text: str, table_number: int, internal: str) -> None:
    assert decode_id(text) == (table_number, bytes.fromhex(internal))
    assert encode_id(table_number, bytes.fromhex(internal)) == text


@pytest.mark.parametrize(
    ("table_number", "length"),
    [(1, 31), (127, 31), (128, 32), (10001, 32), (16384, 34), (2**21, 36), (2**28, 37)],
)
def test_the_length_tells_the_size_of_the_table_number(table_number: int, length: int) -> None:
    assert len(encode_id(table_number, bytes(range(16)))) == length


def test_ids_of_a_table_sort_as_their_internal_ids() -> None:
    low, high = encode_id(10001, b"\x00" * 16), encode_id(10001, b"\x01" + b"\x00" * 15)
    assert low < high


def test_an_id_too_short_or_too_long_is_refused_by_its_length() -> None:
    assert refusal_of("") == "Invalid ID length 0"
    assert refusal_of("0" * 30) == "Invalid ID length 30"
    assert refusal_of("0" * 38) == "Invalid ID length 38"
    assert refusal_of("é" * 19) == "Invalid ID length 38"


@pytest.mark.parametrize("odd", ["i", "l", "o", "u", "A", "_", "-", " ", "+", "é", "\n"])
def test_only_the_32_characters_of_the_alphabet_are_read(odd: str) -> None:
    assert refusal_of(odd + "0" * 31) == "ID wasn't valid base32"
    assert refusal_of("0" * 31 + odd) == "ID wasn't valid base32"


def test_table_zero_and_numbers_of_more_than_five_bytes_are_refused() -> None:
    assert refusal_of("0" * 32) == "Invalid table number"
    assert refusal_of("z" * 32) == "Invalid table number"


def test_a_wrong_checksum_reads_as_another_version() -> None:
    text = encode_id(1, bytes(16))
    # c0 = 1, c1 = 17: the checksum is 0x1101.
    assert text == "0400000000000000000000000000248"
    assert refusal_of("0400000000000000000000000000648") == "Invalid ID version 4355 (expected 4353)"


def test_an_id_that_ends_too_early_is_refused() -> None:
    # Five bytes of table number leave 14 for the internal id.
    five_bytes = encode_id(2**28, bytes(16))[:31]
    assert refusal_of(five_bytes) == "Invalid ID length 31"


def test_bits_behind_the_end_are_refused() -> None:
    # 31 characters hold 155 bits, 3 more than the 19 bytes of such an id.
    text = encode_id(1, bytes(16))
    last = ALPHABET.index(text[-1])
    for extra in range(1, 8):
        assert refusal_of(text[:-1] + ALPHABET[last + extra]) == "Invalid ID length 31"


def test_a_table_number_with_superfluous_bytes_is_refused() -> None:
    # The table number 1 as the two bytes 0x81 0x00.
    body = b"\x81\x00" + bytes(16)
    c0, c1 = 0x81, 0x81 * 18 & 255
    number = int.from_bytes(body + bytes((c0, c1)), "big")
    text = "".join(ALPHABET[number >> shift & 31] for shift in range(155, -1, -5))
    assert refusal_of(text) == "Invalid ID length 32"


@given(table_numbers, internal_ids, st.data())
def test_one_wrong_character_is_always_noticed(
    table_number: int, internal: bytes, data: st.DataObject
) -> None:
    # The length tells where each part lies. A character changes one byte or two neighbours, by d and e say. Both sums
    # of Fletcher-16 stay the same only if d + e and d are 0 modulo 256, and then nothing changed.
    text = encode_id(table_number, internal)
    position = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(st.sampled_from(ALPHABET.replace(text[position], "")))
    refusal_of(text[:position] + wrong + text[position + 1 :])


def test_several_wrong_characters_may_make_another_id() -> None:
    # +1, -2, +1 on three neighbouring bytes leaves both sums alone: the checksum is the same.
    one = encode_id(10_001, bytes((5, 5, 5)) + bytes(13))
    other = encode_id(10_001, bytes((6, 3, 6)) + bytes(13))
    assert one[-4:] == other[-4:]
    assert decode_id(one)[0] == decode_id(other)[0]


@given(st.text(ALPHABET, min_size=31, max_size=37) | st.text(max_size=40))
def test_what_decodes_is_written_the_same_way(text: str) -> None:
    try:
        table_number, internal = decode_id(text)
    except DeveloperError:
        return
    assert encode_id(table_number, internal) == text


def test_making_an_id_of_impossible_parts_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match=r"\Atable numbers are 1 to 4294967295, not 0\Z"):
        encode_id(0, bytes(16))
    with pytest.raises(ValueError, match=r"\Ainternal ids are 16 bytes, not 15\Z"):
        encode_id(1, bytes(15))
