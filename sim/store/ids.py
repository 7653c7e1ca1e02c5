"""From the text of an id to the table it is of, with the errors of each operation. Source: semantics §4, §5.7."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from biconvex.sim.values import DeveloperError, check_identifier, decode_id, encode_id

if TYPE_CHECKING:
    from .schema import TableNames

__all__ = ["normalize_id", "resolve_id", "resolve_writable_id"]


def resolve_id(
    tables: TableNames, document_id: str, table: str | None, system: bool, operation: str
) -> str | None:
    """The table of an id that is to be read; None if there is no table of its number."""
    name = tables.name_of(_table_number(document_id, operation))
    if name is None:
        return None
    if name[0] == "_":
        if not system:
            raise _system_table()
    elif system:
        raise DeveloperError("SystemTableError", "User tables cannot be accessed with db.system.")
    _check_table(name, table, operation)
    return name


def resolve_writable_id(tables: TableNames, document_id: str, table: str | None, operation: str) -> str:
    """The table of an id that is to be written."""
    name = tables.name_of(_table_number(document_id, operation))
    if name is None:
        raise _invalid(operation, f'Table for ID "{document_id}" not found')
    _check_table(name, table, operation)
    if name[0] == "_":
        raise _system_table()
    return name


def normalize_id(tables: TableNames, table: str, text: str) -> str | None:
    """`text` as an id that a document of `table` could have; None if it is not."""
    try:
        check_identifier(table)
    except DeveloperError as error:
        raise DeveloperError(
            "InvalidArgument", f"Invalid argument `table` for `db.normalizeId`: {error.message}"
        ) from error
    number = tables.number_of(table)
    if number is None:
        return None
    try:
        found: int | None = decode_id(text)[0]
    except DeveloperError:
        found = None
    if found == number:
        return text
    internal = _internal_id(text)
    return encode_id(number, internal) if internal is not None else None


def _internal_id(text: str) -> bytes | None:
    """The internal id in an id of an old format, 16 bytes in base 64 that don't tell their table."""
    try:
        internal = base64.b64decode(text.encode() + b"==", altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return internal if len(text) == 22 and len(internal) == 16 else None


def _table_number(document_id: str, operation: str) -> int:
    try:
        return decode_id(document_id)[0]
    except DeveloperError as error:
        raise _invalid(operation, error.message) from error


def _check_table(name: str, expected: str | None, operation: str) -> None:
    if expected is not None and expected != name:
        raise _invalid(operation, f'expected to be an Id<"{expected}">, got Id<"{name}"> instead.')


def _invalid(operation: str, cause: str) -> DeveloperError:
    return DeveloperError("InvalidArgument", f"Invalid argument `id` for `{operation}`: {cause}")


def _system_table() -> DeveloperError:
    return DeveloperError("SystemTableError", "System tables can only be accessed with db.system.")
