"""Schema definitions, and what is said about wrong ones (semantics §3.4)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.store import Index, Schema, SearchIndex, Store, VectorIndex
from store_kit import error_of, index, internal_ids, schema, store, table

STRING = {"fieldType": {"type": "string"}, "optional": False}
SEE_SCHEMAS = "To learn more, see the schema documentation at https://docs.convex.dev/database/schemas."


def document(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "value": fields}


def search(name: str, field: str, *filters: str) -> dict[str, Any]:
    return {"indexDescriptor": name, "searchField": field, "filterFields": list(filters)}


def vector(name: str, field: str, dimensions: int = 3, *filters: str) -> dict[str, Any]:
    return {
        "indexDescriptor": name,
        "vectorField": field,
        "dimensions": dimensions,
        "filterFields": list(filters),
    }


def test_a_project_without_a_schema_has_no_tables() -> None:
    assert Schema.from_json(None).tables == {}


def test_a_schema_keeps_its_indexes_of_all_kinds() -> None:
    parsed = schema(
        table(
            "messages",
            {"by_author": ["author.name", "n"]},
            searchIndexes=[search("search_body", "body", "b", "a")],
            vectorIndexes=[vector("by_embedding", "embedding", 1536)],
            stagedDbIndexes=[{"indexDescriptor": "later", "fields": ["x"]}],
        )
    )
    messages = parsed.tables["messages"]
    assert messages.indexes == (Index("by_author", (("author", "name"), ("n",))),)
    assert messages.search_indexes == (SearchIndex("search_body", ("body",), (("a",), ("b",))),)
    assert messages.vector_indexes == (VectorIndex("by_embedding", ("embedding",), 1536, ()),)
    assert messages.staged == {"later"}


def test_tables_are_numbered_from_10001_in_the_order_of_their_names() -> None:
    tables = store(table("zebra"), table("ant")).tables
    assert {name: tables.number_of(name) for name in tables.names()} == {"ant": 10_001, "zebra": 10_002}


def test_system_fields_in_a_document_validator_are_ignored() -> None:
    target = store(table("t", document=document(_id=STRING, _creationTime=STRING, name=STRING)))
    transaction = target.begin(0)
    assert transaction.get(transaction.insert("t", {"name": "x"})) is not None


def test_without_schema_validation_documents_are_not_checked_but_indexes_exist() -> None:
    parsed = schema(table("t", {"by_name": ["name"]}, document(name=STRING)), validation=False)
    transaction = Store(parsed, internal_ids()).begin(0)
    transaction.insert("t", {"name": 1.0})
    found = transaction.query(index("t.by_name", ("Eq", "name", 1))).next()
    assert found is not None
    assert found.value["name"] == 1.0


def test_the_schema_is_enforced_on_every_write() -> None:
    target = store(table("t", document=document(name=STRING)))
    transaction = target.begin(0)
    prefix = 'Failed to insert or update a document in table "t" because it does not match the schema: '
    extra = (
        "Object contains extra field `age` that is not in the validator.\n\n"
        'Object: {age: 3.0, name: "x"}\nValidator: v.object({name: v.string()})'
    )
    wrong = "Value does not match validator.\nPath: .name\nValue: 1.0\nValidator: v.string()"
    document_id = transaction.insert("t", {"name": "x"})
    assert error_of(lambda: transaction.insert("t", {"name": 1.0})) == (
        "SchemaEnforcementError",
        prefix + wrong,
    )
    assert error_of(lambda: transaction.patch(document_id, {"age": 3.0})) == (
        "SchemaEnforcementError",
        prefix + extra,
    )
    assert error_of(lambda: transaction.replace(document_id, {"name": 1.0})) == (
        "SchemaEnforcementError",
        prefix + wrong,
    )


def test_an_index_that_is_staged_cannot_be_queried() -> None:
    target = store(table("t", stagedDbIndexes=[{"indexDescriptor": "later", "fields": ["x"]}]))
    assert error_of(lambda: target.begin(0).query(index("t.later"))) == (
        "IndexStagedError",
        "Index t.later is currently staged and not available to query until it is enabled.",
    )


RESERVED_INDEX = (
    'In table "t" cannot name an index "{}" because the name is reserved. Indexes may not start with an underscore '
    'or be named "by_id" or "by_creation_time".'
)
SAME_SEARCH_FIELD = (
    'In table "t" {kind} index "b" and {kind} index "a" have the same `{field}`. {title} index fields must be unique '
    "within a table. You should combine the\n             indexes with the same `{field}` into one index containing "
    "all `filterField`s and then use different subsets of the `filterField`s at query time."
)

WRONG_DEFINITIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "an index without fields": (
        table("t", {"i": []}),
        "EmptyIndex",
        'In table "t" index "i" must have at least one field.',
    ),
    "a staged index without fields": (
        table("t", stagedDbIndexes=[{"indexDescriptor": "i", "fields": []}]),
        "EmptyIndex",
        'In table "t" staged index "i" must have at least one field.',
    ),
    "a field twice in an index": (
        table("t", {"i": ["a", "b", "a"]}),
        "FieldsNotUniqueWithinIndex",
        'In table "t": In index "i": Duplicate field "a". Index fields must be unique within an index.',
    ),
    "two indexes of the same fields": (
        table("t", {"a": ["x", "y"], "b": ["x", "y"]}),
        "IndexNotUnique",
        'In table "t" index "b" and index "a" have the same fields. Indexes must be unique within a table.',
    ),
    "_id in an index": (
        table("t", {"i": ["_id"]}),
        "IndexFieldsContainId",
        'In table "t": In index "i": `_id` is not a valid index field. To load documents by ID, use `db.get(id)`.',
    ),
    "_creationTime in an index": (
        table("t", {"i": ["a", "_creationTime"]}),
        "IndexFieldsContainCreationTime",
        (
            "`_creationTime` is automatically added to the end of each index. It should not be added explicitly in the "
            "index definition. See https://docs.convex.dev/using/indexes for more details."
        ),
    ),
    "a reserved field in an index": (
        table("t", {"i": ["a._b"]}),
        "IndexFieldNameReserved",
        "Reserved fields (starting with `_`) are not allowed in indexes.",
    ),
    "an index called by_id": (
        table("t", {"by_id": ["a"]}),
        "IndexNameReserved",
        RESERVED_INDEX.format("by_id"),
    ),
    "an index called by_creation_time": (
        table("t", {"by_creation_time": ["a"]}),
        "IndexNameReserved",
        RESERVED_INDEX.format("by_creation_time"),
    ),
    "an index that starts with an underscore": (
        table("t", {"_i": ["a"]}),
        "IndexNameReserved",
        RESERVED_INDEX.format("_i"),
    ),
    "an index name twice": (
        table("t", {"i": ["a"]}, searchIndexes=[search("i", "b")]),
        "IndexNamesNotUnique",
        'Table "t" has two or more definitions of index "i".',
    ),
    "an index name that is no identifier": (
        table("t", {"by-a": ["a"]}),
        "InvalidIndexName",
        (
            'In table "t": Invalid index name: "by-a". Identifiers must be 64 characters or less, start with a letter, '
            "and only contain letters, digits, underscores."
        ),
    ),
    "an index field that is no path": (
        table("t", {"i": ["a b"]}),
        "InvalidIndexField",
        'In table "t": In index "i": Invalid index field: "a b"',
    ),
    "17 fields in an index": (
        table("t", {"i": [f"f{n}" for n in range(17)]}),
        "IndexTooManyFields",
        'In table "t": In index "i": Indexes may have up to 16 fields.',
    ),
    "17 filter fields": (
        table("t", searchIndexes=[search("i", "a", *(f"f{n}" for n in range(17)))]),
        "IndexTooManyFilterFields",
        'In table "t": Search indexes may have up to 16 filter fields.',
    ),
    "65 indexes": (
        table(
            "t",
            {f"i{n}": [f"f{n}"] for n in range(60)},
            searchIndexes=[search(f"s{n}", "a") for n in range(5)],
        ),
        "TooManyIndexes",
        'Table "t" cannot have more than 64 indexes.',
    ),
    "a reserved table name": (table("_t"), "TableNameReserved", "_t is a reserved table name."),
    "a table name that is no identifier": (
        table("my-table"),
        "InvalidTableName",
        (
            'Invalid table name: "my-table". Identifiers must start with a letter and can only contain letters, digits, '
            "and underscores."
        ),
    ),
    "two search indexes on one field": (
        table("t", searchIndexes=[search("a", "x"), search("b", "x")]),
        "SearchIndexFieldNotUnique",
        SAME_SEARCH_FIELD.format(kind="search", field="searchField", title="Search"),
    ),
    "two vector indexes on one field": (
        table("t", vectorIndexes=[vector("a", "x"), vector("b", "x")]),
        "VectorIndexFieldNotUnique",
        SAME_SEARCH_FIELD.format(kind="vector", field="vectorField", title="Vector"),
    ),
    "a vector of one dimension": (
        table("t", vectorIndexes=[vector("a", "x", 1)]),
        "InvalidVectorDimensionError",
        'In table "t": Dimensions 1 must be between 2 and 4096.',
    ),
    "an index on a field that cannot be": (
        table("t", {"i": ["name", "age"]}, document(name=STRING)),
        "SchemaDefinitionError",
        'In table "t" the index "i" is invalid because it references the field "age" that does not exist.',
    ),
    "an index below a field that is no object": (
        table("t", {"i": ["name.first"]}, document(name=STRING)),
        "SchemaDefinitionError",
        'In table "t" the index "i" is invalid because it references the field "name.first" that does not exist.',
    ),
    "a vector index on a string": (
        table("t", document=document(name=STRING), vectorIndexes=[vector("i", "name")]),
        "SchemaDefinitionError",
        (
            'In table "t" the vector index "i" is invalid because it references the field "name" that is neither an '
            "array of float64 or optional array of float64."
        ),
    ),
    "a document that is a string": (
        table("t", document={"type": "string"}),
        "InvalidTopLevelTypeInSchemaError",
        (
            "The document validator in a schema must be an object, a union of objects, or `v.any()`. "
            f"Found v.string(). {SEE_SCHEMAS}"
        ),
    ),
    "a union within a union of documents": (
        table(
            "t", document={"type": "union", "value": [document(), {"type": "union", "value": [document()]}]}
        ),
        "InvalidTopLevelTypeInSchemaError",
        (
            "The document validator in a schema must be an object, a union of objects, or `v.any()`. "
            f"Found v.union(v.object({{}})). {SEE_SCHEMAS}"
        ),
    ),
}


@pytest.mark.parametrize("case", WRONG_DEFINITIONS)
def test_a_wrong_definition_is_refused(case: str) -> None:
    definition, code, message = WRONG_DEFINITIONS[case]
    assert error_of(lambda: schema(definition)) == (code, message)


def test_10001_tables_are_too_many() -> None:
    tables = [table(f"t{n}") for n in range(10_001)]
    assert error_of(lambda: schema(*tables)) == ("TooManyTables", "Number of tables cannot exceed 10000.")


def test_an_index_may_reach_into_any_member_of_a_union_and_into_any() -> None:
    either = {
        "type": "union",
        "value": [document(a=STRING), document(b={"fieldType": {"type": "any"}, "optional": True})],
    }
    parsed = schema(table("t", {"i": ["a"], "j": ["b.c.d"]}, either))
    assert [each.name for each in parsed.tables["t"].indexes] == ["i", "j"]
