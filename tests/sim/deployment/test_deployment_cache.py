"""The query cache: a query runs again when something it depends on has changed, and not before (semantics §6.5)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError, UsageError
from biconvex.sim.values import encode_id

TYPESCRIPT = """
export const add = mutation({
  args: { room: v.string(), n: v.number() },
  handler: async (ctx, args) => await ctx.db.insert("notes", args),
});
export const set = mutation({
  args: { id: v.id("notes"), n: v.number() },
  handler: async (ctx, { id, n }) => await ctx.db.patch(id, { n }),
});
export const chat = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("lines", { text: "hi" }); } });
export const total = query({
  args: { room: v.string() },
  handler: async (ctx, { room }) => {
    const notes = await ctx.db.query("notes").withIndex("by_room", (q) => q.eq("room", room)).collect();
    console.log("counted", room);
    return notes.reduce((sum, note) => sum + note.n, 0);
  },
});
export const all = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").collect()).map(({ n }) => n) });
export const total_of_all = query({ args: {}, handler: async (ctx): Promise<any> => await ctx.runQuery(api.m.total, { room: "a" }) });
export const who = query({ args: {}, handler: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null });
export const nested_who = query({ args: {}, handler: async (ctx): Promise<any> => await ctx.runQuery(api.m.who) });
export const clock = query({ args: {}, handler: async () => Date.now() });
export const nested_clock = query({ args: {}, handler: async (ctx): Promise<any> => await ctx.runQuery(api.m.clock) });
export const die = query({ args: {}, handler: async () => Math.random() });
export const still = query({ args: {}, handler: async () => 1 });
export const strict = query({
  args: {},
  handler: async (ctx) => {
    if ((await ctx.db.query("notes").first()) === null) throw new ConvexError("nothing yet");
    return "something";
  },
});
export const known = query({ args: { text: v.string() }, handler: async (ctx, { text }) => ctx.db.normalizeId("later" as any, text) !== null });
export const later = mutation({ args: {}, handler: async (ctx): Promise<any> => await ctx.db.insert("later" as any, {}) });
export const unindexed = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("later" as any).withIndex("by_creation_time").collect()).length,
});
export const twice = action({
  args: {},
  handler: async (ctx): Promise<any> => [await ctx.runQuery(api.m.total, { room: "a" }), await ctx.runQuery(api.m.total, { room: "a" })],
});
"""
TYPESCRIPT_SCHEMA = """
export default defineSchema({
  notes: defineTable({ room: v.string(), n: v.number() }).index("by_room", ["room"]),
  lines: defineTable({ text: v.string() }),
});
"""
PYTHON = """
@mutation(args={"room": v.string(), "n": v.number()})
async def add(ctx, args): return await ctx.db.insert("notes", args)

@mutation(args={"id": v.id("notes"), "n": v.number()})
async def set(ctx, args): await ctx.db.patch(args["id"], {"n": args["n"]})

@mutation(args={})
async def chat(ctx, args): await ctx.db.insert("lines", {"text": "hi"})

@query(args={"room": v.string()})
async def total(ctx, args):
    notes = await ctx.db.query("notes").with_index("by_room", lambda q: q.eq("room", args["room"])).collect()
    console.log("counted", args["room"])
    return sum(note["n"] for note in notes)

@query(args={})
async def all(ctx, args): return [note["n"] async for note in ctx.db.query("notes")]

@query(args={})
async def total_of_all(ctx, args): return await ctx.run_query(api.m.total, {"room": "a"})

@query(args={})
async def who(ctx, args): return (await ctx.auth.get_user_identity() or {}).get("subject")

@query(args={})
async def nested_who(ctx, args): return await ctx.run_query(api.m.who)

@query(args={})
async def clock(ctx, args): return now_ms()

@query(args={})
async def nested_clock(ctx, args): return await ctx.run_query(api.m.clock)

@query(args={})
async def still(ctx, args): return 1

@query(args={})
async def strict(ctx, args):
    if await ctx.db.query("notes").first() is None:
        raise ConvexError("nothing yet")
    return "something"

@query(args={"text": v.string()})
async def known(ctx, args): return ctx.db.normalize_id("later", args["text"]) is not None

@mutation(args={})
async def later(ctx, args): return await ctx.db.insert("later", {})

@query(args={})
async def unindexed(ctx, args): return len(await ctx.db.query("later").with_index("by_creation_time").collect())

@action(args={})
async def twice(ctx, args):
    return [await ctx.run_query(api.m.total, {"room": "a"}), await ctx.run_query(api.m.total, {"room": "a"})]
"""
PYTHON_SCHEMA = """
schema = define_schema({
    "notes": define_table({"room": v.string(), "n": v.number()}).index("by_room", ["room"]),
    "lines": define_table({"text": v.string()}),
})
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made: Deployment = backend(
        typescript={"m": TYPESCRIPT, "schema": TYPESCRIPT_SCHEMA},
        python={"m": PYTHON, "schema": PYTHON_SCHEMA},
    )
    return made


def answers(convex: Deployment) -> list[tuple[str, str]]:
    """How each query was answered so far: by a run (`start`), or by the cache (`cached`)."""
    queries = {function.path for function in convex.functions if function.kind == "query"}
    return [
        (event.kind, event.subject)
        for event in convex.trace
        if event.kind in {"start", "cached"} and event.subject in queries
    ]


def test_a_query_is_not_run_again_while_nothing_has_changed(convex: Deployment) -> None:
    convex.mutation("m:add", {"room": "a", "n": 1})
    assert [convex.query("m:total", {"room": "a"}) for _ in range(3)] == [1, 1, 1]
    assert answers(convex) == [("start", "m:total"), ("cached", "m:total"), ("cached", "m:total")]


def test_a_cached_answer_is_one_event_that_names_the_run_that_found_it(convex: Deployment) -> None:
    convex.query("m:total", {"room": "a"})
    before = len(convex.trace)
    convex.query("m:total", {"room": "a"})
    assert [
        (event.kind, event.subject, event.run, event.detail)
        for event in convex.trace.last(len(convex.trace) - before)
    ] == [("call", "m:total", 0, {"kind": "query"}), ("cached", "m:total", 0, {"run": 1})]


def test_other_arguments_are_another_question(convex: Deployment) -> None:
    convex.mutation("m:add", {"room": "a", "n": 1})
    assert [convex.query("m:total", {"room": room}) for room in "aba"] == [1, 0, 1]
    assert [kind for kind, _ in answers(convex)] == ["start", "start", "cached"]


def test_a_write_to_what_was_read_makes_it_run_again(convex: Deployment) -> None:
    note = convex.mutation("m:add", {"room": "a", "n": 1})
    assert convex.query("m:total", {"room": "a"}) == 1
    convex.mutation("m:set", {"id": note, "n": 5})
    assert convex.query("m:total", {"room": "a"}) == 5


def test_an_insertion_beside_what_was_read_changes_nothing(convex: Deployment) -> None:
    convex.query("m:total", {"room": "a"})
    convex.mutation("m:add", {"room": "b", "n": 1})
    convex.mutation("m:chat")
    convex.query("m:total", {"room": "a"})
    assert answers(convex) == [("start", "m:total"), ("cached", "m:total")]


def test_an_answer_outlives_many_commits_to_other_tables(convex: Deployment) -> None:
    convex.query("m:total", {"room": "a"})
    for _ in range(50):
        convex.mutation("m:chat")
    convex.query("m:total", {"room": "a"})
    assert answers(convex) == [("start", "m:total"), ("cached", "m:total")]


def test_a_document_that_a_test_inserts_counts_as_well(convex: Deployment) -> None:
    assert convex.query("m:all") == []
    convex.db.insert("notes", {"room": "a", "n": 2})
    assert convex.query("m:all") == [2]


def test_a_caller_that_changes_the_result_changes_nobody_elses(convex: Deployment) -> None:
    convex.mutation("m:add", {"room": "a", "n": 1})
    for _ in range(3):
        result = convex.query("m:all")
        assert result == [1]
        result.append("mine")


def test_the_lines_that_a_query_logged_are_kept_with_its_failure(convex: Deployment) -> None:
    caught = []
    for _ in range(2):
        with pytest.raises(ConvexError) as error:
            convex.query("m:strict")
        caught.append((error.value.data, error.value.message, error.value.logs))
    assert caught[0] == caught[1]
    assert [kind for kind, _ in answers(convex)] == ["start", "cached"]
    convex.mutation("m:add", {"room": "a", "n": 1})
    assert convex.query("m:strict") == "something"


def test_a_failed_check_of_the_arguments_is_cached_as_well(convex: Deployment) -> None:
    for _ in range(2):
        with pytest.raises(FunctionError, match="ArgumentValidationError"):
            convex.query("m:total", {})
    assert [kind for kind, _ in answers(convex)] == ["start", "cached"]


@pytest.mark.parametrize("function", ["m:who", "m:nested_who"])
def test_a_query_that_asks_who_calls_is_cached_for_each_caller(convex: Deployment, function: str) -> None:
    ada, bob = convex.as_user(subject="ada"), convex.as_user(subject="bob")
    asked = [caller.query(function) for caller in (ada, bob, convex, ada, bob, convex)]
    assert asked == ["ada", "bob", None] * 2
    assert [kind for kind, path in answers(convex) if path == function] == ["start"] * 3 + ["cached"] * 3


def test_a_query_that_does_not_ask_is_cached_for_all(convex: Deployment) -> None:
    assert [convex.as_user(subject=name).query("m:still") for name in ("ada", "bob")] == [1, 1]
    assert [kind for kind, _ in answers(convex)] == ["start", "cached"]


@pytest.mark.parametrize("function", ["m:clock", "m:nested_clock"])
def test_a_query_that_looked_at_the_clock_keeps_its_answer_for_17_seconds(
    convex: Deployment, function: str
) -> None:
    first = convex.query(function)
    convex.advance(seconds=17)
    assert convex.query(function) == first
    convex.advance(milliseconds=1)
    assert convex.query(function) == first + 17_001


def test_a_query_that_did_not_look_keeps_it_for_good(convex: Deployment) -> None:
    convex.query("m:still")
    convex.advance(weeks=52)
    convex.query("m:still")
    assert [kind for kind, _ in answers(convex)] == ["start", "cached"]


@pytest.mark.parametrize("language", ["typescript"])
def test_randomness_is_no_reason_to_run_again(convex: Deployment) -> None:
    assert convex.query("m:die") == convex.query("m:die")


def test_nested_calls_run_whatever_is_known(convex: Deployment) -> None:
    convex.query("m:total", {"room": "a"})
    convex.query("m:total_of_all")
    assert answers(convex) == [("start", "m:total"), ("start", "m:total_of_all"), ("start", "m:total")]


def test_what_a_nested_call_read_counts(convex: Deployment) -> None:
    assert convex.query("m:total_of_all") == 0
    convex.mutation("m:add", {"room": "a", "n": 3})
    assert convex.query("m:total_of_all") == 3


def test_queries_of_actions_are_cached(convex: Deployment) -> None:
    assert convex.action("m:twice") == [0, 0]
    assert answers(convex) == [("start", "m:total"), ("cached", "m:total")]


def test_a_table_that_comes_to_be_is_noticed_by_who_looked_for_it(convex: Deployment) -> None:
    id_of_the_next_table = encode_id(10_003, bytes(16))
    assert convex.query("m:known", {"text": id_of_the_next_table}) is False
    with pytest.raises(FunctionError, match=r"Index later\.by_creation_time not found\."):
        convex.query("m:unindexed")
    convex.mutation("m:later")
    assert convex.query("m:known", {"text": id_of_the_next_table}) is True
    assert convex.query("m:unindexed") == 1


def test_the_cache_can_be_turned_off(backend: Any) -> None:
    uncached = backend(
        typescript={"m": TYPESCRIPT, "schema": TYPESCRIPT_SCHEMA},
        python={"m": PYTHON, "schema": PYTHON_SCHEMA},
        query_cache=False,
    )
    uncached.query("m:still")
    uncached.query("m:still")
    assert [kind for kind, _ in answers(uncached)] == ["start", "start"]


def test_claims_must_be_json(convex: Deployment) -> None:
    with pytest.raises(UsageError, match=r"^as_user: the claims must be JSON: .*complex"):
        convex.as_user(subject="ada", level=1j)
