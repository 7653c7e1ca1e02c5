"""What is new in each attempt of a mutation, and what a nested call shares with its caller (semantics §6.1, §6.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import Deployment

TYPESCRIPT = """
export const bump = mutation({ args: {}, handler: async (ctx) => {
  const before: any = await ctx.db.query("counters").first();
  console.log(Date.now(), Math.random(), crypto.randomUUID());
  await ctx.db.patch(before._id, { n: before.n + 1 });
} });
export const race = action({ args: {}, handler: async (ctx) => {
  await Promise.all([ctx.runMutation(api.m.bump, {}), ctx.runMutation(api.m.bump, {})]);
} });
export const job = internalMutation({ args: {}, handler: async () => {} });
const drawn = () => [Date.now(), Math.random(), Math.random()];
export const look = query({ args: {}, handler: async () => drawn() });
export const compare = mutation({ args: {}, handler: async (ctx) => [drawn(), await ctx.runQuery(api.m.look, {}), await ctx.runQuery(api.m.look, {})] });
export const failing = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) => {
  await ctx.scheduler.runAfter(0, internal.m.job, {});
  await ctx.db.insert("fresh", { text });
  throw new Error(text);
} });
export const survives = mutation({ args: {}, handler: async (ctx) => {
  try { await ctx.runMutation(api.m.failing, { text: "no" }); } catch {}
  const metrics = await ctx.meta.getTransactionMetrics();
  return [metrics.functionsScheduled.used, metrics.documentsWritten.used, (await ctx.db.system.query("_scheduled_functions").collect()).length];
} });
export const append = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) => {
  const log: any = await ctx.db.query("logs").first();
  if (log === null) await ctx.db.insert("logs", { text });
  else { await ctx.db.patch(log._id, { text: log.text + text }); }
} });
export const together = mutation({ args: {}, handler: async (ctx) => {
  await Promise.all(["a", "b", "c"].map((text) => ctx.runMutation(api.m.append, { text })));
  return ((await ctx.db.query("logs").first()) as any).text;
} });
"""
PYTHON = """
import random, uuid
from biconvex.sim.server import now_ms

@mutation(args={})
async def bump(ctx, args):
    before = await ctx.db.query("counters").first()
    console.log(now_ms(), random.random(), str(uuid.uuid4()))
    await ctx.db.patch(before["_id"], {"n": before["n"] + 1})

@action(args={})
async def race(ctx, args):
    await asyncio.gather(ctx.run_mutation(api.m.bump), ctx.run_mutation(api.m.bump))

@internal_mutation(args={})
async def job(ctx, args): pass

def drawn(): return [now_ms(), random.random(), random.random()]

@query(args={})
async def look(ctx, args): return drawn()

@mutation(args={})
async def compare(ctx, args): return [drawn(), await ctx.run_query(api.m.look), await ctx.run_query(api.m.look)]

@mutation(args={"text": v.string()})
async def failing(ctx, args):
    await ctx.scheduler.run_after(0, internal.m.job)
    await ctx.db.insert("fresh", {"text": args["text"]})
    raise Exception(args["text"])

@mutation(args={})
async def survives(ctx, args):
    try: await ctx.run_mutation(api.m.failing, {"text": "no"})
    except Exception: pass
    metrics = await ctx.meta.get_transaction_metrics()
    jobs = await ctx.db.system.query("_scheduled_functions").collect()
    return [metrics["functionsScheduled"]["used"], metrics["documentsWritten"]["used"], len(jobs)]

@mutation(args={"text": v.string()})
async def append(ctx, args):
    log = await ctx.db.query("logs").first()
    if log is None:
        await ctx.db.insert("logs", {"text": args["text"]})
    else:
        await ctx.db.patch(log["_id"], {"text": log["text"] + args["text"]})

@mutation(args={})
async def together(ctx, args):
    await asyncio.gather(*(ctx.run_mutation(api.m.append, {"text": text}) for text in "abc"))
    return (await ctx.db.query("logs").first())["text"]
"""


@pytest.fixture
def deployed(backend: Any) -> Callable[..., Deployment]:
    def make(**options: Any) -> Deployment:
        made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON, **options)
        return made

    return make


def test_each_attempt_has_its_own_time_and_randomness(deployed: Callable[..., Deployment]) -> None:
    for seed in range(20):
        convex = deployed(seed=seed)
        convex.db.insert("counters", {"n": 0})
        convex.action("m:race")
        if any(event.kind == "conflict" for event in convex.trace):
            break
    lines = [str(event.detail).split(" ") for event in convex.trace if event.kind == "log"]
    times, floats, uuids = zip(*lines, strict=True)
    assert len(lines) == 3
    assert len(set(times)) == 2
    assert (len(set(floats)), len(set(uuids))) == (3, 3)
    assert convex.db.table("counters")[0]["n"] == 2


def test_a_nested_call_has_the_time_of_its_caller_and_randomness_of_its_own(
    deployed: Callable[..., Deployment],
) -> None:
    convex = deployed()
    drawn = convex.mutation("m:compare")
    assert {each[0] for each in drawn} == {convex.now}
    assert len({number for each in drawn for number in each[1:]}) == 6


def test_what_a_nested_mutation_scheduled_is_undone_with_it_but_counts(
    deployed: Callable[..., Deployment],
) -> None:
    convex = deployed()
    assert convex.mutation("m:survives") == [1, 0, 0]
    assert (convex.db.names, convex.db.table("_scheduled_functions")) == ([], [])


def test_nested_calls_that_are_made_together_run_one_after_the_other(
    deployed: Callable[..., Deployment],
) -> None:
    assert deployed().mutation("m:together") == "abc"


def test_usage_has_the_retries_of_a_mutation(deployed: Callable[..., Deployment]) -> None:
    for seed in range(20):
        convex = deployed(seed=seed)
        convex.db.insert("counters", {"n": 0})
        convex.action("m:race")
        if any(event.kind == "conflict" for event in convex.trace):
            break
    retries = convex.usage["m:bump"].mutation_retries
    assert (retries.used, retries.limit) == (1, 4)
