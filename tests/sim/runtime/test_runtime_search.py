"""Text and vector search from functions, in both languages alike (semantics §12.2, §12.3)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError

TYPESCRIPT = {
    "schema": """
export default defineSchema({
  films: defineTable({ plot: v.string(), genre: v.optional(v.string()), mood: v.optional(v.array(v.float64())) })
    .searchIndex("by_plot", { searchField: "plot", filterFields: ["genre"] })
    .vectorIndex("by_mood", { vectorField: "mood", dimensions: 2, filterFields: ["genre"] }),
});
""",
    "m": """
const plots = (films: any[]) => films.map((film) => film.plot);
export const add = mutation({ args: { film: v.any() }, handler: async (ctx, { film }) => await ctx.db.insert("films", film) });
export const search = query({
  args: { text: v.string(), genre: v.optional(v.string()) },
  handler: async (ctx, { text, genre }) => plots(await ctx.db.query("films").withSearchIndex("by_plot", (q) => {
    const found = q.search("plot", text);
    return genre === undefined ? found : found.eq("genre", genre);
  }).collect()),
});
export const ungenred = query({
  args: {},
  handler: async (ctx) => plots(
    await ctx.db.query("films").withSearchIndex("by_plot", (q) => q.search("plot", "a").eq("genre", undefined)).collect()
  ),
});
export const page = query({
  args: { opts: v.any() },
  handler: async (ctx, { opts }) => {
    const page = await ctx.db.query("films").withSearchIndex("by_plot", (q) => q.search("plot", "a")).paginate(opts);
    return { ...page, page: plots(page.page) };
  },
});
export const best = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("films").withSearchIndex("by_plot", (q) => q.search("plot", "a")).first())?.plot ?? null,
});
export const ordered = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("films").withSearchIndex("by_plot", (q) => q.search("plot", "a")).order("asc").collect(),
});
export const branched = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("films").withSearchIndex("by_plot", (q) => { q.search("plot", "a"); return q.search("plot", "b"); }).collect(),
});
export const unindexed = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("films").withSearchIndex("nope" as any, (q) => q.search("plot", "a")).collect(),
});
export const own = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("films", { plot: "a new one" });
    return plots(await ctx.db.query("films").withSearchIndex("by_plot", (q) => q.search("plot", "a")).collect());
  },
});
export const remove = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    for await (const film of ctx.db.query("films").withSearchIndex("by_plot", (q) => q.search("plot", text))) await ctx.db.delete(film._id);
  },
});
export const addOnce = mutation({
  args: { plot: v.string() },
  handler: async (ctx, { plot }) => {
    const found = await ctx.db.query("films").withSearchIndex("by_plot", (q) => q.search("plot", plot)).first();
    if (found === null) await ctx.db.insert("films", { plot });
  },
});
export const race = action({
  args: { plots: v.array(v.string()) },
  handler: async (ctx, { plots }) => { await Promise.all(plots.map((plot) => ctx.runMutation(api.m.addOnce, { plot }))); },
});
export const similar = action({
  args: { mood: v.array(v.number()), limit: v.optional(v.number()), genres: v.optional(v.array(v.string())) },
  handler: async (ctx, { mood, limit, genres }) => await ctx.vectorSearch("films", "by_mood", {
    vector: mood, limit, filter: genres && ((q) => q.or(...genres.map((genre) => q.eq("genre", genre)))),
  }),
});
export const fresh = action({
  args: {},
  handler: async (ctx) => {
    const before = await ctx.vectorSearch("films", "by_mood", { vector: [0, 1] });
    const id = await ctx.runMutation(api.m.add, { film: { plot: "x", mood: [0, 1] } });
    const after = await ctx.vectorSearch("films", "by_mood", { vector: [0, 1] });
    return [before.length, after.map((found) => found._id === id)];
  },
});
export const caught = action({
  args: { mood: v.array(v.number()) },
  handler: async (ctx, { mood }) => {
    try { await ctx.vectorSearch("films", "by_mood", { vector: mood }); } catch (error: any) { return error.message; }
  },
});
""",
}
PYTHON = {
    "schema": """
schema = define_schema({
    "films": define_table({"plot": v.string(), "genre": v.optional(v.string()), "mood": v.optional(v.array(v.float64()))})
    .search_index("by_plot", search_field="plot", filter_fields=["genre"])
    .vector_index("by_mood", vector_field="mood", dimensions=2, filter_fields=["genre"]),
})
""",
    "m": """
def plots(films): return [film["plot"] for film in films]

@mutation(args={"film": v.any()})
async def add(ctx, args): return await ctx.db.insert("films", args["film"])

@query(args={"text": v.string(), "genre": v.optional(v.string())})
async def search(ctx, args):
    def described(q):
        found = q.search("plot", args["text"])
        return found.eq("genre", args["genre"]) if "genre" in args else found
    return plots(await ctx.db.query("films").with_search_index("by_plot", described).collect())

@query(args={})
async def ungenred(ctx, args):
    found = ctx.db.query("films").with_search_index("by_plot", lambda q: q.search("plot", "a").eq("genre", UNDEFINED))
    return plots(await found.collect())

@query(args={"opts": v.any()})
async def page(ctx, args):
    found = ctx.db.query("films").with_search_index("by_plot", lambda q: q.search("plot", "a"))
    page = await found.paginate(args["opts"])
    return {**page, "page": plots(page["page"])}

@query(args={})
async def best(ctx, args):
    film = await ctx.db.query("films").with_search_index("by_plot", lambda q: q.search("plot", "a")).first()
    return film and film["plot"]

@query(args={})
async def ordered(ctx, args):
    return await ctx.db.query("films").with_search_index("by_plot", lambda q: q.search("plot", "a")).order("asc").collect()

@query(args={})
async def branched(ctx, args):
    return await ctx.db.query("films").with_search_index("by_plot", lambda q: [q.search("plot", "a"), q.search("plot", "b")][1]).collect()

@query(args={})
async def unindexed(ctx, args):
    return await ctx.db.query("films").with_search_index("nope", lambda q: q.search("plot", "a")).collect()

@mutation(args={})
async def own(ctx, args):
    await ctx.db.insert("films", {"plot": "a new one"})
    return plots(await ctx.db.query("films").with_search_index("by_plot", lambda q: q.search("plot", "a")).collect())

@mutation(args={"text": v.string()})
async def remove(ctx, args):
    async for film in ctx.db.query("films").with_search_index("by_plot", lambda q: q.search("plot", args["text"])):
        await ctx.db.delete(film["_id"])

@mutation(args={"plot": v.string()})
async def addOnce(ctx, args):
    found = ctx.db.query("films").with_search_index("by_plot", lambda q: q.search("plot", args["plot"]))
    if await found.first() is None:
        await ctx.db.insert("films", args)

@action(args={"plots": v.array(v.string())})
async def race(ctx, args):
    await asyncio.gather(*(ctx.run_mutation(api.m.addOnce, {"plot": plot}) for plot in args["plots"]))

@action(args={"mood": v.array(v.number()), "limit": v.optional(v.number()), "genres": v.optional(v.array(v.string()))})
async def similar(ctx, args):
    genres = args.get("genres")
    chosen = genres and (lambda q: q.or_(*(q.eq("genre", genre) for genre in genres)))
    return await ctx.vector_search("films", "by_mood", vector=args["mood"], limit=args.get("limit"), filter=chosen)

@action(args={})
async def fresh(ctx, args):
    before = await ctx.vector_search("films", "by_mood", vector=[0, 1])
    new = await ctx.run_mutation(api.m.add, {"film": {"plot": "x", "mood": [0, 1]}})
    after = await ctx.vector_search("films", "by_mood", vector=[0, 1])
    return [len(before), [found["_id"] == new for found in after]]

@action(args={"mood": v.array(v.number())})
async def caught(ctx, args):
    try:
        await ctx.vector_search("films", "by_mood", vector=args["mood"])
    except Exception as error:
        return str(error)
""",
}
FILMS = {
    "a robot learns to love": "drama",
    "a cat learns to dance": "comedy",
    "one robot too many": "comedy",
    "a quiet film": None,
}


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON, seed=5)
    for number, (plot, genre) in enumerate(FILMS.items()):
        film = {"plot": plot, "mood": [1.0, float(number)]}
        made.mutation("m:add", {"film": film if genre is None else {**film, "genre": genre}})
    return made


def failure(convex: Deployment, function: str, args: dict[str, Any] | None = None) -> str:
    """The first line of what a call fails with."""
    with pytest.raises(FunctionError) as caught:
        convex.query(function, args or {})
    return caught.value.message.partition("\n")[0]


def test_a_search_finds_documents_by_relevance(convex: Deployment) -> None:
    assert convex.query("m:search", {"text": "robot dance"}) == [
        "a cat learns to dance",
        "one robot too many",
        "a robot learns to love",
    ]
    assert convex.query("m:search", {"text": "ROB", "genre": "comedy"}) == ["one robot too many"]
    assert convex.query("m:search", {"text": ""}) == []
    assert convex.query("m:ungenred") == ["a quiet film"]
    assert convex.query("m:best") == "a quiet film"


def test_a_mutation_finds_what_it_has_written(convex: Deployment) -> None:
    assert convex.mutation("m:own")[0] == "a new one"
    assert len(convex.mutation("m:own")) == 5


def test_results_may_be_deleted_one_by_one(convex: Deployment) -> None:
    convex.mutation("m:remove", {"text": "robot"})
    assert [film["plot"] for film in convex.db.table("films")] == ["a cat learns to dance", "a quiet film"]


def test_a_search_is_read_in_pages(convex: Deployment) -> None:
    first = convex.query("m:page", {"opts": {"numItems": 2, "cursor": None}})
    assert (first["page"], first["isDone"]) == (["a quiet film", "a cat learns to dance"], False)
    second = convex.query("m:page", {"opts": {"numItems": 2, "cursor": first["continueCursor"]}})
    assert (second["page"], second["isDone"]) == (["a robot learns to love"], True)
    assert (first["splitCursor"], first["pageStatus"]) == (None, None)


def test_a_search_has_no_other_order(convex: Deployment) -> None:
    assert failure(convex, "m:ordered") == (
        "Uncaught Error: Search queries must always be in relevance order. Can not set order manually."
    )


def test_a_search_that_is_described_twice_is_refused(convex: Deployment, language: str) -> None:
    chain = "q => q.search(...).eq(...)" if language == "typescript" else "lambda q: q.search(…).eq(…)"
    assert failure(convex, "m:branched") == (
        f"Uncaught Error: SearchFilterBuilder has already been used! Chain your method calls like `{chain}`."
    )


def test_an_index_that_there_is_not_can_not_be_searched(convex: Deployment) -> None:
    assert failure(convex, "m:unindexed") == "Uncaught Error: Index films.nope not found."


def test_mutations_that_search_for_the_same_conflict(convex: Deployment) -> None:
    convex.action("m:race", {"plots": ["whale", "whale", "whale"]})
    assert convex.query("m:search", {"text": "whale"}) == ["whale"]
    assert [event.kind for event in convex.trace].count("conflict") > 0


def test_mutations_that_search_for_different_things_do_not_conflict(convex: Deployment) -> None:
    convex.action("m:race", {"plots": ["whale", "ship", "storm"]})
    assert [event.kind for event in convex.trace].count("conflict") == 0
    assert len(convex.db.table("films")) == 7


def test_an_action_finds_the_nearest_vectors(convex: Deployment) -> None:
    ids = {film["plot"]: film["_id"] for film in convex.db.table("films")}
    assert convex.action("m:similar", {"mood": [1, 0], "limit": 2}) == [
        {"_id": ids["a robot learns to love"], "_score": 1},
        {"_id": ids["a cat learns to dance"], "_score": 0.7071067690849304},
    ]
    found = convex.action("m:similar", {"mood": [1, 0], "genres": ["drama", "comedy"]})
    assert [hit["_id"] for hit in found] == [ids[plot] for plot in list(FILMS)[:3]]
    assert convex.action("m:similar", {"mood": [1, 0], "genres": ["western"]}) == []


def test_a_vector_search_sees_what_is_committed_when_it_is_called(convex: Deployment) -> None:
    assert convex.action("m:fresh") == [4, [True, False, False, False, False]]


@pytest.mark.parametrize(
    ("mood", "message"),
    [
        ([], "`vector` must be a non-empty Array in vectorSearch"),
        ([1, 2, 3], "Expected a vector with dimensions 2, received 3."),
        (
            [float("nan"), 1],
            (
                "Invalid argument `vector` for `vectorSearch`: expected an array of finite numbers, but the one at "
                "index 0 is none"
            ),
        ),
    ],
)
def test_an_action_can_catch_what_is_wrong_with_a_vector_search(
    convex: Deployment, mood: list[float], message: str
) -> None:
    assert convex.action("m:caught", {"mood": mood}) == message


def test_searches_are_in_the_trace(convex: Deployment) -> None:
    convex.query("m:search", {"text": "robot"})
    convex.action("m:similar", {"mood": [1, 0]})
    events = [
        (event.kind, event.subject) for event in convex.trace if event.kind in {"query", "vectorSearch"}
    ]
    assert events == [("query", "films.by_plot"), ("vectorSearch", "films.by_mood")]


def test_a_subscription_to_a_search_hears_of_commits_that_may_change_its_results(convex: Deployment) -> None:
    robots = convex.subscribe("m:search", {"text": "robot"})
    convex.mutation("m:add", {"film": {"plot": "a whale"}})
    assert len(robots.updates) == 1
    convex.mutation("m:add", {"film": {"plot": "robots at sea"}})
    assert robots.value == ["one robot too many", "a robot learns to love", "robots at sea"]


def test_an_index_is_chosen_once_and_first_of_all(backend: Any, language: str) -> None:
    convex = backend(
        typescript="""
        export const twice = query({
          args: {},
          handler: async (ctx) => await (ctx.db.query("a").withIndex("by_id") as any).withSearchIndex("s", (q: any) => q).collect(),
        });
        export const late = query({
          args: {},
          handler: async (ctx) => await (ctx.db.query("a").order("desc") as any).withIndex("by_id").collect(),
        });
        """,
        python="""
        @query(args={})
        async def twice(ctx, args):
            return await ctx.db.query("a").with_index("by_id").with_search_index("s", lambda q: q).collect()

        @query(args={})
        async def late(ctx, args):
            return await ctx.db.query("a").order("desc").with_index("by_id").collect()
        """,
    )
    if language == "typescript":
        assert failure(convex, "m:twice").endswith(".withSearchIndex is not a function")
        assert failure(convex, "m:late").endswith(".withIndex is not a function")
    else:
        assert failure(convex, "m:twice").endswith(
            "`with_search_index` must come right after `ctx.db.query(table)`"
        )
        assert failure(convex, "m:late").endswith("`with_index` must come right after `ctx.db.query(table)`")
