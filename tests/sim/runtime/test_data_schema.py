"""Schemas: what they enforce on writes, and which are refused (semantics §3.2 to §3.4)."""

from __future__ import annotations

from typing import Any

import data_kit as kit
import pytest
from biconvex.sim import Deployment, Int64, ProjectError

SCHEMA = {
    "typescript": """
export default defineSchema({
  notes: defineTable({
    n: v.number(),
    text: v.optional(v.string()),
    scores: v.optional(v.record(v.string(), v.number())),
    mark: v.optional(v.literal("x")),
    shape: v.optional(v.id("shapes")),
    either: v.optional(v.union(v.null(), v.int64())),
    parts: v.optional(v.array(v.object({ ok: v.boolean() }))),
  }).index("by_n", ["n"]),
  shapes: defineTable(v.union(v.object({ kind: v.literal("dot") }), v.object({ kind: v.literal("ring"), radius: v.number() }))),
});
""",
    "python": """
schema = define_schema({
    "notes": define_table({
        "n": v.number(),
        "text": v.optional(v.string()),
        "scores": v.optional(v.record(v.string(), v.number())),
        "mark": v.optional(v.literal("x")),
        "shape": v.optional(v.id("shapes")),
        "either": v.optional(v.union(v.null(), v.int64())),
        "parts": v.optional(v.array(v.object({"ok": v.boolean()}))),
    }).index("by_n", ["n"]),
    "shapes": define_table(v.union(
        v.object({"kind": v.literal("dot")}),
        v.object({"kind": v.literal("ring"), "radius": v.number()}),
    )),
})
""",
}
NOTE = (
    'v.object({either: v.optional(v.union(v.null(), v.int64())), mark: v.optional(v.literal("x")), n: v.float64(), '
    "parts: v.optional(v.array(v.object({ok: v.boolean()}))), scores: v.optional(v.record(v.string(), v.float64())), "
    'shape: v.optional(v.id("shapes")), text: v.optional(v.string())})'
)
SHAPE = (
    'v.union(v.object({kind: v.literal("dot")}), v.object({kind: v.literal("ring"), radius: v.float64()}))'
)


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return kit.make(backend, SCHEMA)


def mismatch(table: str, problem: str) -> str:
    return (
        f'Uncaught Error: Failed to insert or update a document in table "{table}" because it does not match '
        f"the schema: {problem}"
    )


@pytest.mark.parametrize(
    "value",
    [
        {"n": 1},
        {"n": float("nan")},
        {"n": 1, "text": ""},
        {"n": 1, "scores": {"a": 1.0, "b c": -0.0}},
        {"n": 1, "mark": "x"},
        {"n": 1, "either": None},
        {"n": 1, "either": Int64(-1)},
        {"n": 1, "parts": [{"ok": True}, {"ok": False}]},
    ],
)
def test_a_document_that_fits_is_stored(convex: Deployment, value: dict[str, Any]) -> None:
    kit.write(convex, ["insert", "notes", value])
    stored = convex.db.table("notes")[0]
    assert {name: repr(stored[name]) for name in value} == {
        name: repr(float(field) if type(field) is int else field) for name, field in value.items()
    }


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            {},
            (
                "Object is missing the required field `n`. Consider wrapping the field validator in `v.optional(...)` "
                f"if this is expected.\n\nObject: {{}}\nValidator: {NOTE}"
            ),
        ),
        ({"n": "1"}, 'Value does not match validator.\nPath: .n\nValue: "1"\nValidator: v.float64()'),
        ({"n": Int64(1)}, "Value does not match validator.\nPath: .n\nValue: 1\nValidator: v.float64()"),
        (
            {"n": 1, "more": True},
            (
                "Object contains extra field `more` that is not in the validator.\n\n"
                f"Object: {{more: true, n: 1.0}}\nValidator: {NOTE}"
            ),
        ),
        (
            {"n": 1, "text": None},
            "Value does not match validator.\nPath: .text\nValue: null\nValidator: v.string()",
        ),
        (
            {"n": 1, "scores": {"a": "b"}},
            'Value does not match validator.\nPath: .scores.values()\nValue: "b"\nValidator: v.float64()',
        ),
        ({"n": 1, "mark": "y"}, '`"y"` does not match literal validator `v.literal("x")`.Path: .mark'),
        (
            {"n": 1, "either": 1},
            (
                "Value does not match validator.\nPath: .either\nValue: 1.0\n"
                "Validator: v.union(v.null(), v.int64())"
            ),
        ),
        (
            {"n": 1, "parts": [{"ok": True}, {"ok": 1}]},
            "Value does not match validator.\nPath: .parts[1].ok\nValue: 1.0\nValidator: v.boolean()",
        ),
        (
            {"n": 1, "shape": "garbage"},
            'Value does not match validator.\nPath: .shape\nValue: "garbage"\nValidator: v.id("shapes")',
        ),
    ],
)
@pytest.mark.parametrize("op", ["insert", "replace"])
def test_a_document_that_does_not_fit_is_refused(
    convex: Deployment, op: str, value: dict[str, Any], problem: str
) -> None:
    ops = (
        [["insert", "notes", {"n": 0}], ["replace", "@0", value]]
        if op == "replace"
        else [["insert", "notes", value]]
    )
    assert kit.error_of(convex, *ops) == mismatch("notes", problem)


def test_a_patch_is_held_to_the_whole_document(convex: Deployment) -> None:
    made = kit.write(convex, ["insert", "shapes", {"kind": "ring", "radius": 1}])[0]
    assert kit.error_of(convex, ["patch", made, {"kind": "dot"}]) == mismatch(
        "shapes",
        f'Value does not match validator.\n\nValue: {{kind: "dot", radius: 1.0}}\nValidator: {SHAPE}',
    )
    kit.write(convex, ["patch", made, {"kind": "dot"}, ["radius"]])
    assert convex.db.table("shapes")[0]["kind"] == "dot"


def test_an_id_of_another_table_does_not_fit(convex: Deployment) -> None:
    made = kit.write(convex, ["insert", "notes", {"n": 1}])[0]
    assert kit.error_of(convex, ["insert", "notes", {"n": 1, "shape": made}]) == mismatch(
        "notes",
        f'Found ID "{made}" from table `notes`, which does not match the table name in validator '
        '`v.id("shapes")`.Path: .shape',
    )


def test_an_id_fits_whether_or_not_its_document_exists(convex: Deployment) -> None:
    shape = kit.write(convex, ["insert", "shapes", {"kind": "dot"}])[0]
    kit.write(convex, ["delete", shape], ["insert", "notes", {"n": 1, "shape": shape}])
    assert convex.db.table("notes")[0]["shape"] == shape


def test_a_table_that_the_schema_does_not_name_takes_anything(convex: Deployment) -> None:
    kit.write(convex, ["insert", "free", {"n": "anything", "deep": [{}]}])
    assert convex.db.names == ["notes", "shapes", "free"]


def test_a_change_that_changes_nothing_is_not_held_to_the_schema(backend: Any) -> None:
    lax = {
        "typescript": "export default defineSchema({ notes: defineTable({ n: v.number() }) }, { schemaValidation: false });",
        "python": 'schema = define_schema({"notes": define_table({"n": v.number()})}, schema_validation=False)',
    }
    convex = kit.make(backend, lax)
    made = kit.write(convex, ["insert", "notes", {"n": "text"}])[0]
    kit.write(convex, ["patch", made, {"n": "text"}])
    assert convex.db.table("notes")[0]["n"] == "text"


def test_arguments_with_ids_are_checked_against_the_same_tables(backend: Any) -> None:
    convex = backend(
        typescript="""
        export const make = mutation({ args: {}, handler: async (ctx) => [await ctx.db.insert("a" as any, {}), await ctx.db.insert("b" as any, {})] });
        export const take = query({ args: { id: v.id("a" as any) }, handler: async (_ctx, { id }) => id });
        """,
        python="""
        @mutation(args={})
        async def make(ctx, args): return [await ctx.db.insert("a", {}), await ctx.db.insert("b", {})]

        @query(args={"id": v.id("a")})
        async def take(ctx, args): return args["id"]
        """,
    )
    first, second = convex.mutation("m:make")
    assert convex.query("m:take", {"id": first}) == first
    assert kit.failure_of(lambda: convex.query("m:take", {"id": second})) == (
        f'ArgumentValidationError: Found ID "{second}" from table `b`, which does not match the table name in '
        'validator `v.id("a")`.Path: .id'
    )


@pytest.mark.parametrize(
    ("typescript", "python", "problem"),
    [
        (
            'defineTable({ a: v.number() }).index("by_a", ["a", "a"])',
            'define_table({"a": v.number()}).index("by_a", ["a", "a"])',
            'In table "t": In index "by_a": Duplicate field "a". Index fields must be unique within an index.',
        ),
        (
            'defineTable({ a: v.number() }).index("by_a", [] as any)',
            'define_table({"a": v.number()}).index("by_a", [])',
            'In table "t" index "by_a" must have at least one field.',
        ),
        (
            'defineTable({ a: v.number() }).index("by_id", ["a"])',
            'define_table({"a": v.number()}).index("by_id", ["a"])',
            (
                'In table "t" cannot name an index "by_id" because the name is reserved. '
                'Indexes may not start with an underscore or be named "by_id" or "by_creation_time".'
            ),
        ),
        (
            "defineTable(v.string() as any)",
            "define_table(v.string())",
            (
                "The document validator in a schema must be an object, a union of objects, or `v.any()`. "
                "Found v.string(). To learn more, see the schema documentation at https://docs.convex.dev/database/schemas."
            ),
        ),
    ],
)
def test_a_wrong_schema_is_refused_when_the_backend_loads(
    backend: Any, language: str, typescript: str, python: str, problem: str
) -> None:
    schema = {
        "typescript": f"export default defineSchema({{ t: {typescript} }});",
        "python": f'schema = define_schema({{"t": {python}}})',
    }
    with pytest.raises(ProjectError) as caught:
        kit.make(backend, schema)
    file = "convex/schema.ts" if language == "typescript" else "backend/schema.py"
    assert str(caught.value) == f"The schema in {file} is not valid: {problem}"
