"""Schema definitions: from the JSON that a project exports to a `Schema`, or to what is wrong with it.

Source: semantics §3.4; wordings from the backend's `index_validation_error.rs` and `schemas/{mod,json}.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from biconvex.sim.values import DeveloperError, check_identifier, compile_validator

from .definition_checks import check_field_references, document_validator
from .schema import BY_CREATION_TIME, BY_ID, Index, Path, Schema, SearchIndex, TableSchema, VectorIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "MAX_FILTER_FIELDS",
    "MAX_INDEXES",
    "MAX_INDEX_FIELDS",
    "MAX_TABLES",
    "check_table_name",
    "parse_field_path",
    "parse_schema",
]

MAX_TABLES: Final = 10_000
MAX_INDEXES: Final = 64
MAX_INDEX_FIELDS: Final = 16
MAX_FILTER_FIELDS: Final = 16
DIMENSIONS: Final = range(2, 4097)

_INDEX_KINDS: Final = (
    "indexes",
    "stagedDbIndexes",
    "searchIndexes",
    "stagedSearchIndexes",
    "vectorIndexes",
    "stagedVectorIndexes",
)


def parse_schema(exported: dict[str, Any] | None) -> Schema:
    """See `Schema.from_json`."""
    if exported is None:
        return Schema({})
    validation = bool(exported.get("schemaValidation", False))
    parsed = [_parse_table(table, validation) for table in exported["tables"]]
    if len(parsed) > MAX_TABLES:
        _fail("TooManyTables", f"Number of tables cannot exceed {MAX_TABLES}.")
    tables = {table.name: table for table in sorted(parsed, key=lambda table: table.name)}
    if validation:
        documents = {table["tableName"]: table.get("documentType") for table in exported["tables"]}
        for table in tables.values():
            check_field_references(table, documents[table.name])
    return Schema(tables, validation)


def parse_field_path(text: str) -> Path:
    """`a.b` as its parts; raises DeveloperError for what is no text, and unless each part is an identifier."""
    if type(text) is not str:
        raise DeveloperError("InvalidArgument", "expected a field path as a string")
    trimmed = text.strip(".")
    if not trimmed:
        raise DeveloperError("InvalidArgument", f"Empty path {text}")
    parts = tuple(trimmed.split("."))
    for part in parts:
        check_identifier(part)
    return parts


def _parse_table(exported: dict[str, Any], validation: bool) -> TableSchema:
    name: str = exported["tableName"]
    document = exported.get("documentType")
    validator_json = document_validator(document) if document is not None else None
    check_table_name(name)
    if name.startswith("_"):
        _fail("TableNameReserved", f"{name} is a reserved table name.")
    lists = {kind: exported.get(kind) or [] for kind in _INDEX_KINDS}
    if sum(map(len, lists.values())) > MAX_INDEXES:
        _fail("TooManyIndexes", f'Table "{name}" cannot have more than {MAX_INDEXES} indexes.')

    indexes = _parse_all(name, lists["indexes"], _parse_index)
    _check_not_empty(name, indexes, "")
    staged = _parse_all(name, lists["stagedDbIndexes"], _parse_index)
    _check_not_empty(name, staged, "staged ")
    _check_distinct(indexes + staged, lambda index: index.fields, _same_fields(name))
    searches = _parse_all(name, lists["searchIndexes"], _parse_search_index)
    staged_searches = _parse_all(name, lists["stagedSearchIndexes"], _parse_search_index)
    _check_distinct(
        searches + staged_searches,
        lambda index: (index.search_field, frozenset(index.filter_fields)),
        _same_field(name, "SearchIndexFieldNotUnique", "search index", "searchField", "Search"),
    )
    vectors = _parse_all(name, lists["vectorIndexes"], _parse_vector_index)
    _check_distinct(
        vectors,
        lambda index: (index.vector_field, index.dimensions),
        _same_field(name, "VectorIndexFieldNotUnique", "vector index", "vectorField", "Vector"),
    )
    staged_vectors = _parse_all(name, lists["stagedVectorIndexes"], _parse_vector_index)
    waiting = [index.name for index in (*staged, *staged_searches, *staged_vectors)]
    _check_names(name, [index.name for index in (*indexes, *searches, *vectors)] + waiting)
    for index in (*indexes, *staged):
        _check_user_fields(index)
    return TableSchema(
        name,
        indexes=tuple(indexes),
        search_indexes=tuple(searches),
        vector_indexes=tuple(vectors),
        staged=frozenset(waiting),
        validator=compile_validator(validator_json) if validation and validator_json is not None else None,
    )


def _parse_all(
    table: str, exported: Iterable[dict[str, Any]], parse: Callable[[dict[str, Any]], Any]
) -> list[Any]:
    try:
        return [parse(index) for index in exported]
    except DeveloperError as error:
        raise DeveloperError(error.code, f'In table "{table}": {error.message}') from error


def _parse_index(exported: dict[str, Any]) -> Index:
    name = _index_name(exported)
    fields = tuple(_index_field(name, field) for field in exported["fields"])
    if len(fields) > MAX_INDEX_FIELDS:
        _fail("IndexTooManyFields", f'In index "{name}": Indexes may have up to {MAX_INDEX_FIELDS} fields.')
    if ("_id",) in fields:
        _fail(
            "IndexFieldsContainId",
            f'In index "{name}": `_id` is not a valid index field. To load documents by ID, use `db.get(id)`.',
        )
    for at, field in enumerate(fields):
        if field in fields[:at]:
            _fail(
                "FieldsNotUniqueWithinIndex",
                f'In index "{name}": Duplicate field "{".".join(field)}". '
                "Index fields must be unique within an index.",
            )
    return Index(name, fields)


def _parse_search_index(exported: dict[str, Any]) -> SearchIndex:
    name = _index_name(exported)
    return SearchIndex(name, _index_field(name, exported["searchField"]), _filter_fields(name, exported))


def _parse_vector_index(exported: dict[str, Any]) -> VectorIndex:
    name = _index_name(exported)
    vector_field = _index_field(name, exported["vectorField"])
    filter_fields = _filter_fields(name, exported)
    dimensions = exported["dimensions"]
    if dimensions not in DIMENSIONS:
        _fail(
            "InvalidVectorDimensionError",
            f"Dimensions {dimensions} must be between {DIMENSIONS.start} and {DIMENSIONS.stop - 1}.",
        )
    return VectorIndex(name, vector_field, int(dimensions), filter_fields)


def _index_name(exported: dict[str, Any]) -> str:
    name: str = exported["indexDescriptor"]
    try:
        check_identifier(name)
    except DeveloperError as error:
        raise DeveloperError(
            "InvalidIndexName",
            f'Invalid index name: "{name}". Identifiers must be 64 characters or less, '
            "start with a letter, and only contain letters, digits, underscores.",
        ) from error
    return name


def _index_field(index: str, text: str) -> Path:
    try:
        return parse_field_path(text)
    except DeveloperError as error:
        raise DeveloperError(
            "InvalidIndexField", f'In index "{index}": Invalid index field: "{text}"'
        ) from error


def _filter_fields(index: str, exported: dict[str, Any]) -> tuple[Path, ...]:
    fields = tuple(sorted({_index_field(index, field) for field in exported.get("filterFields") or []}))
    if len(fields) > MAX_FILTER_FIELDS:
        _fail("IndexTooManyFilterFields", f"Search indexes may have up to {MAX_FILTER_FIELDS} filter fields.")
    return fields


def check_table_name(name: str) -> None:
    """Raise `InvalidTableName` unless `name` is an identifier."""
    try:
        check_identifier(name)
    except DeveloperError as error:
        raise DeveloperError(
            "InvalidTableName",
            f'Invalid table name: "{name}". Identifiers must start with a letter and can only contain '
            "letters, digits, and underscores.",
        ) from error


def _check_not_empty(table: str, indexes: list[Index], staged: str) -> None:
    for index in indexes:
        if not index.fields:
            _fail(
                "EmptyIndex", f'In table "{table}" {staged}index "{index.name}" must have at least one field.'
            )


def _check_distinct(
    indexes: list[Any], key: Callable[[Any], Any], fail: Callable[[str, str], NoReturn]
) -> None:
    seen: dict[Any, str] = {}
    by_name = {index.name: index for index in indexes}
    for name in sorted(by_name):
        fields = key(by_name[name])
        if fields in seen:
            fail(name, seen[fields])
        seen[fields] = name


def _same_fields(table: str) -> Callable[[str, str], NoReturn]:
    def fail(first: str, second: str) -> NoReturn:
        _fail(
            "IndexNotUnique",
            f'In table "{table}" index "{first}" and index "{second}" have the same fields. '
            "Indexes must be unique within a table.",
        )

    return fail


def _same_field(table: str, code: str, kind: str, field: str, title: str) -> Callable[[str, str], NoReturn]:
    def fail(first: str, second: str) -> NoReturn:
        # The line break and its indentation are in the original.
        _fail(
            code,
            f'In table "{table}" {kind} "{first}" and {kind} "{second}" have the same `{field}`. '
            f"{title} index fields must be unique within a table. You should combine the\n"
            f"             indexes with the same `{field}` into one index containing all `filterField`s and "
            "then use different subsets of the `filterField`s at query time.",
        )

    return fail


def _check_names(table: str, names: list[str]) -> None:
    seen: dict[str, None] = {}
    for name in names:
        if name in (BY_ID, BY_CREATION_TIME) or name.startswith("_"):
            _fail(
                "IndexNameReserved",
                f'In table "{table}" cannot name an index "{name}" because the name is reserved. Indexes may not '
                'start with an underscore or be named "by_id" or "by_creation_time".',
            )
        if name in seen:
            _fail("IndexNamesNotUnique", f'Table "{table}" has two or more definitions of index "{name}".')
        seen[name] = None


def _check_user_fields(index: Index) -> None:
    if ("_creationTime",) in index.fields:
        _fail(
            "IndexFieldsContainCreationTime",
            "`_creationTime` is automatically added to the end of each index. It should not be added explicitly "
            "in the index definition. See https://docs.convex.dev/using/indexes for more details.",
        )
    if any(part.startswith("_") for field in index.fields for part in field):
        _fail("IndexFieldNameReserved", "Reserved fields (starting with `_`) are not allowed in indexes.")
    if len(index.fields) + 1 > MAX_INDEX_FIELDS:
        # `_creationTime` is counted among the 16.
        _fail("IndexTooManyFields", f"Indexes may have up to {MAX_INDEX_FIELDS} fields.")


def _fail(code: str, message: str) -> NoReturn:
    raise DeveloperError(code, message)
