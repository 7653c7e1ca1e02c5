"""Subscriptions: a new result when, and only when, a commit has touched what the query read (semantics §6.5)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError, UsageError

TYPESCRIPT = """
export const add = mutation({
  args: { room: v.string(), n: v.number() },
  handler: async (ctx, args) => await ctx.db.insert("notes", args),
});
export const set = mutation({
  args: { id: v.id("notes"), n: v.number() },
  handler: async (ctx, { id, n }) => await ctx.db.patch(id, { n }),
});
export const fail = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("notes", { room: "a", n: 100 });
    throw new Error("never mind");
  },
});
export const numbers = query({
  args: { room: v.string() },
  handler: async (ctx, { room }) =>
    (await ctx.db.query("notes").withIndex("by_room", (q) => q.eq("room", room)).collect()).map(({ n }) => n),
});
export const any = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").first()) !== null });
export const newest = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").order("desc").first())?.n ?? null });
export const positive = query({
  args: {},
  handler: async (ctx) => {
    const note = await ctx.db.query("notes").order("desc").first();
    if (note !== null && note.n < 0) throw new ConvexError({ n: note.n });
    return note?.n ?? null;
  },
});
export const mine = query({
  args: {},
  handler: async (ctx) => {
    const room = (await ctx.auth.getUserIdentity())?.subject ?? "nobody";
    return (await ctx.db.query("notes").withIndex("by_room", (q) => q.eq("room", room)).collect()).length;
  },
});
export const page = query({
  args: { numItems: v.number() },
  handler: async (ctx, { numItems }) => {
    const page = await ctx.db.query("notes").withIndex("by_room").paginate({ numItems, cursor: null });
    return page.page.map(({ room, n }) => room + n);
  },
});
export const clock = query({ args: {}, handler: async () => Date.now() });
export const secret = internalQuery({ args: {}, handler: async () => "hidden" });
export const flood = action({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    await Promise.all(Array.from({ length: count }, (_, n) => ctx.runMutation(api.m.add, { room: "a", n })));
  },
});
export const soon = mutation({
  args: {},
  handler: async (ctx) => { await ctx.scheduler.runAfter(5000, api.m.add, { room: "a", n: 7 }); },
});
"""
TYPESCRIPT_SCHEMA = """
export default defineSchema({ notes: defineTable({ room: v.string(), n: v.number() }).index("by_room", ["room"]) });
"""
PYTHON = """
@mutation(args={"room": v.string(), "n": v.number()})
async def add(ctx, args): return await ctx.db.insert("notes", args)

@mutation(args={"id": v.id("notes"), "n": v.number()})
async def set(ctx, args): await ctx.db.patch(args["id"], {"n": args["n"]})

@mutation(args={})
async def fail(ctx, args):
    await ctx.db.insert("notes", {"room": "a", "n": 100})
    raise Exception("never mind")

@query(args={"room": v.string()})
async def numbers(ctx, args):
    notes = ctx.db.query("notes").with_index("by_room", lambda q: q.eq("room", args["room"]))
    return [note["n"] async for note in notes]

@query(args={})
async def any(ctx, args): return await ctx.db.query("notes").first() is not None

@query(args={})
async def newest(ctx, args): return (await ctx.db.query("notes").order("desc").first() or {}).get("n")

@query(args={})
async def positive(ctx, args):
    note = await ctx.db.query("notes").order("desc").first()
    if note is not None and note["n"] < 0:
        raise ConvexError({"n": note["n"]})
    return note and note["n"]

@query(args={})
async def mine(ctx, args):
    room = (await ctx.auth.get_user_identity() or {}).get("subject", "nobody")
    return len(await ctx.db.query("notes").with_index("by_room", lambda q: q.eq("room", room)).collect())

@query(args={"numItems": v.number()})
async def page(ctx, args):
    page = await ctx.db.query("notes").with_index("by_room").paginate({**args, "cursor": None})
    return [f"{note['room']}{note['n']:.0f}" for note in page["page"]]

@query(args={})
async def clock(ctx, args): return now_ms()

@internal_query(args={})
async def secret(ctx, args): return "hidden"

@action(args={"count": v.number()})
async def flood(ctx, args):
    await asyncio.gather(*(ctx.run_mutation(api.m.add, {"room": "a", "n": n}) for n in range(int(args["count"]))))

@mutation(args={})
async def soon(ctx, args): await ctx.scheduler.run_after(5000, api.m.add, {"room": "a", "n": 7})
"""
PYTHON_SCHEMA = """
schema = define_schema({"notes": define_table({"room": v.string(), "n": v.number()}).index("by_room", ["room"])})
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made: Deployment = backend(
        typescript={"m": TYPESCRIPT, "schema": TYPESCRIPT_SCHEMA},
        python={"m": PYTHON, "schema": PYTHON_SCHEMA},
    )
    return made


def runs(convex: Deployment, function: str) -> int:
    return sum(event.kind == "start" and event.subject == function for event in convex.trace)


def test_the_first_result_is_there_at_once(convex: Deployment) -> None:
    convex.mutation("m:add", {"room": "a", "n": 1})
    subscription = convex.subscribe("m:numbers", {"room": "a"})
    assert (subscription.value, subscription.error, list(subscription)) == ([1], None, [[1]])


def test_a_commit_that_touches_what_was_read_brings_a_new_result(convex: Deployment) -> None:
    subscription = convex.subscribe("m:numbers", {"room": "a"})
    note = convex.mutation("m:add", {"room": "a", "n": 1})
    convex.mutation("m:set", {"id": note, "n": 2})
    assert list(subscription) == [[], [1], [2]]


def test_a_commit_beside_it_does_not_run_the_query(convex: Deployment) -> None:
    subscription = convex.subscribe("m:numbers", {"room": "a"})
    convex.mutation("m:add", {"room": "b", "n": 1})
    assert list(subscription) == [[]]
    assert runs(convex, "m:numbers") == 1


def test_only_what_was_consumed_of_a_range_counts(convex: Deployment) -> None:
    convex.mutation("m:add", {"room": "a", "n": 1})
    convex.subscribe("m:any")
    convex.mutation("m:add", {"room": "a", "n": 2})
    assert runs(convex, "m:any") == 1


def test_a_mutation_that_fails_brings_nothing(convex: Deployment) -> None:
    subscription = convex.subscribe("m:numbers", {"room": "a"})
    with pytest.raises(FunctionError, match="never mind"):
        convex.mutation("m:fail")
    assert list(subscription) == [[]]


def test_a_result_equal_to_the_last_is_no_update(convex: Deployment) -> None:
    subscription = convex.subscribe("m:newest")
    for n in (1, 1, 2):
        convex.mutation("m:add", {"room": "a", "n": n})
    assert list(subscription) == [None, 1, 2]
    assert runs(convex, "m:newest") == 4


def test_a_run_without_an_update_still_changes_what_is_watched(convex: Deployment) -> None:
    convex.mutation("m:add", {"room": "a", "n": 1})
    subscription = convex.subscribe("m:newest")
    note = convex.mutation("m:add", {"room": "b", "n": 1})
    convex.mutation("m:set", {"id": note, "n": 5})
    assert list(subscription) == [1, 5]


def test_results_carry_the_virtual_time(convex: Deployment) -> None:
    subscription = convex.subscribe("m:numbers", {"room": "a"})
    began = convex.now
    convex.mutation("m:soon")
    convex.advance(minutes=1)
    assert [(update.time_ms - began, update.value) for update in subscription.updates] == [
        (0, []),
        (5000, [7]),
    ]


def test_commits_before_the_query_has_its_turn_are_one_reason_to_run(convex: Deployment) -> None:
    subscription = convex.subscribe("m:numbers", {"room": "a"})
    convex.action("m:flood", {"count": 30})
    assert sorted(subscription.value) == list(range(30))
    assert 2 < len(subscription) < 31
    assert all(
        set(earlier) < set(later)
        for earlier, later in zip(subscription, list(subscription)[1:], strict=False)
    )


def test_an_error_is_a_result_and_the_next_commit_may_mend_it(convex: Deployment) -> None:
    subscription = convex.subscribe("m:positive")
    convex.mutation("m:add", {"room": "a", "n": -1})
    error = subscription.error
    assert isinstance(error, ConvexError)
    assert (error.data, error.function, subscription.value) == ({"n": -1.0}, "m:positive", None)
    convex.mutation("m:add", {"room": "a", "n": 1})
    assert (subscription.error, list(subscription)) == (None, [None, error, 1])


def test_the_same_error_again_is_no_update(convex: Deployment) -> None:
    subscription = convex.subscribe("m:positive")
    convex.mutation("m:add", {"room": "a", "n": -1})
    convex.mutation("m:add", {"room": "b", "n": -1})
    assert len(subscription) == 2


def test_after_unsubscribe_nothing_runs(convex: Deployment) -> None:
    subscription = convex.subscribe("m:numbers", {"room": "a"})
    subscription.unsubscribe()
    subscription.unsubscribe()
    convex.mutation("m:add", {"room": "a", "n": 1})
    assert list(subscription) == [[]]
    assert runs(convex, "m:numbers") == 1


def test_a_user_subscribes_as_themselves(convex: Deployment) -> None:
    ada = convex.as_user(subject="ada").subscribe("m:mine")
    nobody = convex.subscribe("m:mine")
    convex.mutation("m:add", {"room": "ada", "n": 1})
    assert (list(ada), list(nobody)) == ([0, 1], [0])


def test_subscriptions_to_one_query_share_one_run(convex: Deployment) -> None:
    first, second = (convex.subscribe("m:numbers", {"room": "a"}) for _ in range(2))
    convex.mutation("m:add", {"room": "a", "n": 1})
    assert list(first) == list(second) == [[], [1]]
    assert runs(convex, "m:numbers") == 2


def test_a_page_keeps_its_end_when_documents_come_into_it(convex: Deployment) -> None:
    for room in "ace":
        convex.mutation("m:add", {"room": room, "n": 1})
    subscription = convex.subscribe("m:page", {"numItems": 2})
    convex.mutation("m:add", {"room": "b", "n": 1})
    convex.mutation("m:add", {"room": "d", "n": 1})
    assert list(subscription) == [["a1", "c1"], ["a1", "b1", "c1"]]


def test_time_alone_brings_no_new_result(convex: Deployment) -> None:
    subscription = convex.subscribe("m:clock")
    convex.advance(hours=1)
    assert len(subscription) == 1


def test_documents_that_a_test_inserts_count_as_well(convex: Deployment) -> None:
    subscription = convex.subscribe("m:numbers", {"room": "a"})
    convex.db.insert("notes", {"room": "a", "n": 3})
    assert subscription.value == [3]


def test_the_trace_tells_when_and_by_which_run(convex: Deployment) -> None:
    subscription = convex.subscribe("m:newest")
    convex.mutation("m:add", {"room": "a", "n": 1})
    subscription.unsubscribe()
    assert [
        (event.kind, event.subject, event.run, event.detail)
        for event in convex.trace
        if event.kind in {"subscribed", "update", "unsubscribed", "commit"}
    ] == [
        ("subscribed", "m:newest", 0, {"subscription": 1}),
        ("update", "m:newest", 1, {"subscription": 1}),
        ("commit", "m:add", 2, [("notes", convex.db.table("notes")[0]["_id"])]),
        ("update", "m:newest", 3, {"subscription": 1}),
        ("unsubscribed", "m:newest", 0, {"subscription": 1}),
    ]


def test_what_is_no_query_cannot_be_subscribed_to(convex: Deployment) -> None:
    with pytest.raises(
        FunctionError, match=r"^Trying to execute m\.js:add as Query, but it is defined as Mutation\.$"
    ):
        convex.subscribe("m:add")
    with pytest.raises(FunctionError, match=r"^Could not find public function for 'm:secret'\."):
        convex.subscribe("m:secret")
    assert convex.as_admin().subscribe("m:secret").value == "hidden"
    convex.close()
    with pytest.raises(UsageError, match=r"^the deployment is closed$"):
        convex.subscribe("m:newest")
