"""The schema and validators, wherever their parts are held."""

from __future__ import annotations

import pytest
from backend_facts import shape, sources
from biconvex.lint.model import Schema

HEAD = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
"""


def schema(text: str, **others: str) -> Schema:
    files = {f"{name.replace('_', '/')}.ts": other for name, other in others.items()}
    found = sources({"schema.ts": HEAD + text, **files}).schema
    assert found is not None
    return found


def tables(found: Schema) -> list[str]:
    out = []
    for table in found.tables.values():
        indexes = [f"{i.name}({', '.join(i.fields or ('?',))})" for i in table.indexes.values()]
        out.append(" ".join([table.name, shape(table.document), *indexes]))
    return out


def test_a_backend_without_a_schema_file_has_none():
    assert sources({"a.ts": "export const x = 1;"}).schema is None


def test_tables_and_indexes_of_both_languages():
    ts = schema("""
export default defineSchema({
  tasks: defineTable({ owner: v.id("users"), due: v.optional(v.number()) })
    .index("by_owner", ["owner", "due"])
    .searchIndex("search_owner", { searchField: "owner", filterFields: ["due"] })
    .vectorIndex("by_vector", { vectorField: "v", dimensions: 8, filterFields: [] }),
});
""")
    python = sources(
        {
            "schema.py": """
from biconvex.sim.server import define_schema, define_table
from biconvex.sim.values import v
schema = define_schema({
    "tasks": define_table({"owner": v.id("users"), "due": v.optional(v.number())})
        .index("by_owner", ["owner", "due"])
        .search_index("search_owner", search_field="owner", filter_fields=["due"])
        .vector_index("by_vector", vector_field="v", dimensions=8),
})
"""
        }
    ).schema
    assert python is not None
    expected = [
        "tasks {owner: id(users), due: float64?} by_owner(owner, due) search_owner(owner) by_vector(v)"
    ]
    for found in (ts, python):
        assert tables(found) == expected
        assert found.complete
        indexes = found.tables["tasks"].indexes
        assert [i.kind for i in indexes.values()] == ["database", "search", "vector"]
        assert indexes["search_owner"].filter_fields == ("due",)
        assert indexes["by_vector"].dimensions == 8


def test_tables_may_be_imported_spread_and_held_in_constants():
    found = schema(
        """
import users, { more } from "./parts/tables";
const tasks = defineTable({ title: v.string() }).index("by_title", ["title"]);
const own = { tasks };
export default defineSchema({ ...own, ...more, users, last: defineTable(v.any()) });
""",
        parts_tables="""
import { defineTable } from "convex/server";
import { v } from "convex/values";
export default defineTable({ name: v.string() }).index("by_name", ["name"]);
export const more = { logs: defineTable({ at: v.number() }) };
""",
    )
    assert found.complete
    assert tables(found) == [
        "tasks {title: string} by_title(title)",
        "logs {at: float64}",
        "users {name: string} by_name(name)",
        "last any",
    ]


def test_tables_of_a_package_leave_the_schema_incomplete():
    found = schema("""
import { authTables, other } from "@convex-dev/auth/server";
export default defineSchema({ ...authTables, tasks: defineTable({}), elsewhere: other });
""")
    assert not found.complete
    assert tables(found) == ["tasks {}", "elsewhere none"]
    assert [table.complete for table in found.tables.values()] == [True, False]


def test_a_schema_that_is_not_in_sight_is_incomplete():
    found = schema('import { make } from "a-package";\nexport default make({ tasks: 1 });')
    assert (found.complete, found.tables) == (False, {})


def test_a_table_changed_by_something_unknown_is_incomplete():
    found = schema("export default defineSchema({ tasks: defineTable({}).somethingNew() });")
    assert [(table.name, table.complete) for table in found.tables.values()] == [("tasks", False)]


def test_an_index_may_be_an_object_and_staged():
    found = schema("""
const FIELDS = ["a", "b"];
export default defineSchema({
  t: defineTable({}).index("x", { fields: ["a"], staged: true }).index("y", FIELDS).index("z", unknown()).index("x", ["b"]),
});
""")
    table = found.tables["t"]
    assert [(i.name, i.fields, i.staged) for i in table.definitions] == [
        ("x", ("a",), True),
        ("y", ("a", "b"), False),
        ("z", None, False),
        ("x", ("b",), False),
    ]
    assert table.indexes["x"].fields == ("a",)


def test_a_table_of_convex_helpers_has_its_fields():
    found = schema("""
import { Table } from "convex-helpers/server";
export const Users = Table("users", { name: v.string() });
export default defineSchema({ users: Users.table.index("by_name", ["name"]) });
""")
    assert tables(found) == ["users {name: string} by_name(name)"]


def test_schema_validation_can_be_off():
    found = schema("export default defineSchema({}, { schemaValidation: false });")
    assert not found.validates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v.string()", "string"),
        ("v.optional(v.int64())", "int64?"),
        ("v.nullable(v.boolean())", "union(boolean, null)"),
        ("v.union(v.literal('a'), v.literal(2))", "union('a', 2)"),
        ("v.union(...kinds)", "union('x', 'y')"),
        ("v.union(...elsewhere)", "union…"),
        ("v.array(v.id('users'))", "array(id(users))"),
        ("v.record(v.string(), v.number())", "record(string, float64)"),
        ("v.object({ ...base, b: v.null() })", "{a: string, b: null}"),
        ("v.object({ ...elsewhere, b: v.null() })", "{b: null}…"),
        ("v.object(base)", "{a: string}"),
        ("person", "{a: string, n: float64?}"),
        ("person.fields.n", "float64?"),
        ("person.pick('a')", "{a: string}"),
        ("person.omit('a')", "{n: float64?}"),
        ("person.partial()", "{a: string?, n: float64?}"),
        ("person.extend({ c: v.any() })", "{a: string, n: float64?, c: any}"),
        ("later", "string?"),
        ("elsewhere", "unknown…"),
        ("v.sparkle()", "unknown…"),
        ("literals('a', 'b')", "union('a', 'b')"),
        ("tasks.validator", "{done: boolean}"),
    ],
)
def test_validators_are_followed_through_constants(text: str, expected: str):
    found = schema(f"""
import {{ literals }} from "convex-helpers/validators";
import {{ elsewhere }} from "a-package";
const base = {{ a: v.string() }};
const person = v.object({{ ...base, n: v.optional(v.number()) }});
const later = v.optional(v.string());
const kinds = [v.literal("x"), v.literal("y")];
const tasks = defineTable({{ done: v.boolean() }});
export default defineSchema({{ t: defineTable({{ field: {text} }}) }});
""")
    document = found.tables["t"].document
    assert document is not None
    assert shape(document.fields["field"]) == expected


def test_a_schema_in_each_language_is_one_schema():
    found = sources(
        {
            "schema.ts": HEAD + "export default defineSchema({ a: defineTable({ x: v.string() }) });",
            "schema.py": "from biconvex.sim.server import define_schema, define_table\ns = define_schema({'b': define_table({})})\n",
        }
    ).schema
    assert found is not None
    assert sorted(found.tables) == ["a", "b"]
    assert found.complete


def test_an_index_says_where_it_and_its_fields_are_written():
    found = schema("""
const FIELDS = ["a", "b"];
export default defineSchema({
  t: defineTable({}).index("x", ["a", "b"]).index("y", { fields: ["c"] }).index("z", FIELDS)
    .searchIndex("s", { searchField: "d", filterFields: ["e"] })
    .vectorIndex("v", { vectorField: "f", dimensions: n, filterFields: make() }),
});
""")
    definitions = found.tables["t"].definitions
    assert [(i.name, [place.text for place in i.field_places], i.complete) for i in definitions] == [
        ("x", ['"a"', '"b"'], True),
        ("y", ['"c"'], True),
        ("z", [], True),
        ("s", ['"d"', '"e"'], True),
        ("v", ['"f"'], False),
    ]
    assert definitions[0].definition is not None
    assert definitions[0].definition.text == '.index("x", ["a", "b"])'
    assert definitions[3].definition is not None
    assert definitions[3].definition.text.split() == [
        '.searchIndex("s",',
        "{",
        "searchField:",
        '"d",',
        "filterFields:",
        '["e"]',
        "})",
    ]
