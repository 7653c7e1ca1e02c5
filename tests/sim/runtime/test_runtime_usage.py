"""How close functions come to their limits: what is measured, and what is warned of (semantics §6.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, Limits
from biconvex.sim.kernel import NS_PER_MS
from biconvex.sim.runtime.near_limits import duration_text

TYPESCRIPT = """
const text = (kib: number) => "x".repeat(kib * 1024);
export const read = query({ args: {}, handler: async (ctx) => { await ctx.db.query("notes").collect(); } });
export const write = mutation({ args: { count: v.number(), fail: v.optional(v.boolean()) }, handler: async (ctx, { count, fail }) => {
  for (let n = 0; n < count; n++) await ctx.db.insert("notes", { n });
  if (fail) throw new Error("too late");
} });
export const outer = mutation({ args: {}, handler: async (ctx) => {
  await ctx.runMutation(api.m.write, { count: 3 });
  await ctx.runMutation(api.m.write, { count: 2 });
  console.log("done");
} });
export const big = mutation({ args: {}, handler: async (ctx) => await ctx.db.insert("notes", { text: text(900) }) });
export const deep = mutation({ args: {}, handler: async (ctx) => {
  let value: any = 1;
  for (let i = 0; i < 13; i++) value = [value];
  return await ctx.db.insert("notes", { value });
} });
export const job = internalMutation({ args: { text: v.string() }, handler: async () => {} });
export const plan = mutation({ args: { kib: v.number() }, handler: async (ctx, { kib }) => { await ctx.scheduler.runAfter(0, internal.m.job, { text: text(kib) }); } });
export const give = query({ args: { text: v.string() }, handler: async (_ctx, { text }) => text });
export const act = action({ args: { text: v.string() }, handler: async (ctx, { text }) => {
  await new Promise((resolve) => setTimeout(resolve, 900));
  return text;
} });
"""
PYTHON = """
def text(kib): return "x" * int(kib * 1024)

@query(args={})
async def read(ctx, args): await ctx.db.query("notes").collect()

@mutation(args={"count": v.number(), "fail": v.optional(v.boolean())})
async def write(ctx, args):
    for n in range(int(args["count"])):
        await ctx.db.insert("notes", {"n": n})
    if args.get("fail"):
        raise Exception("too late")

@mutation(args={})
async def outer(ctx, args):
    await ctx.run_mutation(api.m.write, {"count": 3})
    await ctx.run_mutation(api.m.write, {"count": 2})
    console.log("done")

@mutation(args={})
async def big(ctx, args): return await ctx.db.insert("notes", {"text": text(900)})

@mutation(args={})
async def deep(ctx, args):
    value = 1
    for _ in range(13):
        value = [value]
    return await ctx.db.insert("notes", {"value": value})

@internal_mutation(args={"text": v.string()})
async def job(ctx, args): pass

@mutation(args={"kib": v.number()})
async def plan(ctx, args): await ctx.scheduler.run_after(0, internal.m.job, {"text": text(args["kib"])})

@query(args={"text": v.string()})
async def give(ctx, args): return args["text"]

@action(args={"text": v.string()})
async def act(ctx, args):
    await asyncio.sleep(0.9)
    return args["text"]
"""
HELP = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective "
    "index range expressions."
)
Make = Callable[..., Deployment]


@pytest.fixture
def deployed(backend: Any) -> Make:
    def make(limits: Limits | None = None, **options: Any) -> Deployment:
        made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON, limits=limits, **options)
        return made

    return make


def warnings(convex: Deployment) -> list[tuple[str, str]]:
    return [(found.function, found.message) for found in convex.findings if found.rule == "near-limit"]


def logged(convex: Deployment) -> list[Any]:
    return [event.detail for event in convex.trace if event.kind == "log" and event.subject == "warn"]


def test_usage_is_that_of_the_run_that_came_closest(deployed: Make) -> None:
    convex = deployed()
    for count in (2, 8, 3):
        convex.mutation("m:write", {"count": count})
    used = convex.usage["m:write"]
    assert (used.documents_written.used, used.documents_written.limit) == (8, 16_000)
    assert used.documents_written.fraction == 8 / 16_000
    assert used.runs == 3


def test_usage_of_a_query_has_what_it_read(deployed: Make) -> None:
    convex = deployed()
    convex.mutation("m:write", {"count": 4})
    convex.query("m:read")
    used = convex.usage["m:read"]
    assert (used.documents_read.used, used.database_queries.used, used.documents_written.limit) == (4, 1, 0)


def test_usage_of_a_function_counts_what_it_calls(deployed: Make) -> None:
    convex = deployed()
    convex.mutation("m:outer")
    assert convex.usage["m:outer"].documents_written.used == 5
    assert convex.usage["m:write"].call_depth.used == 1
    assert convex.usage["m:write"].documents_written.limit == 0
    assert list(convex.usage) == ["m:outer", "m:write"]


def test_usage_of_a_run_that_failed_counts(deployed: Make) -> None:
    convex = deployed(Limits(documents_written=2))
    with pytest.raises(FunctionError):
        convex.mutation("m:write", {"count": 5})
    assert convex.usage["m:write"].documents_written.fraction == 1.5
    assert convex.usage["m:write"].closest[0] == "documents_written"


def test_usage_of_a_function_that_has_not_run_says_which_have(deployed: Make) -> None:
    convex = deployed()
    convex.query("m:read")
    with pytest.raises(KeyError, match="m:write has not run; functions that have: m:read"):
        convex.usage["m:write"]


def test_usage_is_shown_a_line_a_measure(deployed: Make) -> None:
    convex = deployed()
    convex.mutation("m:write", {"count": 8})
    assert "documents_written: 8 of 16,000 (0%)" in str(convex.usage["m:write"]).split("\n")


@pytest.mark.parametrize(("count", "warned"), [(8, False), (9, True), (10, True)])
def test_what_uses_more_than_eighty_percent_of_a_limit_is_warned_of(
    deployed: Make, count: int, warned: bool
) -> None:
    convex = deployed(Limits(documents_written=10))
    convex.mutation("m:write", {"count": count})
    message = f"Many writes in a single function execution (actual: {count}, limit: 10)."
    assert warnings(convex) == ([("m:write", message)] if warned else [])


def test_what_is_beyond_a_limit_has_failed_and_is_not_warned_of(deployed: Make) -> None:
    convex = deployed(Limits(documents_written=10))
    with pytest.raises(FunctionError):
        convex.mutation("m:write", {"count": 11})
    assert warnings(convex) == []


def test_each_run_logs_its_warning_and_the_finding_is_made_once(deployed: Make) -> None:
    convex = deployed(Limits(documents_written=10))
    for _ in range(3):
        convex.mutation("m:write", {"count": 9})
    message = "Many writes in a single function execution (actual: 9, limit: 10)."
    assert (len(warnings(convex)), logged(convex)) == (1, [message] * 3)


def test_a_warning_is_the_last_line_of_the_log_of_a_run_that_failed(deployed: Make) -> None:
    convex = deployed(Limits(documents_written=10))
    with pytest.raises(FunctionError) as caught:
        convex.mutation("m:write", {"count": 9, "fail": True})
    assert caught.value.logs == ("[WARN] Many writes in a single function execution (actual: 9, limit: 10).",)


def test_only_the_outermost_function_is_warned(deployed: Make) -> None:
    convex = deployed(Limits(documents_written=5))
    convex.mutation("m:outer")
    assert warnings(convex) == [
        ("m:outer", "Many writes in a single function execution (actual: 5, limit: 5).")
    ]


def test_warnings_of_reads_say_what_helps(deployed: Make) -> None:
    convex = deployed(Limits(documents_read=4, bytes_read=300))
    convex.mutation("m:write", {"count": 4})
    convex.query("m:read")
    size = int(convex.usage["m:read"].bytes_read.used)
    assert warnings(convex) == [
        ("m:read", f"Many documents read in a single function execution (actual: 4, limit: 4). {HELP}"),
        (
            "m:read",
            f"Many bytes read in a single function execution (actual: {size} bytes, limit: 300 bytes). {HELP}",
        ),
    ]


def test_warnings_of_arguments_and_return_values(deployed: Make) -> None:
    convex = deployed(Limits(arguments_bytes=100, return_bytes=90))
    convex.query("m:give", {"text": "x" * 80})
    assert warnings(convex) == [
        ("m:give", "Large size of the function arguments (actual: 91 bytes, limit: 100 bytes)."),
        ("m:give", "Large size of the function return value (actual: 82 bytes, limit: 90 bytes)."),
    ]


def test_warnings_of_an_action_have_words_of_their_own(deployed: Make) -> None:
    convex = deployed(Limits(arguments_bytes=100, return_bytes=90, action_time_ms=1000))
    convex.action("m:act", {"text": "x" * 80})
    assert [message for _, message in warnings(convex)] == [
        "Large size of the action arguments (actual: 91 bytes, limit: 100 bytes).",
        "Function execution took a long time. (maximum duration: 1s, actual duration: 900ms).",
        "Large size of the action return value (actual: 82 bytes, limit: 90 bytes).",
    ]


def test_warnings_of_large_and_of_deep_documents_name_them(deployed: Make) -> None:
    convex = deployed()
    big, deep = convex.mutation("m:big"), convex.mutation("m:deep")
    size = int(convex.usage["m:big"].bytes_written.used)
    assert warnings(convex) == [
        (
            "m:big",
            f'Large document written with ID "{big}" (actual: {size} bytes, limit: 1048576 bytes).',
        ),
        ("m:deep", f'Deeply nested document written with ID "{deep}" (actual: 14 levels, limit: 16 levels).'),
    ]


def test_large_arguments_of_a_scheduled_function_are_warned_of_beyond_the_limit_too(deployed: Make) -> None:
    convex = deployed(Limits(one_scheduled_arguments_bytes=2048))
    convex.mutation("m:plan", {"kib": 1})
    assert warnings(convex) == []
    convex.mutation("m:plan", {"kib": 3})
    assert warnings(convex) == [
        (
            "m:plan",
            (
                "Large arguments for a single scheduled function from this mutation. This will become a hard error in the "
                "future (actual: 3083 bytes, limit: 2048 bytes)."
            ),
        )
    ]


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0ns"),
        (0.0015, "1.5µs"),
        (1, "1ms"),
        (950.25, "950.25ms"),
        (1000, "1s"),
        (1500, "1.5s"),
        (1_800_000, "1800s"),
    ],
)
def test_durations_are_shown_as_rust_shows_them(milliseconds: float, text: str) -> None:
    assert duration_text(round(milliseconds * NS_PER_MS)) == text


def test_usage_of_documents_pages_jobs_and_retries_is_known_where_there_are_some(deployed: Make) -> None:
    convex = deployed()
    convex.mutation("m:deep")
    convex.mutation("m:plan", {"kib": 1})
    deep, plan = convex.usage["m:deep"], convex.usage["m:plan"]
    assert (deep.document_nesting.used, deep.document_nesting.limit) == (14, 16)
    assert deep.document_bytes.used == deep.bytes_written.used
    assert (plan.one_scheduled_arguments_bytes.used, plan.one_scheduled_arguments_bytes.limit) == (
        1035,
        4 << 20,
    )
    assert (plan.document_bytes.limit, plan.page_size.limit, plan.mutation_retries.limit) == (0, 0, 0)
