"""Scheduled functions: when they run, what becomes of them (semantics §8)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, UsageError

TYPESCRIPT = """
export const remind = mutation({
  args: { after: v.number(), note: v.string(), fail: v.optional(v.boolean()) },
  handler: async (ctx, { after, note, fail }) => {
    const id = await ctx.scheduler.runAfter(after, internal.m.write, { note });
    if (fail) throw new ConvexError("changed my mind");
    return id;
  },
});
export const write = internalMutation({
  args: { note: v.string() },
  handler: async (ctx, { note }) => {
    await ctx.db.insert("notes", { note, at: Date.now(), known: (await ctx.auth.getUserIdentity()) !== null });
    if (note === "bad") throw new Error("no good");
  },
});
export const cancel = mutation({ args: { id: v.id("_scheduled_functions") }, handler: async (ctx, { id }) => { await ctx.scheduler.cancel(id); } });
export const state = query({ args: { id: v.id("_scheduled_functions") }, handler: async (ctx, { id }) => (await ctx.db.system.get(id))?.state });
export const slow = internalAction({
  args: {},
  handler: async (ctx) => {
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    await ctx.runMutation(internal.m.write, { note: "slow" });
    throw new Error("after the fact");
  },
});
export const later = action({
  args: {},
  handler: async (ctx) => {
    const id = await ctx.scheduler.runAfter(1000, internal.m.slow, {});
    return id;
  },
});
export const forever = internalMutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(1000, internal.m.forever, {}); } });
export const wrong = mutation({ args: {}, handler: async (ctx) => await ctx.scheduler.runAfter(0, internal.m.nowhere, {}) });
export const mistyped = mutation({ args: {}, handler: async (ctx) => await ctx.scheduler.runAfter(0, internal.m.write, { note: 5 } as any) });
"""
PYTHON = """
@mutation(args={"after": v.number(), "note": v.string(), "fail": v.optional(v.boolean())})
async def remind(ctx, args):
    job = await ctx.scheduler.run_after(args["after"], internal.m.write, {"note": args["note"]})
    if args.get("fail"):
        raise ConvexError("changed my mind")
    return job

@internal_mutation(args={"note": v.string()})
async def write(ctx, args):
    known = await ctx.auth.get_user_identity() is not None
    await ctx.db.insert("notes", {"note": args["note"], "at": now_ms(), "known": known})
    if args["note"] == "bad":
        raise Exception("no good")

@mutation(args={"id": v.id("_scheduled_functions")})
async def cancel(ctx, args): await ctx.scheduler.cancel(args["id"])

@query(args={"id": v.id("_scheduled_functions")})
async def state(ctx, args): return (await ctx.db.system.get(args["id"]))["state"]

@internal_action(args={})
async def slow(ctx, args):
    await asyncio.sleep(60)
    await ctx.run_mutation(internal.m.write, {"note": "slow"})
    raise Exception("after the fact")

@action(args={})
async def later(ctx, args): return await ctx.scheduler.run_after(1000, internal.m.slow, {})

@internal_mutation(args={})
async def forever(ctx, args): await ctx.scheduler.run_after(1000, internal.m.forever, {})

@mutation(args={})
async def wrong(ctx, args): return await ctx.scheduler.run_after(0, internal.m.nowhere, {})

@mutation(args={})
async def mistyped(ctx, args): return await ctx.scheduler.run_after(0, internal.m.write, {"note": 5})
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON)
    return made


def notes(convex: Deployment) -> list[tuple[str, float]]:
    return [(document["note"], document["at"]) for document in convex.db.table("notes")]


def test_a_job_runs_at_its_time_and_not_before(convex: Deployment) -> None:
    start = convex.now
    convex.mutation("m:remind", {"after": 5 * 60_000, "note": "tea"})
    convex.advance(minutes=4, seconds=59)
    assert notes(convex) == []
    convex.advance(seconds=1)
    assert notes(convex) == [("tea", start + 300_000)]


def test_jobs_run_in_the_order_of_their_times(convex: Deployment) -> None:
    start = convex.now
    for after in (3000, 1000, 2000):
        convex.mutation("m:remind", {"after": after, "note": str(after)})
    convex.run_until_idle()
    assert notes(convex) == [("1000", start + 1000), ("2000", start + 2000), ("3000", start + 3000)]


def test_nothing_is_scheduled_by_a_mutation_that_fails(convex: Deployment) -> None:
    with pytest.raises(ConvexError, match="changed my mind"):
        convex.mutation("m:remind", {"after": 0, "note": "never", "fail": True})
    convex.advance(days=1)
    assert notes(convex) == []
    assert convex.db.table("_scheduled_functions") == []


def test_a_job_has_no_identity(convex: Deployment) -> None:
    convex.as_user(subject="u1").mutation("m:remind", {"after": 0, "note": "whose"})
    convex.run_until_idle()
    assert convex.db.table("notes")[0]["known"] is False


def test_a_job_leaves_a_record_of_its_success(convex: Deployment) -> None:
    start = convex.now
    job = convex.mutation("m:remind", {"after": 1000, "note": "tea"})
    assert convex.query("m:state", {"id": job}) == {"kind": "pending"}
    convex.run_until_idle()
    (record,) = convex.db.table("_scheduled_functions")
    del record["_creationTime"]
    assert record == {
        "_id": job,
        "name": "m.js:write",
        "args": [{"note": "tea"}],
        "scheduledTime": start + 1000,
        "completedTime": start + 1000,
        "state": {"kind": "success"},
    }


def test_a_job_that_fails_is_recorded_and_its_writes_are_undone(convex: Deployment) -> None:
    job = convex.mutation("m:remind", {"after": 0, "note": "bad"})
    convex.run_until_idle()
    state = convex.query("m:state", {"id": job})
    assert state["kind"] == "failed"
    assert state["error"].startswith("Uncaught Error: no good\n    at ")
    assert notes(convex) == []


def test_a_cancelled_job_never_runs(convex: Deployment) -> None:
    job = convex.mutation("m:remind", {"after": 1000, "note": "tea"})
    convex.mutation("m:cancel", {"id": job})
    convex.advance(hours=1)
    assert notes(convex) == []
    assert convex.query("m:state", {"id": job}) == {"kind": "canceled"}


def test_cancelling_a_finished_job_changes_nothing(convex: Deployment) -> None:
    job = convex.mutation("m:remind", {"after": 0, "note": "tea"})
    convex.run_until_idle()
    convex.mutation("m:cancel", {"id": job})
    assert convex.query("m:state", {"id": job}) == {"kind": "success"}


def test_an_action_in_progress_says_so_and_what_it_committed_stays_when_it_fails(convex: Deployment) -> None:
    start = convex.now
    job = convex.action("m:later")
    convex.advance(seconds=30)
    state = convex.query("m:state", {"id": job})
    assert (state["kind"], sorted(state)) == ("inProgress", ["execution_id", "kind", "request_id"])
    convex.run_until_idle()
    assert convex.query("m:state", {"id": job})["kind"] == "failed"
    assert notes(convex) == [("slow", start + 61_000)]


def test_a_job_for_a_function_that_is_not_there_is_refused_when_it_is_scheduled(convex: Deployment) -> None:
    with pytest.raises(
        Exception,
        match="Attempted to schedule function, but no exported function nowhere found in the file: m.js",
    ):
        convex.mutation("m:wrong")


def test_arguments_of_a_job_are_validated_when_it_runs(convex: Deployment) -> None:
    job = convex.mutation("m:mistyped")
    convex.run_until_idle()
    assert convex.query("m:state", {"id": job})["error"].startswith(
        "ArgumentValidationError: Value does not match"
    )


def test_a_job_that_always_schedules_itself_is_named_instead_of_running_for_ever(convex: Deployment) -> None:
    convex.as_admin().mutation("m:forever")
    with pytest.raises(
        UsageError,
        match=r"^run_until_idle ran 50 scheduled functions and more are waiting: m:forever schedules itself, and will never be "
        r"done\. Use advance\(…\) for a stretch of time, or run_until_idle\(max_jobs=…\) for more jobs\.$",
    ):
        convex.run_until_idle(max_jobs=50)


def test_advancing_by_nothing_runs_what_is_due_now(convex: Deployment) -> None:
    convex.mutation("m:remind", {"after": 0, "note": "now"})
    convex.advance()
    assert [note for note, _ in notes(convex)] == ["now"]


def test_a_negative_stretch_of_time_is_refused(convex: Deployment) -> None:
    with pytest.raises(UsageError, match="a duration must be finite and not negative, got -1"):
        convex.advance(seconds=-1)
