"""The scheduler beyond the plain case: bounds, cancelling, parallelism, retention (semantics §8)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError

DAY_MS = 86_400_000
TYPESCRIPT = """
export const after = mutation({ args: { ms: v.any() }, handler: async (ctx, { ms }) => await ctx.scheduler.runAfter(ms === "NaN" ? NaN : ms, internal.m.note, { text: "x" }) });
export const at = mutation({ args: { ms: v.any() }, handler: async (ctx, { ms }) => await ctx.scheduler.runAt(ms, internal.m.note, { text: "x" }) });
export const note = internalMutation({ args: { text: v.string() }, handler: async (ctx, { text }) => { await ctx.db.insert("notes", { text, at: Date.now() }); } });
export const look = query({ args: {}, handler: async () => 1 });
export const jobs = query({ args: {}, handler: async (ctx) => (await ctx.db.system.query("_scheduled_functions").collect()).map(({ name, state, scheduledTime, completedTime }) => [name, state.kind, scheduledTime, completedTime ?? null]) });
export const schedule = mutation({
  args: { name: v.string(), after: v.number(), count: v.number() },
  handler: async (ctx, { name, after, count }) => {
    for (let index = 0; index < count; index++) await ctx.scheduler.runAfter(after, (internal.m as any)[name], {});
  },
});
export const cancelAll = mutation({
  args: {},
  handler: async (ctx) => {
    for (const job of await ctx.db.system.query("_scheduled_functions").collect()) await ctx.scheduler.cancel(job._id);
  },
});
export const minute = internalAction({ args: {}, handler: async (ctx) => { await new Promise((resolve) => setTimeout(resolve, 60_000)); await ctx.scheduler.runAfter(0, internal.m.note, { text: "child" }); await ctx.runMutation(internal.m.remindLater, {}); } });
export const remindLater = internalMutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(0, internal.m.note, { text: "grandchild" }); } });
export const itself = internalMutation({
  args: {},
  handler: async (ctx) => {
    for (const job of await ctx.db.system.query("_scheduled_functions").collect()) await ctx.scheduler.cancel(job._id);
    await ctx.db.insert("notes", { text: "still here", at: Date.now() });
  },
});
export const counter = internalMutation({
  args: {},
  handler: async (ctx) => {
    const found = await ctx.db.query("counters").first();
    if (found === null) await ctx.db.insert("counters", { value: 1 });
    else await ctx.db.patch(found._id, { value: found.value + 1 });
  },
});
"""
PYTHON = """
@mutation(args={"ms": v.any()})
async def after(ctx, args):
    ms = float("nan") if args["ms"] == "NaN" else args["ms"]
    return await ctx.scheduler.run_after(ms, internal.m.note, {"text": "x"})

@mutation(args={"ms": v.any()})
async def at(ctx, args): return await ctx.scheduler.run_at(args["ms"], internal.m.note, {"text": "x"})

@internal_mutation(args={"text": v.string()})
async def note(ctx, args): await ctx.db.insert("notes", {"text": args["text"], "at": now_ms()})

@query(args={})
async def look(ctx, args): return 1

@query(args={})
async def jobs(ctx, args):
    found = await ctx.db.system.query("_scheduled_functions").collect()
    return [[job["name"], job["state"]["kind"], job["scheduledTime"], job.get("completedTime")] for job in found]

@mutation(args={"name": v.string(), "after": v.number(), "count": v.number()})
async def schedule(ctx, args):
    for _ in range(int(args["count"])):
        await ctx.scheduler.run_after(args["after"], getattr(internal.m, args["name"]), {})

@mutation(args={})
async def cancelAll(ctx, args):
    for job in await ctx.db.system.query("_scheduled_functions").collect():
        await ctx.scheduler.cancel(job["_id"])

@internal_action(args={})
async def minute(ctx, args):
    await asyncio.sleep(60)
    await ctx.scheduler.run_after(0, internal.m.note, {"text": "child"})
    await ctx.run_mutation(internal.m.remindLater, {})

@internal_mutation(args={})
async def remindLater(ctx, args): await ctx.scheduler.run_after(0, internal.m.note, {"text": "grandchild"})

@internal_mutation(args={})
async def itself(ctx, args):
    for job in await ctx.db.system.query("_scheduled_functions").collect():
        await ctx.scheduler.cancel(job["_id"])
    await ctx.db.insert("notes", {"text": "still here", "at": now_ms()})

@internal_mutation(args={})
async def counter(ctx, args):
    found = await ctx.db.query("counters").first()
    if found is None:
        await ctx.db.insert("counters", {"value": 1})
    else:
        await ctx.db.patch(found["_id"], {"value": found["value"] + 1})
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return backend(typescript=TYPESCRIPT, python=PYTHON)


def jobs(convex: Deployment) -> list[tuple[str, str]]:
    """The scheduled functions there are, and their states."""
    return [(name, state) for name, state, *_ in convex.query("m:jobs")]


def error_of(convex: Deployment, function: str, ms: Any) -> str:
    """What scheduling at such a time fails with; Python's parameter is called `delay_ms`."""
    with pytest.raises(FunctionError) as caught:
        convex.mutation(function, {"ms": ms})
    return str(caught.value.args[0]).splitlines()[0].replace("delay_ms", "delayMs")


@pytest.mark.parametrize(
    ("function", "ms", "message"),
    [
        ("m:after", "soon", "`delayMs` must be a number"),
        ("m:after", "NaN", "`delayMs` must be a finite number"),
        ("m:after", -1.0, "`delayMs` must be non-negative"),
        ("m:at", "soon", "The invoke time must a Date or a timestamp"),
        ("m:after", 6 * 366 * 86_400_000.0, "1956960000.0 is more than 5 years in the future"),
        ("m:at", 0.0, "0.0 is more than 5 years in the past"),
    ],
)
def test_a_time_that_can_not_be_is_refused(convex: Deployment, function: str, ms: Any, message: str) -> None:
    assert message in error_of(convex, function, ms)
    assert jobs(convex) == []


def test_a_time_in_the_past_means_at_once_and_stays_in_the_record(convex: Deployment) -> None:
    past = float(convex.now - DAY_MS)
    convex.mutation("m:at", {"ms": past})
    convex.advance(milliseconds=0)
    assert convex.query("m:jobs") == [["m.js:note", "success", past, float(convex.now)]]


def test_a_query_can_not_be_scheduled_and_says_so_when_it_is_due(convex: Deployment) -> None:
    convex.mutation("m:schedule", {"name": "look", "after": 0.0, "count": 1.0})
    convex.run_until_idle()
    assert convex.db.table("_scheduled_functions")[0]["state"] == {
        "kind": "failed",
        "error": (
            'Unsupported function type. "look" in module "m.js" is defined as a Query. '
            "Only Mutation and Action can be scheduled."
        ),
    }


def test_so_many_jobs_run_at_once_and_the_others_wait(convex: Deployment) -> None:
    convex.mutation("m:schedule", {"name": "minute", "after": 0.0, "count": 10.0})
    convex.advance(seconds=30)
    assert [state for _, state in jobs(convex)] == ["inProgress"] * 8 + ["pending"] * 2
    convex.advance(seconds=60)
    assert (
        sorted(state for name, state in jobs(convex) if name == "m.js:minute")
        == ["inProgress"] * 2 + ["success"] * 8
    )


def test_jobs_that_conflict_are_retried_until_each_has_committed_once(convex: Deployment) -> None:
    convex.mutation("m:schedule", {"name": "counter", "after": 0.0, "count": 30.0})
    convex.run_until_idle()
    assert [row["value"] for row in convex.db.table("counters")] == [30]
    assert any(event.kind == "conflict" for event in convex.trace)


def test_a_cancelled_action_runs_on_but_what_it_schedules_is_cancelled(convex: Deployment) -> None:
    convex.mutation("m:schedule", {"name": "minute", "after": 0.0, "count": 1.0})
    convex.advance(seconds=30)
    convex.mutation("m:cancelAll")
    assert jobs(convex) == [("m.js:minute", "canceled")]
    convex.run_until_idle()
    assert jobs(convex) == [("m.js:minute", "canceled"), ("m.js:note", "canceled"), ("m.js:note", "canceled")]
    assert convex.db.table("notes") == []


def test_a_mutation_that_cancels_itself_is_warned_and_goes_on(convex: Deployment) -> None:
    convex.mutation("m:schedule", {"name": "itself", "after": 0.0, "count": 1.0})
    convex.run_until_idle()
    assert jobs(convex) == [("m.js:itself", "success")]
    assert [row["text"] for row in convex.db.table("notes")] == ["still here"]


def test_a_mutation_sees_itself_in_progress(convex: Deployment) -> None:
    convex.mutation("m:schedule", {"name": "itself", "after": 0.0, "count": 2.0})
    convex.run_until_idle()
    assert sorted(state for _, state in jobs(convex)) == ["canceled", "success"]


def test_the_record_of_a_job_is_kept_for_a_week(convex: Deployment) -> None:
    convex.mutation("m:after", {"ms": 1000.0})
    convex.mutation("m:after", {"ms": DAY_MS * 3.0})
    convex.advance(days=7)
    assert len(jobs(convex)) == 2
    convex.advance(seconds=1)
    assert len(jobs(convex)) == 1
    convex.advance(days=3)
    assert jobs(convex) == []
