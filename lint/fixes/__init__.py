"""Fixes: the edits that rules propose, and how they get into the files.

Rules need `edits`, `objects`, `names` and `functions`, all of which this package exports; `apply` puts fixes into
texts, `rounds` repeats that until nothing is left to fix, and `writing` brings the texts to the disk.
"""

from __future__ import annotations

from biconvex.lint.fixes.arguments import insert_first_argument
from biconvex.lint.fixes.edits import (
    delete,
    insert_after,
    insert_before,
    keep,
    place_of,
    replace,
    replace_string,
)
from biconvex.lint.fixes.functions import insert_option, to_object_syntax
from biconvex.lint.fixes.names import Imported, import_beside, import_from, rename_member
from biconvex.lint.fixes.objects import delete_property, insert_property, rename_property

__all__ = [
    "Imported",
    "delete",
    "delete_property",
    "import_beside",
    "import_from",
    "insert_after",
    "insert_before",
    "insert_first_argument",
    "insert_option",
    "insert_property",
    "keep",
    "place_of",
    "rename_member",
    "rename_property",
    "replace",
    "replace_string",
    "to_object_syntax",
]
