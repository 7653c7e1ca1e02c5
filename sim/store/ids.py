"""From the text of an id to the table it is of, with the errors of each operation. Source: semantics §4, §5.7."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.sim.values import DeveloperError, check_identifier, decode_id

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
    """`text` if it is the id of a document that `table` could have, else None."""
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
        found, _ = decode_id(text)
    except DeveloperError:
        return None
    return text if found == number else None


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
