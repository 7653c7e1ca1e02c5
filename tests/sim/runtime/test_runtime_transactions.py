"""Transactions: one snapshot, all or nothing, conflicts and retries (semantics §6)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, Limits

TYPESCRIPT = """
export const put = mutation({
  args: { name: v.string(), n: v.number() },
  handler: async (ctx, args) => {
    await ctx.db.insert("counters", args);
    if (args.n < 0) throw new Error("negative");
  },
});
export const bump = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const all = await ctx.db.query("counters").collect();
    const counter = all.find((c: any) => c.name === name);
    await ctx.db.patch(counter._id, { n: counter.n + 1 });
    return counter.n + 1;
  },
});
export const race = action({
  args: { times: v.number() },
  handler: async (ctx, { times }) => {
    const bumps = Array.from({ length: times }, () => ctx.runMutation(api.m.bump, { name: "a" }));
    return (await Promise.all(bumps)).sort((x: number, y: number) => x - y);
  },
});
export const outer = mutation({
  args: { fail: v.boolean() },
  handler: async (ctx, { fail }) => {
    await ctx.db.insert("counters", { name: "outer", n: 1 });
    try {
      await ctx.runMutation(api.m.put, { name: "inner", n: fail ? -1 : 1 });
    } catch (error: any) {
      return error.message.split("\\n")[0];
    }
    return "fine";
  },
});
export const deep = mutation({
  args: { left: v.number() },
  handler: async (ctx, { left }): Promise<any> => left === 0 ? "bottom" : await ctx.runMutation(api.m.deep, { left: left - 1 }),
});
export const own = mutation({
  args: {},
  handler: async (ctx) => {
    const before = (await ctx.db.query("counters").collect()).length;
    await ctx.db.insert("counters", { name: "own", n: 0 });
    const nested: number = await ctx.runQuery(api.m.size, {});
    return [before, nested];
  },
});
export const size = query({ args: {}, handler: async (ctx) => (await ctx.db.query("counters").collect()).length });
export const dangling = mutation({
  args: {},
  handler: async (ctx) => { ctx.db.insert("counters", { name: "late", n: 0 }); },
});
export const clock = mutation({
  args: {},
  handler: async (ctx) => {
    const before = Date.now();
    await ctx.db.query("counters").collect();
    return Date.now() - before;
  },
});
"""
PYTHON = """
@mutation(args={"name": v.string(), "n": v.number()})
async def put(ctx, args):
    await ctx.db.insert("counters", args)
    if args["n"] < 0:
        raise Exception("negative")

@mutation(args={"name": v.string()})
async def bump(ctx, args):
    found = [c for c in await ctx.db.query("counters").collect() if c["name"] == args["name"]]
    await ctx.db.patch(found[0]["_id"], {"n": found[0]["n"] + 1})
    return found[0]["n"] + 1

@action(args={"times": v.number()})
async def race(ctx, args):
    bumps = [ctx.run_mutation(api.m.bump, {"name": "a"}) for _ in range(int(args["times"]))]
    return sorted(await asyncio.gather(*bumps))

@mutation(args={"fail": v.boolean()})
async def outer(ctx, args):
    await ctx.db.insert("counters", {"name": "outer", "n": 1})
    try:
        await ctx.run_mutation(api.m.put, {"name": "inner", "n": -1 if args["fail"] else 1})
    except Exception as error:
        return str(error).split("\\n")[0]
    return "fine"

@mutation(args={"left": v.number()})
async def deep(ctx, args):
    return "bottom" if args["left"] == 0 else await ctx.run_mutation(api.m.deep, {"left": args["left"] - 1})

@mutation(args={})
async def own(ctx, args):
    before = len(await ctx.db.query("counters").collect())
    await ctx.db.insert("counters", {"name": "own", "n": 0})
    return [before, await ctx.run_query(api.m.size)]

@query(args={})
async def size(ctx, args): return len(await ctx.db.query("counters").collect())

@mutation(args={})
async def dangling(ctx, args): asyncio.ensure_future(ctx.db.insert("counters", {"name": "late", "n": 0}))

@mutation(args={})
async def clock(ctx, args):
    before = now_ms()
    await ctx.db.query("counters").collect()
    return now_ms() - before
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON, seed=3)
    return made


def names(convex: Deployment) -> list[str]:
    return [document["name"] for document in convex.db.table("counters")]


def test_an_id_of_a_table_that_the_mutation_itself_creates_is_a_valid_result(backend: Any) -> None:
    convex = backend(
        typescript="""
        export const first = mutation({ args: {}, returns: v.id("fresh"), handler: async (ctx) => await ctx.db.insert("fresh", {}) });
        """,
        python="""
        @mutation(args={}, returns=v.id("fresh"))
        async def first(ctx, args): return await ctx.db.insert("fresh", {})
        """,
    )
    assert convex.mutation("m:first") == convex.db.table("fresh")[0]["_id"]


def test_a_mutation_that_fails_leaves_nothing_behind(convex: Deployment) -> None:
    with pytest.raises(FunctionError, match=r"^Uncaught Error: negative"):
        convex.mutation("m:put", {"name": "a", "n": -1})
    assert convex.db.table("counters") == []


def test_a_transaction_sees_its_own_writes_and_so_do_the_queries_it_calls(convex: Deployment) -> None:
    assert convex.mutation("m:own") == [0, 1]


def test_a_nested_mutation_that_fails_is_undone_and_its_caller_goes_on(convex: Deployment) -> None:
    assert convex.mutation("m:outer", {"fail": True}) == "Uncaught Error: negative"
    assert names(convex) == ["outer"]


def test_a_nested_mutation_that_succeeds_commits_with_its_caller(convex: Deployment) -> None:
    assert convex.mutation("m:outer", {"fail": False}) == "fine"
    assert names(convex) == ["outer", "inner"]


def test_calls_nest_no_deeper_than_convex_allows(convex: Deployment) -> None:
    assert convex.mutation("m:deep", {"left": 8}) == "bottom"
    with pytest.raises(
        FunctionError, match="Cross component call depth limit exceeded. Do you have an infinite loop"
    ):
        convex.mutation("m:deep", {"left": 9})


def test_conflicting_mutations_are_retried_until_every_one_counts(convex: Deployment) -> None:
    convex.mutation("m:put", {"name": "a", "n": 0})
    before = convex.now
    assert convex.action("m:race", {"times": 5}) == [1, 2, 3, 4, 5]
    assert convex.db.table("counters")[0]["n"] == 5
    assert any(event.kind == "conflict" for event in convex.trace)
    assert convex.now > before  # a retry waits on virtual time


def test_a_mutation_that_conflicts_again_and_again_fails_with_convexs_words(backend: Any) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON, limits=Limits(mutation_retries=0))
    convex.mutation("m:put", {"name": "a", "n": 0})
    with pytest.raises(FunctionError) as caught:
        convex.action("m:race", {"times": 2})
    document_id = convex.db.table("counters")[0]["_id"]
    assert (
        'Documents read from or written to the "counters" table changed while this mutation was being run and on '
        f'every subsequent retry. A call to "m:bump" changed the document with ID "{document_id}". '
        "See https://docs.convex.dev/error#1"
    ) in caught.value.message


def test_an_unawaited_write_of_a_mutation_is_committed(convex: Deployment) -> None:
    convex.mutation("m:dangling")
    assert names(convex) == ["late"]


def test_time_stands_still_in_a_mutation(convex: Deployment) -> None:
    assert convex.mutation("m:clock") == 0


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            Limits(documents_read=2),
            (
                "Too many documents read in a single function execution (limit: 2). Consider using smaller limits in your "
                "queries, paginating your queries, or using indexed queries with a selective index range expressions."
            ),
        ),
    ],
)
def test_reading_more_documents_than_allowed_fails(backend: Any, limits: Limits, message: str) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON, limits=limits)
    for n in range(3):
        convex.db.insert("counters", {"name": "a", "n": n})
    with pytest.raises(FunctionError) as caught:
        convex.query("m:size")
    assert caught.value.message.startswith(f"Uncaught Error: {message}")


def test_writing_more_documents_than_allowed_fails_in_the_call_that_does_it(backend: Any) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON, limits=Limits(documents_written=1))
    inner = "Uncaught Error: Too many writes in a single function execution (limit: 1)"
    assert convex.mutation("m:outer", {"fail": False}) == inner
    assert names(convex) == ["outer"]
