"""What a value must be to be stored as a document. Source: semantics §2.2."""

from __future__ import annotations

from typing import Any, Final

from .display import display
from .errors import DeveloperError
from .size import check_size, nesting_of, size_of

__all__ = ["MAX_DOCUMENT_NESTING", "MAX_DOCUMENT_SIZE", "check_document"]

MAX_DOCUMENT_NESTING: Final = 16
MAX_DOCUMENT_SIZE: Final = 1 << 20
_SYSTEM_FIELDS: Final = frozenset(("_id", "_creationTime"))


def check_document(document: dict[str, Any]) -> int:
    """Return the size in bytes of a canonical object that is to be stored, its system fields included.

    Raises DeveloperError: `InvalidDocumentError` if it nests too deep or has a top-level field of its own that starts
    with an underscore, `ValueTooLargeError` above 1 MiB.
    """
    valid = True
    for name, member in document.items():
        if name[:1] == "_" and name not in _SYSTEM_FIELDS:
            valid = False
        kind = type(member)
        if (kind is dict or kind is list) and nesting_of(member) >= MAX_DOCUMENT_NESTING:
            valid = False
    if not valid:
        raise DeveloperError(
            "InvalidDocumentError",
            f"Document(value: {display(document)}) isn't a valid document: "
            + "\n ".join(_violations(document)),
        )
    size = size_of(document)
    if size > MAX_DOCUMENT_SIZE:
        check_size(size, MAX_DOCUMENT_SIZE)
    return size


def _violations(document: dict[str, Any]) -> list[str]:
    nesting = nesting_of(document)
    too_deep = (
        f"Document is too nested (nested {nesting} levels deep > maximum nesting {MAX_DOCUMENT_NESTING})"
    )
    return [too_deep] * (nesting > MAX_DOCUMENT_NESTING) + [
        f"Field '{name}' starts with an underscore, which is only allowed for system fields like '_id'"
        for name in sorted(document)
        if name[:1] == "_" and name not in _SYSTEM_FIELDS
    ]
