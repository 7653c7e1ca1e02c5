"""What a value must be to be stored as a document. Source: semantics §2.2."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from .display import display
from .errors import DeveloperError
from .size import check_size, nesting_of, size_of

__all__ = ["MAX_DOCUMENT_NESTING", "MAX_DOCUMENT_SIZE", "DocumentLimits", "check_document"]

MAX_DOCUMENT_NESTING: Final = 16
MAX_DOCUMENT_SIZE: Final = 1 << 20
_SYSTEM_FIELDS: Final = frozenset(("_id", "_creationTime"))


class DocumentLimits(msgspec.Struct, frozen=True):
    """How large (in bytes) and how deep a document may be, itself included (semantics §2.2)."""

    size: int = MAX_DOCUMENT_SIZE
    nesting: int = MAX_DOCUMENT_NESTING


_DEFAULT: Final = DocumentLimits()


def check_document(document: dict[str, Any], limits: DocumentLimits = _DEFAULT) -> int:
    """Return the size in bytes of a canonical object that is to be stored, its system fields included.

    Raises DeveloperError: `InvalidDocumentError` if it nests too deep or has a top-level field of its own that starts
    with an underscore, `ValueTooLargeError` if it is too large.
    """
    valid = True
    size = 2 + len(document)
    most_nesting = limits.nesting
    for name, member in document.items():
        if name[:1] == "_" and name not in _SYSTEM_FIELDS:
            valid = False
        kind = type(member)
        # As `size_of` has it; in place, since every document passes here.
        if kind is str:
            size += len(name) + 2 + (len(member) if member.isascii() else len(member.encode()))
        elif kind is float:
            size += len(name) + 9
        else:
            size += len(name) + size_of(member)
            if (kind is dict or kind is list) and nesting_of(member) >= most_nesting:
                valid = False
    if not valid:
        raise DeveloperError(
            "InvalidDocumentError",
            f"Document(value: {display(document)}) isn't a valid document: "
            + "\n ".join(_violations(document, most_nesting)),
        )
    if size > limits.size:
        check_size(size, limits.size)
    return size


def _violations(document: dict[str, Any], most_nesting: int) -> list[str]:
    nesting = nesting_of(document)
    too_deep = f"Document is too nested (nested {nesting} levels deep > maximum nesting {most_nesting})"
    return [too_deep] * (nesting > most_nesting) + [
        f"Field '{name}' starts with an underscore, which is only allowed for system fields like '_id'"
        for name in sorted(document)
        if name[:1] == "_" and name not in _SYSTEM_FIELDS
    ]
