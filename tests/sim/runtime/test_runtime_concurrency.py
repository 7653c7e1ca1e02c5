"""How many functions run at once, and how much they may write in a second (semantics §6.1, §7 row 43)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import Costs, Deployment, FunctionError, Limits

TYPESCRIPT = """
const text = (kib: number) => "x".repeat(kib * 1024);
export const put = mutation({ args: { n: v.number() }, handler: async (ctx, { n }) => { await ctx.db.insert("notes", { n, at: Date.now() }); } });
export const look = query({ args: { n: v.number() }, handler: async (ctx, { n }) => { await ctx.db.query("notes").first(); return n; } });
export const outer = mutation({ args: { n: v.number() }, handler: async (ctx, { n }) => { await ctx.runMutation(api.m.put, { n }); await ctx.runQuery(api.m.look, { n }); } });
export const many = action({ args: { what: v.string(), count: v.number() }, handler: async (ctx, { what, count }) => {
  const run: any = what === "look" ? ctx.runQuery : what === "wait" ? ctx.runAction : ctx.runMutation;
  const started = Array.from({ length: count }, async (_, n) => {
    try { await run(`m:${what}` as any, { n }); return "done"; } catch (error: any) { return error.message; }
  });
  return await Promise.all(started);
} });
export const wait = action({ args: { n: v.number() }, handler: async (_ctx, { n }) => {
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  return n;
} });
export const later = mutation({ args: { what: v.string(), count: v.number() }, handler: async (ctx, { what, count }) => {
  for (let n = 0; n < count; n++) await ctx.scheduler.runAfter(0, what as any, { n });
} });
export const write = mutation({ args: { n: v.number() }, handler: async (ctx, { n }) => { await ctx.db.insert("notes", { n, text: text(1) }); } });
"""
PYTHON = """
def text(kib): return "x" * (kib * 1024)

@mutation(args={"n": v.number()})
async def put(ctx, args): await ctx.db.insert("notes", {"n": args["n"], "at": now_ms()})

@query(args={"n": v.number()})
async def look(ctx, args):
    await ctx.db.query("notes").first()
    return args["n"]

@mutation(args={"n": v.number()})
async def outer(ctx, args):
    await ctx.run_mutation(api.m.put, {"n": args["n"]})
    await ctx.run_query(api.m.look, {"n": args["n"]})

@action(args={"what": v.string(), "count": v.number()})
async def many(ctx, args):
    what = args["what"]
    run = ctx.run_query if what == "look" else ctx.run_action if what == "wait" else ctx.run_mutation
    async def one(n):
        try:
            await run(f"m:{what}", {"n": n})
            return "done"
        except Exception as error:
            return str(error)
    return await asyncio.gather(*(one(n) for n in range(int(args["count"]))))

@action(args={"n": v.number()})
async def wait(ctx, args):
    await asyncio.sleep(20)
    return args["n"]

@mutation(args={"what": v.string(), "count": v.number()})
async def later(ctx, args):
    for n in range(int(args["count"])):
        await ctx.scheduler.run_after(0, args["what"], {"n": n})

@mutation(args={"n": v.number()})
async def write(ctx, args): await ctx.db.insert("notes", {"n": args["n"], "text": text(1)})
"""
PRO = (
    "To get more resources, upgrade to Convex Pro. If you are already on Convex Pro, please contact support."
)
Make = Callable[..., Deployment]


@pytest.fixture
def deployed(backend: Any) -> Make:
    def make(**options: Any) -> Deployment:
        made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON, **options)
        return made

    return make


def too_many(count: int, kind: str, remedy: str = PRO) -> str:
    return f"Too many concurrent requests. Your backend is limited to {count} concurrent {kind}s. {remedy}"


@pytest.mark.parametrize(
    ("what", "limits", "kind"),
    [
        ("put", {"concurrent_mutations": 2}, "mutation"),
        ("look", {"concurrent_queries": 2}, "query"),
    ],
)
def test_who_waits_five_seconds_for_a_turn_is_refused(
    deployed: Make, what: str, limits: dict[str, int], kind: str
) -> None:
    convex = deployed(limits=Limits(concurrent_action_operations=20, **limits))
    convex.db.insert("notes", {"n": -1})
    convex.takes(f"m:{what}", milliseconds=900)
    start = convex.now
    results = convex.action("m:many", {"what": what, "count": 20})
    # Two begin every 900 ms, until 5 s have passed.
    assert sorted(results) == [too_many(2, kind)] * 8 + ["done"] * 12
    assert convex.now - start == 5400


def test_actions_wait_ten_seconds(deployed: Make) -> None:
    convex = deployed(limits=Limits(concurrent_actions=2))
    start = convex.now
    results = convex.action("m:many", {"what": "wait", "count": 2})
    assert sorted(results) == [too_many(2, "action"), "done"]
    assert convex.now - start == 20_000


def test_who_has_more_than_the_least_is_told_to_ask(deployed: Make) -> None:
    convex = deployed(limits=Limits(concurrent_actions=17))
    results = convex.action("m:many", {"what": "wait", "count": 8})
    assert results == ["done"] * 8
    convex = deployed(
        limits=Limits(concurrent_mutations=17, permit_wait_ms=0, concurrent_action_operations=18)
    )
    convex.takes("m:put", milliseconds=1)
    results = convex.action("m:many", {"what": "put", "count": 18})
    remedy = "If you need more resources, please contact support."
    assert sorted(results) == [too_many(17, "mutation", remedy)] + ["done"] * 17


def test_a_function_begins_when_it_has_its_turn(deployed: Make) -> None:
    convex = deployed(limits=Limits(concurrent_mutations=1))
    convex.db.insert("notes", {"n": -1})
    convex.takes("m:put", milliseconds=500)
    convex.action("m:many", {"what": "put", "count": 3})
    start, times = convex.now - 1500, [note["at"] for note in convex.db.table("notes")[1:]]
    assert sorted(time - start for time in times) == [0, 500, 1000]


def test_functions_within_a_transaction_need_no_turn_of_their_own(deployed: Make) -> None:
    convex = deployed(limits=Limits(concurrent_mutations=1, concurrent_queries=1, permit_wait_ms=0))
    assert convex.mutation("m:outer", {"n": 1}) is None


def test_a_refusal_of_a_query_is_not_kept(deployed: Make) -> None:
    limits = Limits(concurrent_queries=1, permit_wait_ms=0, concurrent_action_operations=2)
    convex = deployed(limits=limits)
    convex.takes("m:look", milliseconds=10)
    assert sorted(convex.action("m:many", {"what": "look", "count": 2})) == [too_many(1, "query"), "done"]
    assert [convex.query("m:look", {"n": n}) for n in (0, 1)] == [0, 1]


def test_scheduled_functions_wait_for_as_long_as_it_takes(deployed: Make) -> None:
    convex = deployed(limits=Limits(concurrent_actions=1, concurrent_mutations=1))
    convex.takes("m:put", milliseconds=900)
    convex.mutation("m:later", {"what": "m:wait", "count": 2})
    convex.mutation("m:later", {"what": "m:put", "count": 8})
    convex.advance(seconds=41)
    jobs = convex.db.table("_scheduled_functions")
    assert [job["state"]["kind"] for job in jobs] == ["success"] * 10


COSTS = Costs(operation_ms=1)


def test_mutations_that_write_too_much_in_a_second_are_tried_again_and_then_refused(deployed: Make) -> None:
    convex = deployed(limits=Limits(bytes_written_per_second=2048, mutation_retries=0), costs=COSTS)
    convex.mutation("m:write", {"n": 1})
    convex.mutation("m:write", {"n": 2})
    with pytest.raises(FunctionError) as caught:
        convex.mutation("m:write", {"n": 3})
    assert caught.value.code == "TooManyWrites"
    assert caught.value.message == (
        "Too many writes per second. Your deployment is limited to 2 KiB bytes written per 1 second. "
        "Reduce your write rate or upgrade to a larger deployment."
    )
    convex.advance(seconds=1)
    convex.mutation("m:write", {"n": 4})
    assert [note["n"] for note in convex.db.table("notes")] == [1, 2, 4]


def test_a_mutation_that_is_refused_for_its_rate_is_retried_with_a_backoff(deployed: Make) -> None:
    convex = deployed(limits=Limits(bytes_written_per_second=2048, mutation_retries=20), costs=COSTS)
    start = convex.now
    for n in range(3):
        convex.mutation("m:write", {"n": n})
    assert len(convex.db.table("notes")) == 3
    assert convex.now - start > 1000


def test_scheduled_mutations_wait_until_they_may_write(deployed: Make) -> None:
    convex = deployed(limits=Limits(bytes_written_per_second=2048, mutation_retries=0), costs=COSTS)
    convex.mutation("m:later", {"what": "m:write", "count": 8})
    convex.run_until_idle()
    assert [job["state"]["kind"] for job in convex.db.table("_scheduled_functions")] == ["success"] * 8


def test_where_nothing_takes_time_there_is_no_rate(deployed: Make) -> None:
    convex = deployed(limits=Limits(bytes_written_per_second=1))
    for n in range(3):
        convex.mutation("m:write", {"n": n})
    assert len(convex.db.table("notes")) == 3
