"""What a value must be to be stored as a document. Source: semantics §2.2."""

from __future__ import annotations

from typing import Any, Final

from .display import display
from .errors import DeveloperError
from .size import check_size, nesting_of, size_of

__all__ = ["MAX_DOCUMENT_NESTING", "MAX_DOCUMENT_SIZE", "check_document"]

MAX_DOCUMENT_NESTING: Final = 16
MAX_DOCUMENT_SIZE: Final = 1 << 20
SYSTEM_FIELDS: Final = frozenset(("_id", "_creationTime"))


def check_document(document: dict[str, Any]) -> int:
    """The size in bytes of a canonical object that is to be stored, `_id` and `_creationTime` included.

    Raises DeveloperError if it nests too deep, has a top-level field that starts with an underscore, or is too large.
    """
    violations = []
    nesting = nesting_of(document)
    if nesting > MAX_DOCUMENT_NESTING:
        violations.append(
            f"Document is too nested (nested {nesting} levels deep > maximum nesting {MAX_DOCUMENT_NESTING})"
        )
    for name in sorted(document):
        if name[:1] == "_" and name not in SYSTEM_FIELDS:
            violations.append(
                f"Field '{name}' starts with an underscore, which is only allowed for system fields like '_id'"
            )
    if violations:
        reasons = "\n ".join(violations)
        raise DeveloperError(
            "InvalidDocumentError", f"Document(value: {display(document)}) isn't a valid document: {reasons}"
        )
    size = size_of(document)
    check_size(size, MAX_DOCUMENT_SIZE)
    return size
