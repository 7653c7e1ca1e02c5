"""Guidelines seen at run time, in both languages: under a rule's name, once, with the time and the path of calls."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, Guidelines, RuntimeFinding

START_MS = 1_767_225_600_000
FEW = Guidelines(scanned_documents=10, jobs_at_once=10, batches=20)
TYPESCRIPT = {
    "schema": """
export default defineSchema({
  notes: defineTable({ n: v.number(), owner: v.string() }).index("by_owner", ["owner"]),
});
""",
    "crons": """
import { cronJobs } from "convex/server";
import { api, internal } from "./_generated/api";
const crons = cronJobs();
crons.interval("open", { hours: 1 }, api.m.open);
crons.interval("closed", { hours: 1 }, internal.m.work);
export default crons;
""",
    "m": """
export const open = mutation({ args: {}, handler: async () => {} });
export const work = internalMutation({ args: {}, handler: async () => {} });
export const fill = mutation({ args: { count: v.number() }, handler: async (ctx, { count }) => { for (let n = 0; n < count; n++) await ctx.db.insert("notes", { n, owner: n === 0 ? "ada" : "bob" }); } });

export const tick = internalMutation({ args: { ms: v.number(), left: v.number() }, handler: async (ctx, { ms, left }) => { if (left > 0) await ctx.scheduler.runAfter(ms, internal.m.tick, { ms, left: left - 1 }); } });
export const ticking = mutation({ args: { ms: v.number(), left: v.number() }, handler: async (ctx, args) => { await ctx.scheduler.runAfter(args.ms, internal.m.tick, args); } });
export const ping = internalAction({ args: { ms: v.number() }, handler: async (ctx, { ms }) => { await ctx.runMutation(internal.m.pong, { ms }); } });
export const pong = internalMutation({ args: { ms: v.number() }, handler: async (ctx, { ms }) => { await ctx.scheduler.runAfter(ms, internal.m.ping, { ms }); } });
export const pinging = mutation({ args: { ms: v.number() }, handler: async (ctx, { ms }) => { await ctx.scheduler.runAfter(0, internal.m.ping, { ms }); } });
export const retry = internalMutation({ args: { ms: v.number() }, handler: async (ctx, { ms }) => { if (ms < 9000) await ctx.scheduler.runAfter(ms * 2, internal.m.retry, { ms: ms * 2 }); } });
export const retrying = mutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(0, internal.m.retry, { ms: 10 }); } });

export const loop = mutation({ args: { count: v.number(), apart: v.number() }, handler: async (ctx, { count, apart }) => { for (let n = 0; n < count; n++) await ctx.scheduler.runAfter(n * apart, internal.m.work, {}); } });
export const outer = action({ args: { count: v.number() }, handler: async (ctx, { count }) => { await ctx.runMutation(api.m.loop, { count, apart: 0 }); } });

export const all = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").collect()).length });
export const some = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").take(50)).length });
export const filtered = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").filter((q) => q.eq(q.field("owner"), "ada")).collect()).length });
export const first = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").filter((q) => q.eq(q.field("n"), 1)).first())!.n });
export const named = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").withIndex("by_owner").collect()).length });
export const ranged = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").withIndex("by_owner", (q) => q.eq("owner", "bob")).collect()).length });
export const within = mutation({ args: {}, handler: async (ctx): Promise<number> => await ctx.runQuery(api.m.all, {}) });

export const schedulesOpen = mutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(0, api.m.open, {}); } });

export const add = internalMutation({ args: { bad: v.boolean() }, handler: async (ctx, { bad }) => { if (bad) throw new Error("refused"); await ctx.db.insert("notes", { n: 1, owner: "ada" }); } });
export const two = action({ args: { how: v.string() }, handler: async (ctx, { how }) => {
  if (how === "before") throw new Error("before");
  await ctx.runMutation(internal.m.add, { bad: false });
  if (how === "thrown") throw new Error("thrown");
  if (how === "fetch") await fetch("https://api.example.com/charge");
  await ctx.runMutation(internal.m.add, { bad: how === "refused" });
  if (how === "after") throw new Error("after");
} });
export const dangling = action({ args: {}, handler: async (ctx) => { void ctx.runMutation(internal.m.work, {}); } });
""",
}
PYTHON = {
    "schema": """
schema = define_schema({
    "notes": define_table({"n": v.number(), "owner": v.string()}).index("by_owner", ["owner"]),
})
""",
    "crons": """
crons = cron_jobs()
crons.interval("open", {"hours": 1}, api.m.open)
crons.interval("closed", {"hours": 1}, internal.m.work)
""",
    "m": """
@mutation(args={})
async def open(ctx, args): pass

@internal_mutation(args={})
async def work(ctx, args): pass

@mutation(args={"count": v.number()})
async def fill(ctx, args):
    for n in range(int(args["count"])):
        await ctx.db.insert("notes", {"n": float(n), "owner": "ada" if n == 0 else "bob"})

TICK = {"ms": v.number(), "left": v.number()}

@internal_mutation(args=TICK)
async def tick(ctx, args):
    if args["left"] > 0:
        await ctx.scheduler.run_after(args["ms"], internal.m.tick, {**args, "left": args["left"] - 1})

@mutation(args=TICK)
async def ticking(ctx, args): await ctx.scheduler.run_after(args["ms"], internal.m.tick, args)

MS = {"ms": v.number()}

@internal_action(args=MS)
async def ping(ctx, args): await ctx.run_mutation(internal.m.pong, args)

@internal_mutation(args=MS)
async def pong(ctx, args): await ctx.scheduler.run_after(args["ms"], internal.m.ping, args)

@mutation(args=MS)
async def pinging(ctx, args): await ctx.scheduler.run_after(0, internal.m.ping, args)

@internal_mutation(args=MS)
async def retry(ctx, args):
    ms = args["ms"] * 2
    if args["ms"] < 9000:
        await ctx.scheduler.run_after(ms, internal.m.retry, {"ms": ms})

@mutation(args={})
async def retrying(ctx, args): await ctx.scheduler.run_after(0, internal.m.retry, {"ms": 10.0})

@mutation(args={"count": v.number(), "apart": v.number()})
async def loop(ctx, args):
    for n in range(int(args["count"])):
        await ctx.scheduler.run_after(n * args["apart"], internal.m.work, {})

@action(args={"count": v.number()})
async def outer(ctx, args): await ctx.run_mutation(api.m.loop, {"count": args["count"], "apart": 0.0})

@query(args={})
async def all(ctx, args): return len(await ctx.db.query("notes").collect())

@query(args={})
async def some(ctx, args): return len(await ctx.db.query("notes").take(50))

@query(args={})
async def filtered(ctx, args):
    return len(await ctx.db.query("notes").filter(lambda q: q.eq(q.field("owner"), "ada")).collect())

@query(args={})
async def first(ctx, args): return (await ctx.db.query("notes").filter(lambda q: q.eq(q.field("n"), 1.0)).first())["n"]

@query(args={})
async def named(ctx, args): return len(await ctx.db.query("notes").with_index("by_owner").collect())

@query(args={})
async def ranged(ctx, args):
    return len(await ctx.db.query("notes").with_index("by_owner", lambda q: q.eq("owner", "bob")).collect())

@mutation(args={})
async def within(ctx, args): return await ctx.run_query(api.m.all, {})

@mutation(args={})
async def schedulesOpen(ctx, args): await ctx.scheduler.run_after(0, api.m.open, {})

@internal_mutation(args={"bad": v.boolean()})
async def add(ctx, args):
    if args["bad"]:
        raise Exception("refused")
    await ctx.db.insert("notes", {"n": 1.0, "owner": "ada"})

@action(args={"how": v.string()})
async def two(ctx, args):
    how = args["how"]
    if how == "before":
        raise Exception("before")
    await ctx.run_mutation(internal.m.add, {"bad": False})
    if how == "thrown":
        raise Exception("thrown")
    if how == "fetch":
        await fetch("https://api.example.com/charge")
    await ctx.run_mutation(internal.m.add, {"bad": how == "refused"})
    if how == "after":
        raise Exception("after")

@action(args={})
async def dangling(ctx, args):
    asyncio.ensure_future(ctx.run_mutation(internal.m.work, {}))
    await asyncio.sleep(0)
""",
}


@pytest.fixture
def convex(backend: Any) -> Deployment:
    without_crons = [
        {path: text for path, text in side.items() if path != "crons"} for side in (TYPESCRIPT, PYTHON)
    ]
    made: Deployment = backend(typescript=without_crons[0], python=without_crons[1], guidelines=FEW)
    return made


def rules(convex: Deployment) -> list[str]:
    return [finding.rule for finding in convex.findings]


# --- schedules -------------------------------------------------------------------------------------------


def test_a_function_that_schedules_itself_every_few_seconds_is_found_once(convex: Deployment) -> None:
    convex.mutation("m:ticking", {"ms": 2000.0, "left": 40.0})
    convex.advance(minutes=2)
    assert convex.findings == [
        RuntimeFinding(
            "frequent-scheduling",
            "m:tick is scheduled by its own jobs (m:tick → m:tick) more often than every 10 s: 6 times in the last 10 s. "
            "Schedule it less often, or when there is something to do.",
            "m:tick",
            START_MS + 10_000,
            ("m:tick",),
        )
    ]


def test_a_circle_of_functions_is_found_with_its_way_and_the_path_of_calls(convex: Deployment) -> None:
    convex.mutation("m:pinging", {"ms": 3000.0})
    convex.advance(minutes=2)
    (finding,) = convex.findings
    assert (finding.rule, finding.function, finding.calls) == (
        "frequent-scheduling",
        "m:pong",
        ("m:ping", "m:pong"),
    )
    assert finding.message.startswith("m:ping is scheduled by its own jobs (m:ping → m:ping) more often")


@pytest.mark.parametrize(
    ("ms", "left"),
    [(10_000.0, 30.0), (2000.0, 4.0), (0.0, 19.0)],
    ids=["seldom", "a few times", "in batches"],
)
def test_jobs_that_take_their_time_or_come_to_an_end_are_fine(
    convex: Deployment, ms: float, left: float
) -> None:
    convex.mutation("m:ticking", {"ms": ms, "left": left})
    convex.run_until_idle()
    assert convex.findings == []


def test_batches_without_an_end_are_found(convex: Deployment) -> None:
    convex.mutation("m:ticking", {"ms": 0.0, "left": 50.0})
    convex.run_until_idle()
    assert rules(convex) == ["frequent-scheduling"]


def test_retries_that_come_later_each_time_are_fine(convex: Deployment) -> None:
    convex.mutation("m:retrying")
    convex.run_until_idle()
    assert convex.findings == []


def test_clients_that_schedule_often_are_fine(convex: Deployment) -> None:
    for _ in range(30):
        convex.mutation("m:loop", {"count": 1.0, "apart": 0.0})
        convex.advance(seconds=1)
    assert convex.findings == []


def test_a_function_scheduled_many_times_at_once_is_found_once(convex: Deployment) -> None:
    for _ in range(2):
        convex.action("m:outer", {"count": 11.0})
    assert convex.findings == [
        RuntimeFinding(
            "scheduling-in-loop",
            "m:loop scheduled m:work more than 10 times in one run, all due at the same time: they conflict with each "
            "other and hold up all other jobs, and a mutation may schedule 1,000. Give one job several things to do, and "
            "let it schedule the next batch.",
            "m:loop",
            START_MS,
            ("m:outer", "m:loop"),
        )
    ]


@pytest.mark.parametrize(("count", "apart"), [(10.0, 0.0), (30.0, 1000.0)], ids=["few", "spread over time"])
def test_few_jobs_and_jobs_that_are_spread_over_time_are_fine(
    convex: Deployment, count: float, apart: float
) -> None:
    convex.mutation("m:loop", {"count": count, "apart": apart})
    assert convex.findings == []


def test_a_public_function_that_is_scheduled_is_found_once(convex: Deployment) -> None:
    for _ in range(2):
        convex.mutation("m:schedulesOpen")
    assert convex.findings == [
        RuntimeFinding(
            "public-function-from-server",
            "m:schedulesOpen schedules m:open, which is public: any client can call it as well, with any arguments. "
            "Make it internal.",
            "m:schedulesOpen",
            START_MS,
            ("m:schedulesOpen",),
        )
    ]


def test_a_public_function_that_a_cron_job_runs_is_found_once(backend: Any) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    convex.advance(hours=3)
    (finding,) = convex.findings
    assert (finding.rule, finding.function, finding.time_ms) == (
        "public-function-from-server",
        "m:open",
        START_MS,
    )
    assert finding.message == (
        "The cron job 'open' runs m:open, which is public: any client can call it as well, with any arguments. Make it "
        "internal."
    )


# --- scans -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "rule", "message"),
    [
        ("all", "unbounded-collect", "read 11 documents of notes, the whole table. A transaction may read 32,000. Use an index with a range, `take`, or `paginate`."),
        ("filtered", "query-filter", "read 11 documents of notes for a filter to choose from. A transaction may read 32,000. Use an index with a range."),
        ("named", "index-without-range", "read 11 documents of notes through the index by_owner without a range of it. A transaction may read 32,000. Give it a range."),
    ],
)  # fmt: skip
def test_a_scan_is_found_when_the_table_has_grown(
    convex: Deployment, function: str, rule: str, message: str
) -> None:
    convex.mutation("m:fill", {"count": 10.0})
    convex.query(f"m:{function}")
    assert convex.findings == []
    convex.mutation("m:fill", {"count": 1.0})
    convex.advance(seconds=5)
    convex.query(f"m:{function}")
    path = f"m:{function}"
    assert convex.findings == [RuntimeFinding(rule, f"{path} {message}", path, START_MS + 5000, (path,))]
    convex.mutation("m:fill", {"count": 1.0})
    convex.query(path)
    assert len(convex.findings) == 1


@pytest.mark.parametrize("function", ["some", "first", "ranged"])
def test_a_query_that_says_how_much_or_what_it_wants_is_fine(convex: Deployment, function: str) -> None:
    convex.mutation("m:fill", {"count": 30.0})
    convex.query(f"m:{function}")
    assert convex.findings == []


def test_a_scan_in_a_nested_query_is_found_with_its_caller(convex: Deployment) -> None:
    convex.mutation("m:fill", {"count": 11.0})
    convex.mutation("m:within")
    assert [(found.rule, found.function, found.calls) for found in convex.findings] == [
        ("unbounded-collect", "m:all", ("m:within", "m:all"))
    ]


# --- actions ---------------------------------------------------------------------------------------------


def fail(convex: Deployment, how: str) -> None:
    with pytest.raises(FunctionError):
        convex.action("m:two", {"how": how})


@pytest.mark.parametrize("how", ["fetch", "refused"])
def test_an_action_that_fails_at_something_after_a_mutation_has_committed_is_found(
    convex: Deployment, how: str
) -> None:
    fail(convex, how)
    (finding,) = convex.findings
    assert (finding.rule, finding.function, finding.calls) == ("sequential-runs", "m:two", ("m:two",))
    assert finding.message.startswith(
        "m:two failed after a mutation of it had committed, and before what was to follow (Uncaught "
    )
    assert finding.message.endswith(
        "What it wrote stays, and nothing runs the action again. Let one mutation do it all, or make it possible to go on "
        "from there."
    )


@pytest.mark.parametrize("order", [("thrown", "well"), ("well", "thrown")])
def test_an_action_that_throws_between_two_mutations_is_found_once_the_second_is_known(
    convex: Deployment, order: tuple[str, str]
) -> None:
    for how in order:
        assert convex.findings == []
        if how == "thrown":
            fail(convex, how)
        else:
            convex.action("m:two", {"how": how})
    assert rules(convex) == ["sequential-runs"]


@pytest.mark.parametrize("how", ["before", "after"])
def test_an_action_that_fails_before_or_after_its_mutations_is_fine(convex: Deployment, how: str) -> None:
    convex.action("m:two", {"how": "well"})
    fail(convex, how)
    assert convex.findings == []


def test_what_an_action_leaves_under_way_is_found_once(convex: Deployment) -> None:
    for _ in range(5):
        convex.action("m:dangling")
    assert [(found.rule, found.function, found.calls) for found in convex.findings] == [
        ("floating-promise", "m:dangling", ("m:dangling",))
    ]


def test_a_finding_is_an_event_of_the_trace(convex: Deployment) -> None:
    convex.mutation("m:schedulesOpen")
    (event,) = convex.trace.events("finding")
    assert (event.subject, event.detail["function"], event.run) == (
        "public-function-from-server",
        "m:schedulesOpen",
        1,
    )
