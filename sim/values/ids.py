"""Document ids: text that holds the number of a table, 16 bytes of its own and a checksum.

The bytes are LEB128(table number) ‖ internal id ‖ Fletcher-16 of both (little endian), written in Crockford's
base32, lower case, without padding: 31 to 37 characters. Source: semantics §4.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import mul
from typing import Final

from .errors import DeveloperError

__all__ = ["INTERNAL_ID_LENGTH", "MAX_TABLE_NUMBER", "DocumentId", "decode_id", "encode_id"]

INTERNAL_ID_LENGTH: Final = 16
MAX_TABLE_NUMBER: Final = 2**32 - 1

DocumentId = tuple[int, bytes]
"""What an id decodes to: the number of its table and its internal id."""

# An id that was just made, or seen, is soon seen again.
_KNOWN: Final[dict[str, DocumentId]] = {}
_MOST_KNOWN: Final = 4_096

_FOOTER_LENGTH: Final = 2
_MIN_LENGTH: Final = 31
_MAX_LENGTH: Final = 37
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_BASE32: Final = re.compile(f"[{_ALPHABET}]*")
# int() reads base 32 with the digits 0-9a-v.
_TO_DIGITS: Final = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")


def encode_id(table_number: int, internal: bytes) -> str:
    """Make the id of the document `internal` (16 bytes) in the table `table_number` (1 to 2**32 - 1)."""
    if not 0 < table_number <= MAX_TABLE_NUMBER:
        raise ValueError(f"table numbers are 1 to {MAX_TABLE_NUMBER}, not {table_number}")
    if len(internal) != INTERNAL_ID_LENGTH:
        raise ValueError(f"internal ids are {INTERNAL_ID_LENGTH} bytes, not {len(internal)}")
    body = _varint(table_number) + internal
    text = _to_base32(body + _fletcher16(body))
    _remember(text, (table_number, internal))
    return text


def decode_id(text: str) -> DocumentId:
    """Return the table number and the internal id in `text`.

    Raises DeveloperError with the backend's wording for what is no id, or not the canonical way to write one.
    """
    known = _KNOWN.get(text)
    if known is not None:
        return known
    decoded = _decode(text)
    _remember(text, decoded)
    return decoded


def _remember(text: str, decoded: DocumentId) -> None:
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[text] = decoded


def _decode(text: str) -> DocumentId:
    # The length comes first: refusing a long text must not cost more than a short one.
    length = len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
    if not _MIN_LENGTH <= length <= _MAX_LENGTH:
        raise _undecodable(f"Invalid ID length {length}")
    if not _BASE32.fullmatch(text):
        raise _undecodable("ID wasn't valid base32")
    size = length * 5 // 8
    data = (int(text.translate(_TO_DIGITS), 32) >> (length * 5 - size * 8)).to_bytes(size, "big")

    table_number, start = _read_varint(data)
    end = start + INTERNAL_ID_LENGTH
    if len(data) < end + _FOOTER_LENGTH:
        raise _undecodable(f"Invalid ID length {length}")
    footer = data[end : end + _FOOTER_LENGTH]
    expected = _fletcher16(data[:end])
    if footer != expected:
        # The version is XORed into the checksum, so a wrong checksum reads as a wrong version.
        found, wanted = int.from_bytes(footer, "little"), int.from_bytes(expected, "little")
        raise _undecodable(f"Invalid ID version {found} (expected {wanted})")
    internal = data[start:end]
    if len(data) != end + _FOOTER_LENGTH or encode_id(table_number, internal) != text:
        raise _undecodable(f"Invalid ID length {length}")
    return table_number, internal


def _undecodable(reason: str) -> DeveloperError:
    return DeveloperError("InvalidArgument", f"Unable to decode ID: {reason}")


def _fletcher16(data: bytes) -> bytes:
    # The sum of the running sums counts the first byte as often as there are bytes, the last one once.
    return bytes((sum(data) & 255, sum(map(mul, data, range(len(data), 0, -1))) & 255))


@lru_cache(maxsize=1024)
def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varint(data: bytes) -> tuple[int, int]:
    number = 0
    for position in range(5):
        byte = data[position]
        number |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            number &= MAX_TABLE_NUMBER
            if number == 0:
                break
            return number, position + 1
    raise _undecodable("Invalid table number")


def _to_base32(data: bytes) -> str:
    # Ten bits at a time; the digits of the padding are cut off again.
    bits = len(data) * 8
    rounds = -(-bits // 10)
    number = int.from_bytes(data, "big") << (rounds * 10 - bits)
    text = "".join([_PAIRS[number >> shift & 1023] for shift in range(rounds * 10 - 10, -1, -10)])
    return text[: -(-bits // 5)]
