"""Virtual execution time: what operations cost, what the test says a call takes, and what that leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import Costs, Deployment, FunctionError, Limits, UsageError

TYPESCRIPT = """
export const put = mutation({ args: { name: v.string() }, handler: async (ctx, { name }) => { await ctx.db.insert("counters", { name, n: 0 }); } });
export const bump = mutation({ args: {}, handler: async (ctx) => {
  const before = Date.now();
  const counter: any = await ctx.db.query("counters").first();
  await ctx.db.patch(counter._id, { n: counter.n + 1 });
  return Date.now() - before;
} });
export const look = query({ args: {}, handler: async (ctx) => (await ctx.db.query("counters").collect()).map((c: any) => c.n) });
export const both = query({ args: {}, handler: async (ctx) => {
  const ids = (await ctx.db.query("counters").collect()).map((c: any) => c._id);
  await Promise.all(ids.map((id: any) => ctx.db.get(id)));
} });
export const write = mutation({ args: { count: v.number() }, handler: async (ctx, { count }) => {
  for (let n = 0; n < count; n++) await ctx.db.insert("counters", { name: "x", n });
} });
export const outer = mutation({ args: {}, handler: async (ctx) => {
  await ctx.db.insert("counters", { name: "outer", n: 0 });
  try { await ctx.runMutation(api.m.put, { name: "inner" }); } catch { return "caught"; }
} });
export const race = action({ args: {}, handler: async (ctx) => {
  await Promise.all([ctx.runMutation(api.m.bump, {}), ctx.runMutation(api.m.bump, {})]);
} });
export const meanwhile = action({ args: {}, handler: async (ctx) => {
  const slow = ctx.runMutation(api.m.bump, {});
  await new Promise((resolve) => setTimeout(resolve, 100));
  const during = await ctx.runQuery(api.m.look, {});
  await slow;
  return [during, await ctx.runQuery(api.m.look, {})];
} });
export const act = action({ args: {}, handler: async (ctx) => {
  const before = Date.now();
  await ctx.runMutation(api.m.put, { name: "claimed" });
  return Date.now() - before;
} });
export const nothing = action({ args: {}, handler: async () => "done" });
export const fails = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("counters", { name: "a", n: 1 }); throw new Error("late"); } });
"""
PYTHON = """
@mutation(args={"name": v.string()})
async def put(ctx, args): await ctx.db.insert("counters", {"name": args["name"], "n": 0})

@mutation(args={})
async def bump(ctx, args):
    before = now_ms()
    counter = await ctx.db.query("counters").first()
    await ctx.db.patch(counter["_id"], {"n": counter["n"] + 1})
    return now_ms() - before

@query(args={})
async def look(ctx, args): return [c["n"] for c in await ctx.db.query("counters").collect()]

@query(args={})
async def both(ctx, args):
    ids = [c["_id"] for c in await ctx.db.query("counters").collect()]
    await asyncio.gather(*(ctx.db.get(i) for i in ids))

@mutation(args={"count": v.number()})
async def write(ctx, args):
    for n in range(int(args["count"])):
        await ctx.db.insert("counters", {"name": "x", "n": n})

@mutation(args={})
async def outer(ctx, args):
    await ctx.db.insert("counters", {"name": "outer", "n": 0})
    try: await ctx.run_mutation(api.m.put, {"name": "inner"})
    except Exception: return "caught"

@action(args={})
async def race(ctx, args):
    await asyncio.gather(ctx.run_mutation(api.m.bump), ctx.run_mutation(api.m.bump))

@action(args={})
async def meanwhile(ctx, args):
    slow = asyncio.ensure_future(ctx.run_mutation(api.m.bump))
    await asyncio.sleep(0.1)
    during = await ctx.run_query(api.m.look)
    await slow
    return [during, await ctx.run_query(api.m.look)]

@action(args={})
async def act(ctx, args):
    before = now_ms()
    await ctx.run_mutation(api.m.put, {"name": "claimed"})
    return now_ms() - before

@action(args={})
async def nothing(ctx, args): return "done"

@mutation(args={})
async def fails(ctx, args):
    await ctx.db.insert("counters", {"name": "a", "n": 1})
    raise Exception("late")
"""
Make = Callable[..., Deployment]


@pytest.fixture
def deployed(backend: Any) -> Make:
    def make(costs: Costs | None = None, **options: Any) -> Deployment:
        made: Deployment = backend(
            typescript=TYPESCRIPT, python=PYTHON, costs=costs, query_cache=False, **options
        )
        return made

    return make


def spent(convex: Deployment, call: Callable[[], Any]) -> int:
    """The virtual microseconds that a call takes."""
    known = len(convex.trace)
    call()
    events = list(convex.trace)[known:]
    return (events[-1].time_ns - events[0].time_ns) // 1000


def test_nothing_costs_anything_unless_the_test_says_so(deployed: Make) -> None:
    convex = deployed()
    assert spent(convex, lambda: convex.mutation("m:write", {"count": 50})) == 0
    assert Costs.free() == Costs()
    assert Costs().are_free
    assert not Costs(operations_ms={"get": 1}).are_free


def test_a_cost_is_not_negative() -> None:
    with pytest.raises(ValueError, match="Input should be greater than or equal to 0"):
        Costs(step_ms=-1)


def test_each_operation_costs_what_its_kind_does(deployed: Make) -> None:
    convex = deployed(Costs(operation_ms=2, operations_ms={"insert": 5}))
    assert spent(convex, lambda: convex.mutation("m:put", {"name": "a"})) == 5000
    assert spent(convex, lambda: convex.mutation("m:bump")) == 4000


def test_reads_that_are_issued_together_cost_one_operation(deployed: Make) -> None:
    convex = deployed(Costs(operations_ms={"get": 3}))
    for name in ("a", "b", "c"):
        convex.db.insert("counters", {"name": name, "n": 0})
    assert spent(convex, lambda: convex.query("m:both")) == 3000


def test_documents_and_their_bytes_have_costs(deployed: Make) -> None:
    convex = deployed(Costs(document_written_ms=1, document_read_ms=10))
    assert spent(convex, lambda: convex.mutation("m:write", {"count": 4})) == 4000
    assert spent(convex, lambda: convex.query("m:look")) == 40_000
    # The patched document is read twice, by the query and by the patch.
    assert spent(convex, lambda: convex.mutation("m:bump")) == 21_000


def test_documents_of_a_nested_call_are_paid_for_once(deployed: Make) -> None:
    convex = deployed(Costs(document_written_ms=1))
    assert spent(convex, lambda: convex.mutation("m:outer")) == 2000


def test_steps_functions_and_commits_have_costs(deployed: Make) -> None:
    convex = deployed(Costs(function_ms=1, step_ms=0.25, commit_ms=7))
    assert spent(convex, lambda: convex.mutation("m:put", {"name": "a"})) == 1000 + 2 * 250 + 7000
    assert spent(convex, lambda: convex.query("m:look")) == 1000 + 2 * 250


def test_time_stands_still_for_a_mutation_that_takes_some(deployed: Make) -> None:
    convex = deployed(Costs(operation_ms=50))
    convex.db.insert("counters", {"name": "a", "n": 0})
    assert convex.mutation("m:bump") == 0


def test_others_run_while_a_mutation_takes_its_time(deployed: Make) -> None:
    convex = deployed()
    convex.db.insert("counters", {"name": "a", "n": 0})
    convex.takes("m:bump", milliseconds=500)
    assert convex.action("m:meanwhile") == [[0], [1]]


def test_a_mutation_that_takes_time_can_conflict_and_is_run_again(deployed: Make) -> None:
    convex = deployed(Costs(operation_ms=5, commit_ms=5))
    convex.db.insert("counters", {"name": "a", "n": 0})
    convex.action("m:race")
    assert convex.db.table("counters")[0]["n"] == 2
    assert [event.kind for event in convex.trace].count("conflict") == 1


def test_a_timer_that_comes_due_within_a_mutation_runs_before_it_ends(deployed: Make) -> None:
    convex = deployed()
    convex.db.insert("counters", {"name": "a", "n": 0})
    convex.takes("m:bump", milliseconds=500)
    convex.action("m:meanwhile")
    kinds = [(event.kind, event.subject) for event in convex.trace if event.kind in {"end", "commit"}]
    assert kinds.index(("end", "m:look")) < kinds.index(("end", "m:bump"))


def test_a_call_takes_what_the_test_says_and_no_longer_when_it_takes_that_back(deployed: Make) -> None:
    convex = deployed()
    convex.takes("m:put", milliseconds=300)
    assert spent(convex, lambda: convex.mutation("m:put", {"name": "a"})) == 300_000
    convex.takes("m:put")
    assert spent(convex, lambda: convex.mutation("m:put", {"name": "a"})) == 0


def test_a_query_or_mutation_that_takes_longer_than_a_second_fails_and_leaves_nothing(deployed: Make) -> None:
    convex = deployed()
    convex.takes("m:put", milliseconds=1001)
    before = convex.now
    with pytest.raises(FunctionError) as caught:
        convex.mutation("m:put", {"name": "a"})
    assert caught.value.message == "Function execution timed out (maximum duration: 1s)"
    assert (convex.db.table("counters"), convex.now - before) == ([], 1000)
    convex.takes("m:put", milliseconds=1000)
    convex.mutation("m:put", {"name": "b"})
    assert [counter["name"] for counter in convex.db.table("counters")] == ["b"]


def test_functions_of_one_transaction_share_their_second_and_no_caller_catches_its_end(
    deployed: Make,
) -> None:
    convex = deployed()
    convex.takes("m:put", milliseconds=600)
    convex.takes("m:outer", milliseconds=600)
    with pytest.raises(FunctionError, match=r"^Function execution timed out \(maximum duration: 1s\)$"):
        convex.mutation("m:outer")
    assert convex.db.table("counters") == []


def test_time_of_a_function_and_time_of_its_operations_have_limits_of_their_own(deployed: Make) -> None:
    convex = deployed(Costs(operation_ms=100))
    convex.mutation("m:write", {"count": 150})
    used = convex.usage["m:write"]
    assert (used.system_time_ms.used, used.user_time_ms.used) == (15_000, 0)
    with pytest.raises(FunctionError) as caught:
        convex.mutation("m:write", {"count": 151})
    assert (caught.value.message, caught.value.code) == (
        "Your request timed out performing too many system operations.",
        "SystemTimeoutError",
    )


def test_a_function_that_took_most_of_its_time_is_warned_of(deployed: Make) -> None:
    convex = deployed()
    convex.takes("m:put", milliseconds=900)
    convex.mutation("m:put", {"name": "a"})
    assert [(finding.rule, finding.message) for finding in convex.findings] == [
        ("near-limit", "Function execution took a long time. (maximum duration: 1s, actual duration: 900ms).")
    ]
    assert convex.usage["m:put"].user_time_ms.fraction == 0.9


def test_the_time_of_an_action_passes_once_its_first_operation_is_done(deployed: Make) -> None:
    convex = deployed()
    convex.takes("m:act", seconds=30)
    assert convex.action("m:act") == 30_000
    counter = convex.db.table("counters")[0]
    assert counter["_creationTime"] < convex.now - 29_000


def test_an_action_that_does_nothing_takes_its_time_too(deployed: Make) -> None:
    convex = deployed()
    convex.takes("m:nothing", seconds=2)
    assert spent(convex, lambda: convex.action("m:nothing")) == 2_000_000


def test_an_action_that_takes_too_long_ends_at_its_limit_and_what_it_committed_stays(deployed: Make) -> None:
    convex = deployed(limits=Limits(action_time_ms=5000))
    convex.takes("m:act", seconds=6)
    before = convex.now
    with pytest.raises(FunctionError, match=r"^Function execution timed out \(maximum duration: 5s\)$"):
        convex.action("m:act")
    assert (convex.now - before, len(convex.db.table("counters"))) == (5000, 1)


def test_a_mutation_that_fails_has_taken_its_time(deployed: Make) -> None:
    convex = deployed()
    convex.takes("m:fails", milliseconds=200)
    before = convex.now
    with pytest.raises(FunctionError, match=r"^Uncaught Error: late"):
        convex.mutation("m:fails")
    assert convex.now - before == 200


def test_takes_refuses_a_function_that_there_is_not_and_a_time_that_is_none(deployed: Make) -> None:
    convex = deployed()
    with pytest.raises(FunctionError, match=r"Did you mean 'm:bump'\?"):
        convex.takes("m:bumb", milliseconds=1)
    with pytest.raises(UsageError, match="a duration must be finite and not negative, got -1"):
        convex.takes("m:bump", milliseconds=-1)


def test_a_realistic_deployment_writes_eight_thousand_documents_within_its_limits(deployed: Make) -> None:
    convex = deployed(Costs.realistic())
    convex.mutation("m:write", {"count": 8000})
    used = convex.usage["m:write"]
    assert 0.4 < used.user_time_ms.fraction < 0.6
    assert 0.2 < used.system_time_ms.fraction < 0.4


def test_the_same_seed_and_costs_give_the_same_trace(deployed: Make) -> None:
    digests = []
    for _ in range(2):
        convex = deployed(Costs.realistic(), seed=7)
        convex.db.insert("counters", {"name": "a", "n": 0})
        convex.action("m:race")
        digests.append(convex.trace.digest)
    assert digests[0] == digests[1]
