"""From a value to a document of a table: system fields, checks, size and index keys. Source: semantics §5.1."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from biconvex.sim.values import (
    UNDEFINED,
    DeveloperError,
    DocumentLimits,
    Int64,
    check_document,
    display,
    index_key,
    resolve_commit_ts,
)

from .document import Document, value_at

if TYPE_CHECKING:
    from .schema import TableNames, TableSchema

__all__ = ["build_document", "rebuild_document", "resolve_document"]


# Many documents have the same short texts in their indexes.
_SHORT: Final = 24
_short_text_key = lru_cache(maxsize=4096)(index_key)


def build_document(
    schema: TableSchema,
    tables: TableNames,
    document_id: str,
    creation_time: float,
    value: dict[str, Any],
    limits: DocumentLimits,
) -> Document:
    """The new document of `value`; raises for what may not be stored."""
    fields, size = _checked(schema, tables, document_id, creation_time, value, limits)
    if not schema.admits(value, tables):
        schema.check(fields, tables)
    tail = index_key(creation_time) + index_key(document_id)
    return Document.of(document_id, schema.key, fields, size, _keys(schema, fields, tail))


def rebuild_document(
    schema: TableSchema, tables: TableNames, before: Document, value: dict[str, Any], limits: DocumentLimits
) -> Document:
    """The document that `value` makes of `before`, and `before` itself if nothing changes."""
    has_order = tuple(value) == before.names
    fields, size = _checked(
        schema, tables, before.id, before.creation_time, value, limits, has_order=has_order
    )
    if size == before.size and _is_unchanged(fields, before):
        return before
    schema.check(fields, tables)
    return Document.of(before.id, schema.key, fields, size, _keys(schema, fields, before.keys[0]))


def resolve_document(schema: TableSchema, document: Document, commit_ts: int) -> Document:
    """The document with the timestamp of its commit (ns) where it stood for it; itself if it nowhere did."""
    value = document.value
    fields = resolve_commit_ts(value, Int64(commit_ts))
    if fields is value:
        return document
    return Document.of(
        document.id, document.table, fields, document.size, _keys(schema, fields, document.keys[0])
    )


def _checked(
    schema: TableSchema,
    tables: TableNames,
    document_id: str,
    creation_time: float,
    value: dict[str, Any],
    limits: DocumentLimits,
    *,
    has_order: bool = False,
) -> tuple[dict[str, Any], int]:
    """All fields in order, and their size; `has_order` tells that `value` has them all, system fields included."""
    if value.get("_id", document_id) != document_id:
        raise DeveloperError(
            "InvalidIdError",
            f"Provided document ID \"{document_id}\" doesn't match '_id' field {display(value['_id'])}",
        )
    given = value.get("_creationTime", creation_time)
    if type(given) is not float or given != creation_time:
        shown = repr(creation_time).removesuffix(".0")
        raise DeveloperError(
            "InvalidCreationTimeError",
            f"Provided creation time {shown} doesn't match '_creationTime' field in "
            f"{display({**value, '_id': document_id})}",
        )
    # Fields come back in the order of their names, as they do from the backend.
    if has_order:
        fields = value
    else:
        whole = {**value, "_id": document_id, "_creationTime": creation_time}
        fields = {name: whole[name] for name in sorted(whole)}
    try:
        size = check_document(fields, limits)
    except DeveloperError as error:
        if error.code == "ValueTooLargeError":
            # The backend looks at the schema before it looks at the size.
            schema.check(fields, tables)
        raise
    return fields, size


def _keys(schema: TableSchema, fields: dict[str, Any], tail: bytes) -> tuple[bytes, ...]:
    keys = [tail]
    for index in schema.indexes:
        key = b""
        for path in index.fields:
            member = fields.get(path[0], UNDEFINED) if len(path) == 1 else value_at(fields, path, UNDEFINED)
            if type(member) is str and len(member) <= _SHORT:
                key += _short_text_key(member)
            else:
                key += index_key(member)
        keys.append(key + tail)
    return tuple(keys)


def _is_unchanged(fields: dict[str, Any], before: Document) -> bool:
    return tuple(fields) == before.names and all(map(_is_same, fields.values(), before.values))


def _is_same(left: Any, right: Any) -> bool:
    """Whether two canonical values are the same, down to the sign of a zero and the type of a number."""
    if left is right:
        return True
    kind = type(left)
    if kind is not type(right):
        return False
    if kind is float:
        if left != left:  # noqa: PLR0124 - that is what NaN is
            return bool(right != right)  # noqa: PLR0124
        return bool(left == right) and math.copysign(1.0, left) == math.copysign(1.0, right)
    if kind is dict:
        return len(left) == len(right) and all(
            name in right and _is_same(value, right[name]) for name, value in left.items()
        )
    if kind is list:
        return len(left) == len(right) and all(map(_is_same, left, right))
    return bool(left == right)
