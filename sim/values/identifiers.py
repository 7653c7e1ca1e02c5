"""What fields, tables, indexes and functions may be called. Source: semantics §2.2."""

from __future__ import annotations

import re
from typing import Any, Final

from .errors import DeveloperError
from .rust import debug_char

__all__ = [
    "MAX_FIELD_NAME_LENGTH",
    "MAX_IDENTIFIER_LENGTH",
    "admit_field_name",
    "admitted_field_names",
    "check_field_name",
    "check_identifier",
    "is_field_name",
    "is_identifier",
    "reserved_field_name",
]

MAX_FIELD_NAME_LENGTH: Final = 1024
MAX_IDENTIFIER_LENGTH: Final = 64

_IDENTIFIER: Final = re.compile(r"(?=_*[A-Za-z0-9])[A-Za-z_][A-Za-z0-9_]{0,63}")

admitted_field_names: Final[set[str]] = set()
"""Names that passed `admit_field_name`: a program uses few, so that asking here first saves the check."""

# Few, but a record may use ids as names.
_MOST_ADMITTED: Final = 10_000


def admit_field_name(name: Any) -> None:
    """Check `name` as `check_field_name` does, and its type, and remember it in `admitted_field_names`."""
    if type(name) is not str:
        raise DeveloperError("InvalidArgument", f"Field names are strings, not {type(name).__name__}.")
    check_field_name(name)
    if len(admitted_field_names) >= _MOST_ADMITTED:
        admitted_field_names.clear()
    admitted_field_names.add(name)


def is_field_name(name: str) -> bool:
    """Tell whether `name` may be a field: printable ASCII, at most 1024 of it, no `$` in front."""
    # isprintable() is exactly 0x20 to 0x7E within ASCII, and true for the empty name, which is allowed.
    return name.isascii() and name.isprintable() and len(name) <= MAX_FIELD_NAME_LENGTH and name[:1] != "$"


def check_field_name(name: str) -> None:
    """Raise a DeveloperError that says why `name` may not be the name of a field."""
    if is_field_name(name):
        return
    if name[:1] == "$":
        raise reserved_field_name(name)
    if not (name.isascii() and name.isprintable()):
        character = next(c for c in name if not " " <= c <= "~")
        reason = (
            f"Field name {name} has invalid character {debug_char(character)}: "
            "Field names can only contain non-control ASCII characters"
        )
    else:
        reason = f"Field name is too long ({len(name)} > maximum {MAX_FIELD_NAME_LENGTH})"
    raise DeveloperError("InvalidArgument", reason)


def reserved_field_name(name: str) -> DeveloperError:
    """Make the error for a field whose name starts with `$`."""
    return DeveloperError("InvalidArgument", f"Field name {name} starts with '$', which is reserved.")


def is_identifier(name: str) -> bool:
    """Tell whether `name` may name a table, an index, a function or a validated field."""
    return _IDENTIFIER.fullmatch(name) is not None


def check_identifier(name: str) -> None:
    """Raise a DeveloperError that says why `name` is no identifier."""
    if not is_identifier(name):
        raise DeveloperError("InvalidArgument", _why_no_identifier(name))


def _why_no_identifier(name: str) -> str:
    if not name:
        return "Identifier cannot be empty"
    first = name[0]
    if not (first.isascii() and (first.isalpha() or first == "_")):
        return (
            f"Invalid first character {debug_char(first)} in {name}: "
            "Identifiers must start with an alphabetic character or underscore"
        )
    for character in name:
        if not (character.isascii() and (character.isalnum() or character == "_")):
            return (
                f"Identifier {name} has invalid character {debug_char(character)}: "
                "Identifiers can only contain alphanumeric characters or underscores"
            )
    if len(name) > MAX_IDENTIFIER_LENGTH:
        return f"Identifier is too long ({len(name)} > maximum {MAX_IDENTIFIER_LENGTH})"
    return f"Identifier {name} cannot have exclusively underscores"
