"""Limits on values, documents and searches, where a deployment has its own (semantics §2.2, §7)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, Limits
from data_kit import error_of, failure_of, look, make, query, write

PACKAGES = Path(__file__).parents[2] / "packages" / "node_modules"
SCHEMA = {
    "typescript": """
export default defineSchema({
  films: defineTable({ plot: v.string(), genre: v.optional(v.string()), mood: v.optional(v.array(v.float64())) })
    .searchIndex("by_plot", { searchField: "plot", filterFields: ["genre"] })
    .vectorIndex("by_mood", { vectorField: "mood", dimensions: 2, filterFields: ["genre"] }),
});
""",
    "python": """
schema = define_schema({
    "films": define_table({"plot": v.string(), "genre": v.optional(v.string()), "mood": v.optional(v.array(v.float64()))})
    .search_index("by_plot", search_field="plot", filter_fields=["genre"])
    .vector_index("by_mood", vector_field="mood", dimensions=2, filter_fields=["genre"]),
})
""",
}
TYPESCRIPT = """
export const search = query({ args: { text: v.string(), filters: v.number() }, handler: async (ctx, { text, filters }) => {
  const describe = (q: any) => Array(filters).fill("x").reduce((made: any, each: any) => made.eq("genre", each), q.search("plot", text));
  return (await ctx.db.query("films").withSearchIndex("by_plot", describe).collect()).map((film: any) => film.plot);
} });
export const near = action({ args: { limit: v.number(), filters: v.number() }, handler: async (ctx, { limit, filters }) => {
  const filter = (q: any) => q.or(...Array.from({ length: filters }, (_, n) => q.eq("genre", `g${n}`)));
  return (await ctx.vectorSearch("films" as any, "by_mood", { vector: [1, 0], limit, ...(filters ? { filter } : {}) } as any)).length;
} });
"""
PYTHON = """
@query(args={"text": v.string(), "filters": v.number()})
async def search(ctx, args):
    def describe(q):
        made = q.search("plot", args["text"])
        for _ in range(int(args["filters"])):
            made = made.eq("genre", "x")
        return made
    return [film["plot"] for film in await ctx.db.query("films").with_search_index("by_plot", describe).collect()]

@action(args={"limit": v.number(), "filters": v.number()})
async def near(ctx, args):
    def describe(q): return q.or_(*(q.eq("genre", f"g{n}") for n in range(int(args["filters"]))))
    found = await ctx.vector_search(
        "films", "by_mood", vector=[1, 0], limit=int(args["limit"]), filter=describe if args["filters"] else None
    )
    return len(found)
"""


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("limits", "fits", "exceeds", "message"),
    [
        (
            {"array_length": 3},
            {"a": [1, 2, 3]},
            {"a": [1, 2, 3, 4]},
            "Array length is too long (4 > maximum length 3)",
        ),
        (
            {"object_fields": 3},
            {"a": {"b": 1, "c": 2, "d": 3}},
            {"a": {"b": 1, "c": 2, "d": 3, "e": 4}},
            "Object has too many fields (4 > maximum number 3)",
        ),
        (
            {"value_nesting": 7},
            {"a": nested(3)},
            {"a": nested(7)},
            "Value is too nested (nested 8 levels deep > maximum nesting 7)",
        ),
    ],
)
def test_limits_on_any_value_can_be_tightened(
    backend: Any, limits: dict[str, int], fits: Any, exceeds: Any, message: str
) -> None:
    convex = make(backend, limits=Limits(**limits))
    assert write(convex, ["insert", "things", fits])
    # Arguments are held to them before the function begins, and so are results after it has ended.
    assert error_of(convex, ["insert", "things", exceeds]) == message


def test_what_a_function_makes_itself_is_held_to_them_as_well(backend: Any) -> None:
    convex = make(backend, limits=Limits(array_length=3))
    for n in range(4):
        convex.db.insert("things", {"a": float(n)})
    assert failure_of(lambda: look(convex, ["collect", query()])) == (
        "Function m.js:look return value invalid: Array length is too long (4 > maximum length 3)"
    )
    with pytest.raises(FunctionError) as caught:
        convex.db.insert("things", {"a": [1, 2, 3, 4]})
    assert caught.value.message == "Array length is too long (4 > maximum length 3)"


def test_values_are_never_larger_than_convex_allows() -> None:
    with pytest.raises(ValueError, match="array_length\n  Input should be less than or equal to 8192"):
        Limits(array_length=8193)


def test_documents_have_the_size_and_depth_of_the_deployment(backend: Any) -> None:
    convex = make(backend, limits=Limits(document_bytes=1024, document_nesting=3))
    assert write(convex, ["insert", "things", {"a": nested(2)}])
    too_large = error_of(convex, ["insert", "things", {"a": "x" * 1024}])
    assert too_large == "Uncaught Error: Value is too large (1.07 KiB > maximum size 1 KiB)"
    assert error_of(convex, ["insert", "things", {"a": nested(3)}]).endswith(
        "isn't a valid document: Document is too nested (nested 4 levels deep > maximum nesting 3)"
    )
    convex = make(backend, limits=Limits(document_bytes=4 << 20, document_nesting=20))
    assert write(
        convex, ["insert", "things", {"a": "x" * (2 << 20)}], ["insert", "things", {"a": nested(18)}]
    )


def test_a_document_near_a_limit_of_the_deployment_is_warned_of(backend: Any) -> None:
    convex = make(backend, limits=Limits(document_bytes=1024, document_nesting=5))
    (large,) = write(convex, ["insert", "things", {"a": "x" * 850}])
    (deep,) = write(convex, ["insert", "things", {"a": nested(4)}])
    size = int(convex.usage["m:write"].bytes_written.used)
    assert [found.message for found in convex.findings] == [
        f'Large document written with ID "{large}" (actual: {size} bytes, limit: 1024 bytes).',
        f'Deeply nested document written with ID "{deep}" (actual: 5 levels, limit: 5 levels).',
    ]


@pytest.fixture
def films(backend: Any) -> Any:
    def deploy(**limits: int) -> Deployment:
        made: Deployment = backend(
            typescript={"m": TYPESCRIPT, "schema": SCHEMA["typescript"]},
            python={"m": PYTHON, "schema": SCHEMA["python"]},
            limits=Limits(**limits),
        )
        for n in range(3):
            made.db.insert("films", {"plot": f"robot number {n}", "genre": "x", "mood": [1.0, float(n)]})
        return made

    return deploy


def test_words_beyond_the_limit_are_not_looked_for(films: Any) -> None:
    convex = films(search_terms=2)
    assert convex.query("m:search", {"text": "cat dog robot", "filters": 0}) == []
    assert len(convex.query("m:search", {"text": "cat robot dog", "filters": 0})) == 3


def test_a_search_has_so_many_filters(films: Any) -> None:
    convex = films(search_filters=2)
    assert len(convex.query("m:search", {"text": "robot", "filters": 2})) == 3
    assert failure_of(lambda: convex.query("m:search", {"text": "robot", "filters": 3})) == (
        "Uncaught Error: Search query against films.by_plot has too many filter conditions. Max: 2 Actual: 3"
    )


def test_a_search_looks_at_so_many_documents(films: Any) -> None:
    assert len(films(search_results=4).query("m:search", {"text": "robot", "filters": 0})) == 3
    convex = films(search_results=3)
    assert failure_of(lambda: convex.query("m:search", {"text": "robot", "filters": 0})) == (
        "Uncaught Error: Search query scanned too many documents (fetched 3). Consider using a smaller limit, "
        "paginating the query, or using a filter field to limit the number of documents pulled from the search index."
    )


def test_a_vector_search_has_so_many_results_and_filters(films: Any) -> None:
    convex = films(vector_search_results=2, vector_search_filters=1)
    assert convex.action("m:near", {"limit": 2, "filters": 0}) == 2
    assert failure_of(lambda: convex.action("m:near", {"limit": 3, "filters": 0})) == (
        "Uncaught Error: Vector queries can fetch at most 2 results, requested 3."
    )
    assert convex.action("m:near", {"limit": 1, "filters": 1}) == 0
    assert failure_of(lambda: convex.action("m:near", {"limit": 1, "filters": 2})) == (
        "Uncaught Error: Vector query against films.by_mood has too many conditions. Max: 1 Actual: 2"
    )


def test_arguments_of_an_action_of_node_are_smaller(tmp_path: Path) -> None:
    functions = tmp_path / "convex"
    functions.mkdir()
    (tmp_path / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    (tmp_path / "package.json").write_text('{"private": true}')
    (functions / "n.ts").write_text(
        '"use node";\nimport { action } from "./_generated/server";\n'
        "export const size = action(async (_ctx, args: any) => args.text.length);\n"
    )
    (functions / "m.ts").write_text(
        'import { action } from "./_generated/server";\n'
        "export const size = action(async (_ctx, args: any) => args.text.length);\n"
    )
    with Deployment(tmp_path) as convex:
        largest = 5 * (1 << 20) - len("text") - 2 - 2 - 3
        assert convex.action("n:size", {"text": "x" * largest}) == largest
        assert failure_of(lambda: convex.action("n:size", {"text": "x" * (largest + 1)})) == (
            "Node actions arguments size is too large. The maximum size is 5 MiB. Reduce the size of the arguments or "
            "consider using Convex runtime actions instead, which have a 16 MiB limit. "
            "See https://docs.convex.dev/functions/runtimes"
        )
        assert convex.action("m:size", {"text": "x" * (largest + 1)}) == largest + 1


def test_usage_of_a_search_has_the_documents_that_it_looked_at(films: Any) -> None:
    convex = films()
    convex.query("m:search", {"text": "robot", "filters": 0})
    convex.action("m:near", {"limit": 5, "filters": 0})
    found, near = convex.usage["m:search"].search_results, convex.usage["m:near"].vector_search_results
    assert ((found.used, found.limit), (near.used, near.limit)) == ((3, 1024), (5, 256))
