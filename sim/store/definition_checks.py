"""What a schema's document validators allow, as far as the definitions of tables and indexes depend on it.

Source: semantics §3.4; the backend's `schemas/{mod,validator}.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from biconvex.sim.values import DeveloperError, compile_validator

if TYPE_CHECKING:
    from .schema import Path, TableSchema

__all__ = ["check_field_references", "document_validator"]

Json = dict[str, Any]


def document_validator(document: Json) -> Json | None:
    """The validator JSON of a table's documents without their `_` fields; None if any document will do.

    Raises `InvalidTopLevelTypeInSchemaError` unless it is an object, a union of objects, or any.
    """
    members = _members(document)
    if members is None:
        return None
    objects = [{"type": "object", "value": _user_fields(member["value"])} for member in members]
    return objects[0] if len(objects) == 1 else {"type": "union", "value": objects}


def check_field_references(table: TableSchema, document: Json | None) -> None:
    """Raise `SchemaDefinitionError` if an index names a field that no document of the table can have."""
    if document is None or document["type"] == "any":
        return
    references: list[tuple[str, Path]] = []
    references += [(index.name, field) for index in _by_name(table.indexes) for field in index.fields]
    references += [(index.name, index.search_field) for index in _by_name(table.search_indexes)]
    references += [
        (index.name, field) for index in _by_name(table.search_indexes) for field in index.filter_fields
    ]
    vector_fields = [(index.name, index.vector_field) for index in _by_name(table.vector_indexes)]
    for name, field in references + vector_fields:
        if not _is_system_field(field) and not _can_contain(document, field):
            raise DeveloperError(
                "SchemaDefinitionError",
                f'In table "{table.name}" the index "{name}" is invalid because it references the field '
                f'"{".".join(field)}" that does not exist.',
            )
    for name, field in vector_fields:
        if not _can_be_vector(document, field):
            raise DeveloperError(
                "SchemaDefinitionError",
                f'In table "{table.name}" the vector index "{name}" is invalid because it references the field '
                f'"{".".join(field)}" that is neither an array of float64 or optional array of float64.',
            )


def _members(document: Json) -> list[Json] | None:
    kind = document["type"]
    if kind == "any":
        return None
    if kind == "object":
        return [document]
    members: list[Json] = document["value"] if kind == "union" else [document]
    for member in members:
        if member["type"] != "object":
            raise DeveloperError(
                "InvalidTopLevelTypeInSchemaError",
                "The document validator in a schema must be an object, a union of objects, or `v.any()`. "
                f"Found {compile_validator(member)}. To learn more, see the schema documentation at "
                "https://docs.convex.dev/database/schemas.",
            )
    return members


def _user_fields(fields: Json) -> Json:
    return {name: field for name, field in fields.items() if not name.startswith("_")}


def _by_name(indexes: tuple[Any, ...]) -> list[Any]:
    return sorted(indexes, key=lambda index: index.name)


def _is_system_field(field: Path) -> bool:
    return len(field) == 1 and field[0].startswith("_")


def _can_contain(validator: Json, field: Path) -> bool:
    if not field:
        return True
    kind = validator["type"]
    if kind == "any":
        return True
    if kind == "union":
        return any(_can_contain(member, field) for member in validator["value"])
    if kind == "object" and field[0] in validator["value"]:
        return _can_contain(validator["value"][field[0]]["fieldType"], field[1:])
    return False


def _can_be_vector(validator: Json, field: Path) -> bool:
    if not field:
        return _is_vector(validator)
    kind = validator["type"]
    if kind == "any":
        return True
    if kind == "union":
        return any(_can_be_vector(member, field) for member in validator["value"])
    if kind == "object":
        inner = validator["value"].get(field[0])
        return inner is None or _can_be_vector(inner["fieldType"], field[1:])
    return False


def _is_vector(validator: Json) -> bool:
    kind = validator["type"]
    if kind == "array":
        return validator["value"]["type"] in ("number", "any")
    if kind == "union":
        return any(map(_is_vector, validator["value"]))
    return bool(kind == "any")
