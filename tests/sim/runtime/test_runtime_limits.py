"""The limits of functions: what happens at each, and who may catch it (semantics §1.1, §7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, Limits, ProjectError

TYPESCRIPT = """
const text = (kib: number) => "x".repeat(kib * 1024);
export const read = query({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").collect()).length });
export const reads = query({ args: {}, handler: async (ctx) => {
  for (const n of [1, 3, 5]) await ctx.db.query("notes").withIndex("by_n", (q: any) => q.eq("n", n)).collect();
} });
export const write = mutation({ args: { count: v.number() }, handler: async (ctx, { count }) => {
  for (let n = 0; n < count; n++) await ctx.db.insert("notes", { n });
} });
export const big = mutation({ args: { kib: v.number() }, handler: async (ctx, { kib }) => { await ctx.db.insert("notes", { n: 0, text: text(kib) }); } });
export const job = internalMutation({ args: { text: v.optional(v.string()) }, handler: async () => {} });
export const plan = mutation({ args: { count: v.number(), kib: v.number() }, handler: async (ctx, { count, kib }) => {
  for (let n = 0; n < count; n++) await ctx.scheduler.runAfter(0, internal.m.job, { text: text(kib) });
} });
export const take = mutation({ args: { text: v.string() }, handler: async () => {} });
export const give = query({ args: { kib: v.number() }, handler: async (_ctx, { kib }) => text(kib) });
export const page = query({ args: { size: v.number() }, handler: async (ctx, { size }) => (await ctx.db.query("notes").paginate({ numItems: size, cursor: null })).page.length });
export const hand = mutation({ args: { kib: v.number() }, handler: async (ctx, { kib }) => {
  try { await ctx.runMutation(api.m.take, { text: text(kib) }); } catch (error: any) { return error.message; }
} });
export const caughtQuery = query({ args: { what: v.string(), args: v.any() }, handler: async (ctx, { what, args }) => {
  try { await ctx.runQuery(what as any, args); } catch (error: any) { return error.message; }
} });
export const inAction = action({ args: { what: v.string(), args: v.any() }, handler: async (ctx, { what, args }) => {
  try { await ctx.runMutation(what as any, args); } catch (error: any) { return error.message; }
} });
export const here = mutation({ args: {}, handler: async (ctx) => {
  await ctx.db.insert("notes", { n: 1 });
  try { await ctx.db.insert("notes", { n: 2 }); } catch (error: any) { return error.message; }
} });
export const deep = query({ args: { left: v.number() }, handler: async (ctx, { left }): Promise<any> => {
  if (left === 0) return "bottom";
  try { return await ctx.runQuery(api.m.deep, { left: left - 1 }); } catch (error: any) { return error.message; }
} });
export const many = action({ args: { count: v.number() }, handler: async (ctx, { count }) => {
  const order: number[] = [];
  await Promise.all(Array.from({ length: count }, async (_, n) => {
    await fetch(`https://example.com/${n}`);
    order.push(n);
  }));
  return order;
} });
export const wait = action({ args: { seconds: v.number() }, handler: async (ctx, { seconds }) => {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return "done";
} });
export const spin = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("notes", { n: 1 }); for (;;) {} } });
export const spinNested = mutation({ args: {}, handler: async (ctx) => {
  await ctx.db.insert("notes", { n: 2 });
  try { await ctx.runMutation(api.m.spin, {}); } catch { return "caught"; }
} });
"""
PYTHON = """
def text(kib): return "x" * int(kib * 1024)

@query(args={})
async def read(ctx, args): return len(await ctx.db.query("notes").collect())

@query(args={})
async def reads(ctx, args):
    for n in [1, 3, 5]:
        await ctx.db.query("notes").with_index("by_n", lambda q: q.eq("n", n)).collect()

@mutation(args={"count": v.number()})
async def write(ctx, args):
    for n in range(int(args["count"])):
        await ctx.db.insert("notes", {"n": n})

@mutation(args={"kib": v.number()})
async def big(ctx, args): await ctx.db.insert("notes", {"n": 0, "text": text(args["kib"])})

@internal_mutation(args={"text": v.optional(v.string())})
async def job(ctx, args): pass

@mutation(args={"count": v.number(), "kib": v.number()})
async def plan(ctx, args):
    for n in range(int(args["count"])):
        await ctx.scheduler.run_after(0, internal.m.job, {"text": text(args["kib"])})

@mutation(args={"text": v.string()})
async def take(ctx, args): pass

@query(args={"kib": v.number()})
async def give(ctx, args): return text(args["kib"])

@query(args={"size": v.number()})
async def page(ctx, args): return len((await ctx.db.query("notes").paginate({"numItems": args["size"], "cursor": None}))["page"])

@mutation(args={"kib": v.number()})
async def hand(ctx, args):
    try: await ctx.run_mutation(api.m.take, {"text": text(args["kib"])})
    except Exception as error: return str(error)

@query(args={"what": v.string(), "args": v.any()})
async def caughtQuery(ctx, args):
    try: await ctx.run_query(args["what"], args["args"])
    except Exception as error: return str(error)

@action(args={"what": v.string(), "args": v.any()})
async def inAction(ctx, args):
    try: await ctx.run_mutation(args["what"], args["args"])
    except Exception as error: return str(error)

@mutation(args={})
async def here(ctx, args):
    await ctx.db.insert("notes", {"n": 1})
    try: await ctx.db.insert("notes", {"n": 2})
    except Exception as error: return str(error)

@query(args={"left": v.number()})
async def deep(ctx, args):
    if args["left"] == 0: return "bottom"
    try: return await ctx.run_query(api.m.deep, {"left": args["left"] - 1})
    except Exception as error: return str(error)

@action(args={"count": v.number()})
async def many(ctx, args):
    order = []
    async def one(n):
        await fetch(f"https://example.com/{n}")
        order.append(n)
    await asyncio.gather(*(one(n) for n in range(int(args["count"]))))
    return order

@action(args={"seconds": v.number()})
async def wait(ctx, args):
    await asyncio.sleep(args["seconds"])
    return "done"

@mutation(args={})
async def spin(ctx, args):
    await ctx.db.insert("notes", {"n": 1})
    while True: pass

@mutation(args={})
async def spinNested(ctx, args):
    await ctx.db.insert("notes", {"n": 2})
    try: await ctx.run_mutation(api.m.spin)
    except Exception: return "caught"
"""
SCHEMA = {
    "typescript": 'export default defineSchema({ notes: defineTable({ n: v.number(), text: v.optional(v.string()) }).index("by_n", ["n"]) });',
    "python": 'schema = define_schema({"notes": define_table({"n": v.number(), "text": v.optional(v.string())}).index("by_n", ["n"])})',
}
Make = Callable[..., Deployment]
HELP = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective "
    "index range expressions."
)
DEEPEST = "Cross component call depth limit exceeded. Do you have an infinite loop in your app?"


@pytest.fixture
def deployed(backend: Any) -> Make:
    def make(limits: Limits | None = None, **options: Any) -> Deployment:
        made: Deployment = backend(
            typescript={"m": TYPESCRIPT, "schema": SCHEMA["typescript"]},
            python={"m": PYTHON, "schema": SCHEMA["python"]},
            limits=limits,
            **options,
        )
        return made

    return make


def failure(call: Callable[[], Any]) -> str:
    with pytest.raises(FunctionError) as caught:
        call()
    return caught.value.message.partition("\n")[0]


def notes(convex: Deployment, *ns: int) -> Deployment:
    for n in ns:
        convex.db.insert("notes", {"n": n})
    return convex


def test_the_presets_have_the_figures_of_convex() -> None:
    current, guidelines = Limits.current(), Limits.guidelines()
    assert (current.documents_read, current.bytes_read, current.documents_written) == (
        32_000,
        1 << 24,
        16_000,
    )
    assert (guidelines.documents_read, guidelines.bytes_read, guidelines.documents_written) == (
        16_384,
        1 << 23,
        8_192,
    )
    assert (current.action_time_ms, guidelines.action_time_ms) == (1_800_000, 600_000)
    assert Limits.guidelines().user_time_ms == 1_000


def test_a_limit_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="documents_red\n  Extra inputs are not permitted"):
        Limits(documents_red=1)  # type: ignore[call-arg]


def test_documents_read(deployed: Make) -> None:
    convex = notes(deployed(Limits(documents_read=2)), 1, 2, 3)
    assert failure(lambda: convex.query("m:read")) == (
        f"Uncaught Error: Too many documents read in a single function execution (limit: 2). {HELP}"
    )


def test_bytes_read(deployed: Make) -> None:
    convex = notes(deployed(Limits(bytes_read=100)), 1, 2, 3)
    assert failure(lambda: convex.query("m:read")) == (
        f"Uncaught Error: Too many bytes read in a single function execution (limit: 100 bytes). {HELP}"
    )


def test_index_ranges_read(deployed: Make) -> None:
    convex = notes(deployed(Limits(database_queries=2)), 1)
    assert failure(lambda: convex.query("m:reads")) == (
        f"Uncaught Error: Too many reads in a single function execution (limit: 2). {HELP}"
    )


def test_documents_written(deployed: Make) -> None:
    convex = deployed(Limits(documents_written=2))
    assert failure(lambda: convex.mutation("m:write", {"count": 3})) == (
        "Uncaught Error: Too many writes in a single function execution (limit: 2)"
    )
    assert convex.db.table("notes") == []


def test_bytes_written(deployed: Make) -> None:
    convex = deployed(Limits(bytes_written=4096))
    assert failure(lambda: convex.mutation("m:big", {"kib": 5})) == (
        "Uncaught Error: Too many bytes written in a single function execution (limit: 4 KiB)"
    )


def test_functions_scheduled_and_their_arguments(deployed: Make) -> None:
    convex = deployed(Limits(functions_scheduled=2, scheduled_arguments_bytes=5000))
    assert failure(lambda: convex.mutation("m:plan", {"count": 3, "kib": 0})) == (
        "Uncaught Error: Too many functions scheduled by this mutation (limit: 2)"
    )
    assert failure(lambda: convex.mutation("m:plan", {"count": 2, "kib": 4})) == (
        "Uncaught Error: Too large total size of the arguments of scheduled functions from this mutation "
        "(limit: 5000 bytes)"
    )
    convex.mutation("m:plan", {"count": 2, "kib": 1})
    assert len(convex.db.table("_scheduled_functions")) == 2


def test_arguments_and_return_values_of_a_function(deployed: Make) -> None:
    convex = deployed(Limits(arguments_bytes=2048, return_bytes=1024))
    assert failure(lambda: convex.mutation("m:take", {"text": "x" * 3000})) == (
        "Arguments for m.js:take are too large (actual: 2.94 KiB, limit: 2 KiB)"
    )
    assert failure(lambda: convex.query("m:give", {"kib": 1})) == (
        "Function m.js:give return value is too large (actual: 1.00 KiB, limit: 1 KiB)"
    )


def test_the_size_of_a_page(deployed: Make) -> None:
    convex = notes(deployed(Limits(page_size=2)), 1, 2, 3)
    assert convex.query("m:page", {"size": 2}) == 2
    assert (
        failure(lambda: convex.query("m:page", {"size": 3})) == "Uncaught Error: Requested too many items: 3"
    )
    assert failure(lambda: convex.query("m:page", {"size": 1.5})) == (
        "Uncaught Error: Invalid arguments for `queryPage`: invalid type: floating point `1.5`, expected usize"
    )


def test_a_function_may_catch_the_error_of_a_limit_and_what_it_did_before_stays(deployed: Make) -> None:
    convex = deployed(Limits(documents_written=1))
    assert convex.mutation("m:here") == "Too many writes in a single function execution (limit: 1)"
    assert [note["n"] for note in convex.db.table("notes")] == [1]


def test_a_caller_may_catch_the_sizes_of_a_call_within_its_transaction(deployed: Make) -> None:
    convex = deployed(Limits(arguments_bytes=4096, return_bytes=3000))
    assert convex.mutation("m:hand", {"kib": 4}) == (
        "Arguments for m.js:take are too large (actual: 4.01 KiB, limit: 4 KiB)"
    )
    assert convex.query("m:caughtQuery", {"what": "m:give", "args": {"kib": 3}}) == (
        "Function m.js:give return value is too large (actual: 3.00 KiB, limit: 2.93 KiB)\n"
    )


def test_the_depth_of_calls_is_counted_from_the_first_call(deployed: Make) -> None:
    convex = deployed(Limits(call_depth=3))
    assert convex.query("m:deep", {"left": 3}) == "bottom"
    assert convex.query("m:deep", {"left": 4}) == DEEPEST


def test_an_action_executes_eight_operations_at_once_and_the_rest_in_their_order(deployed: Make) -> None:
    convex = deployed()
    for n in range(20):
        # The first of them takes longest.
        convex.outbound.on("GET", f"https://example.com/{n}", json={}, latency_ms=1000 if n == 0 else 100)
    start = convex.now
    assert convex.action("m:many", {"count": 20})[-1] == 0
    assert [request.time_ms - start for request in convex.outbound.requests] == [0] * 8 + [100] * 7 + [
        200
    ] * 5
    asked = [int(request.url.rpartition("/")[2]) for request in convex.outbound.requests]
    assert [sorted(asked[:8]), sorted(asked[8:15]), sorted(asked[15:])] == [
        [*range(8)],
        [*range(8, 15)],
        [*range(15, 20)],
    ]


def test_timers_of_an_action_are_not_among_the_operations(deployed: Make) -> None:
    convex = deployed(Limits(concurrent_action_operations=1))
    convex.outbound.on("GET", "https://example.com/*", json={}, latency_ms=10)
    start = convex.now
    convex.action("m:many", {"count": 3})
    assert convex.now - start == 30


def test_an_action_is_out_of_time_however_it_spent_it(deployed: Make) -> None:
    convex = deployed()
    start = convex.now
    assert convex.action("m:wait", {"seconds": 1799}) == "done"
    assert failure(lambda: convex.action("m:wait", {"seconds": 1801})) == (
        "Function execution timed out (maximum duration: 1800s)"
    )
    assert convex.now - start == (1799 + 1800) * 1000


def test_a_loop_that_never_ends_is_a_function_out_of_time_and_the_next_call_works(deployed: Make) -> None:
    convex = deployed(step_timeout_s=0.5)
    with pytest.raises(FunctionError) as caught:
        convex.mutation("m:spin")
    assert (caught.value.message, caught.value.code) == (
        "Function execution timed out (maximum duration: 1s)",
        "UserTimeout",
    )
    assert convex.db.table("notes") == []
    convex.mutation("m:write", {"count": 2})
    assert len(convex.db.table("notes")) == 2


def test_nobody_within_the_transaction_catches_that_a_function_is_out_of_time(deployed: Make) -> None:
    convex = deployed(step_timeout_s=0.5)
    assert (
        failure(lambda: convex.mutation("m:spinNested"))
        == "Function execution timed out (maximum duration: 1s)"
    )
    assert convex.db.table("notes") == []
    assert convex.query("m:read") == 0


def test_an_action_catches_that_a_mutation_is_out_of_time(deployed: Make, language: str) -> None:
    convex = deployed(step_timeout_s=0.5)
    if language == "python":
        assert convex.action("m:inAction", {"what": "m:spin", "args": {}}) == (
            "Function execution timed out (maximum duration: 1s)\n"
        )
    else:
        # The action was in the process that had to be ended.
        assert failure(lambda: convex.action("m:inAction", {"what": "m:spin", "args": {}})) == (
            "The process that ran m:inAction ended before the function did: another function ran too long in real time, "
            "and its process was ended"
        )
    assert convex.query("m:read") == 0


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ({"tables": 0}, "Number of tables cannot exceed 0."),
        ({"indexes_per_table": 0}, 'Table "notes" cannot have more than 0 indexes.'),
        (
            {"index_fields": 1},
            'In table "notes": In index "by_n": Indexes may have up to 1 fields.',
        ),
    ],
)
def test_what_a_schema_defines_is_held_to_the_deployment(
    deployed: Make, limits: dict[str, int], problem: str
) -> None:
    with pytest.raises(ProjectError) as caught:
        deployed(Limits(**limits))
    assert str(caught.value) == f"The schema is not valid under the limits of this deployment: {problem}"


def test_tables_that_functions_create_are_among_those_that_there_may_be(deployed: Make) -> None:
    convex = deployed(Limits(tables=1))
    convex.mutation("m:write", {"count": 1})
    with pytest.raises(FunctionError) as caught:
        convex.db.insert("others", {})
    assert caught.value.message == "Number of tables cannot exceed 1."


def test_the_guidelines_are_tighter_where_they_differ() -> None:
    current, guidelines = Limits.current().model_dump(), Limits.guidelines().model_dump()
    assert {name: figure for name, figure in guidelines.items() if figure != current[name]} == {
        "arguments_bytes": 8 << 20,
        "return_bytes": 8 << 20,
        "documents_read": 16_384,
        "bytes_read": 8 << 20,
        "documents_written": 8_192,
        "bytes_written": 8 << 20,
        "scheduled_arguments_bytes": 8 << 20,
        "page_size": 16_384,
        "indexes_per_table": 32,
        "action_time_ms": 600_000,
        "concurrent_action_operations": 1_000,
        "concurrent_jobs": 10,
        "concurrent_actions": 16,
        "concurrent_node_actions": 16,
        "log_line_bytes": 4_096,
    }


def test_usage_of_an_action_has_the_operations_that_it_wanted_at_once(deployed: Make) -> None:
    convex = deployed()
    convex.outbound.on("GET", "https://example.com/*", json={}, latency_ms=10)
    convex.action("m:many", {"count": 12})
    used = convex.usage["m:many"].concurrent_action_operations
    assert (used.used, used.limit) == (12, 8)


def test_usage_of_a_page_has_its_size(deployed: Make) -> None:
    convex = deployed()
    convex.query("m:page", {"size": 20})
    assert (convex.usage["m:page"].page_size.used, convex.usage["m:page"].page_size.limit) == (20, 32_000)
