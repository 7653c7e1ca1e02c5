"""What Convex has generated for a functions folder: the modules that its `api` and `internal` know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["GENERATED_API_FILES", "modules_in", "read_generated"]

GENERATED_API_FILES = ("_generated/api.d.ts", "_generated/api.ts")
"""Where `npx convex codegen` writes the types of the API, below the functions folder; in a component the second."""

_IMPORT = re.compile(
    rb"""^import type \* as [\w$]+ from ["']\.\./([^"'\n]+?)(?:\.js)?["'];?\s*$""", re.MULTILINE
)


def modules_in(text: bytes) -> frozenset[str] | None:
    """Give the module paths that a generated API has; None where it isn't made of modules (static types)."""
    if b"ApiFromModules" not in text:
        return None
    return frozenset(found.decode("utf-8", "replace") for found in _IMPORT.findall(text))


def read_generated(root: Path) -> frozenset[str] | None:
    """Give the modules that the generated API of a functions folder has; None without one that can be read."""
    for name in GENERATED_API_FILES:
        try:
            return modules_in((root / name).read_bytes())
        except OSError:
            continue
    return None
