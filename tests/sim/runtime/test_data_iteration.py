"""Iterating over queries, and using them up (semantics §1.6, §5.3)."""

from __future__ import annotations

from typing import Any

import data_kit as kit
import pytest
from biconvex.sim import Deployment

TYPESCRIPT = """
export const fill = mutation({ args: { count: v.number() }, handler: async (ctx, { count }) => {
  for (let n = 0; n < count; n++) await ctx.db.insert("things" as any, { n });
} });
export const sum_to = query({ args: { last: v.number() }, handler: async (ctx, { last }) => {
  let sum = 0;
  for await (const { n } of ctx.db.query("things" as any)) { sum += n; if (n === last) break; }
  return sum;
} });
export const write_while_reading = mutation({ args: { at: v.number() }, handler: async (ctx, { at }) => {
  const seen: number[] = [];
  for await (const { n } of ctx.db.query("things" as any)) {
    seen.push(n);
    if (n === 0) await ctx.db.insert("things" as any, { n: 1000 });
    if (n === at) for (const doc of await ctx.db.query("things" as any).collect()) if (doc.n === at + 1 || doc.n === at + 150) await ctx.db.delete(doc._id);
  }
  return seen;
} });
export const two_at_once = query({ args: {}, handler: async (ctx) => {
  const seen: number[] = [];
  for await (const left of ctx.db.query("things" as any)) {
    const right = await ctx.db.query("things" as any).order("desc").first();
    seen.push(left.n, right!.n);
    if (left.n === 2) break;
  }
  return seen;
} });
export const table_query_is_fresh = query({ args: {}, handler: async (ctx) => {
  const all = ctx.db.query("things" as any);
  return [(await all.first())!.n, (await all.order("desc").first())!.n, (await all.collect()).length];
} });
export const chained_twice = query({ args: {}, handler: async (ctx) => {
  const ordered = ctx.db.query("things" as any).order("asc");
  ordered.filter((q) => q.eq(1, 1));
  await ordered.collect();
} });
export const chain_after_chain = query({ args: {}, handler: async (ctx) => {
  const ordered = ctx.db.query("things" as any).order("asc");
  await ordered.first();
  await ordered.take(1);
} });
export const read_twice = query({ args: {}, handler: async (ctx) => {
  const ordered = ctx.db.query("things" as any).order("asc");
  await ordered.collect();
  await ordered.collect();
} });
export const iterate_twice = query({ args: {}, handler: async (ctx) => {
  const ordered: any = ctx.db.query("things" as any).order("asc");
  ordered[Symbol.asyncIterator]();
  ordered[Symbol.asyncIterator]();
} });
export const step_by_step = query({ args: {}, handler: async (ctx) => {
  const ordered: any = ctx.db.query("things" as any).order("desc");
  return [(await ordered.next()).value.n, (await ordered.next()).value.n];
} });
export const returned = query({ args: {}, handler: async (ctx) => ctx.db.query("things" as any) as any });
export const returned_ordered = query({ args: {}, handler: async (ctx) => ctx.db.query("things" as any).order("asc") as any });
export const range_reused = query({ args: {}, handler: async (ctx) =>
  await ctx.db.query("things" as any).withIndex("by_creation_time", (q: any) => { q.gt("_creationTime", 1); return q.lt("_creationTime", 2); }).collect(),
});
"""
PYTHON = """
@mutation(args={"count": v.number()})
async def fill(ctx, args):
    for n in range(int(args["count"])):
        await ctx.db.insert("things", {"n": n})

@query(args={"last": v.number()})
async def sum_to(ctx, args):
    total = 0
    async for document in ctx.db.query("things"):
        total += document["n"]
        if document["n"] == args["last"]:
            break
    return total

@mutation(args={"at": v.number()})
async def write_while_reading(ctx, args):
    seen, at = [], args["at"]
    async for document in ctx.db.query("things"):
        n = document["n"]
        seen.append(n)
        if n == 0:
            await ctx.db.insert("things", {"n": 1000})
        if n == at:
            for other in await ctx.db.query("things").collect():
                if other["n"] in (at + 1, at + 150):
                    await ctx.db.delete(other["_id"])
    return seen

@query(args={})
async def two_at_once(ctx, args):
    seen = []
    async for left in ctx.db.query("things"):
        right = await ctx.db.query("things").order("desc").first()
        seen += [left["n"], right["n"]]
        if left["n"] == 2:
            break
    return seen

@query(args={})
async def table_query_is_fresh(ctx, args):
    all = ctx.db.query("things")
    return [(await all.first())["n"], (await all.order("desc").first())["n"], len(await all.collect())]

@query(args={})
async def chained_twice(ctx, args):
    ordered = ctx.db.query("things").order("asc")
    ordered.filter(lambda q: q.eq(1, 1))
    await ordered.collect()

@query(args={})
async def chain_after_chain(ctx, args):
    ordered = ctx.db.query("things").order("asc")
    await ordered.first()
    await ordered.take(1)

@query(args={})
async def read_twice(ctx, args):
    ordered = ctx.db.query("things").order("asc")
    await ordered.collect()
    await ordered.collect()

@query(args={})
async def iterate_twice(ctx, args):
    ordered = ctx.db.query("things").order("asc")
    aiter(ordered)
    aiter(ordered)

@query(args={})
async def step_by_step(ctx, args):
    ordered = ctx.db.query("things").order("desc")
    return [(await anext(ordered))["n"], (await anext(ordered))["n"]]

@query(args={})
async def returned(ctx, args): return ctx.db.query("things")

@query(args={})
async def returned_ordered(ctx, args): return ctx.db.query("things").order("asc")

@query(args={})
async def range_reused(ctx, args):
    def between(q):
        q.gt("_creationTime", 1)
        return q.lt("_creationTime", 2)
    return await ctx.db.query("things").with_index("by_creation_time", between).collect()
"""


@pytest.fixture
def numbers(backend: Any) -> Deployment:
    made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON)
    made.mutation("m:fill", {"count": 300})
    return made


def test_leaving_a_loop_early_reads_no_further(numbers: Deployment) -> None:
    subscription = numbers.subscribe("m:sum_to", {"last": 3})
    assert subscription.value == 6
    ids = [document["_id"] for document in numbers.db.table("things")]
    runs = sum(event.kind == "start" for event in numbers.trace)
    numbers.db.insert("things", {"n": 1})
    assert sum(event.kind == "start" for event in numbers.trace) == runs
    assert len(ids) == 300


def test_writes_while_iterating_show_beyond_the_rows_that_were_fetched(numbers: Deployment) -> None:
    seen = numbers.mutation("m:write_while_reading", {"at": 10})
    # 100 rows are fetched at a time: what is deleted of them still comes, what lies beyond doesn't.
    assert (11 in seen, 160 in seen, seen[-1]) == (True, False, 1000)


def test_several_queries_may_be_read_side_by_side(numbers: Deployment) -> None:
    assert numbers.query("m:two_at_once") == [0, 299, 1, 299, 2, 299]


def test_a_tables_query_begins_anew_each_time(numbers: Deployment) -> None:
    assert numbers.query("m:table_query_is_fresh") == [0, 299, 300]


def test_a_query_can_be_stepped_through(numbers: Deployment) -> None:
    assert numbers.query("m:step_by_step") == [299, 298]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("chained_twice", "This query has been chained with another operator and can't be reused."),
        (
            "chain_after_chain",
            "A query can only be chained once and can't be chained after iteration begins.",
        ),
        ("read_twice", "This query is closed and can't emit any more values."),
        ("iterate_twice", "Iteration can only begin on a query once."),
        (
            "returned",
            (
                "Return value is a Query. Results must be retrieved with `.collect()`, `.take(n), `.unique()`, "
                "or `.first()`."
            ),
        ),
        (
            "returned_ordered",
            (
                "Return value is a Query. Results must be retrieved with `.collect()`, `.take(n), `.unique()`, "
                "or `.first()`."
            ),
        ),
    ],
)
def test_a_query_is_used_once(numbers: Deployment, function: str, message: str) -> None:
    assert kit.failure_of(lambda: numbers.query(f"m:{function}")) == f"Uncaught Error: {message}"


def test_a_range_is_described_in_one_chain(numbers: Deployment, language: str) -> None:
    chain = "q => q.eq(...).eq(...)" if language == "typescript" else "lambda q: q.eq(…).eq(…)"
    assert kit.failure_of(lambda: numbers.query("m:range_reused")) == (
        f"Uncaught Error: IndexRangeBuilder has already been used! Chain your method calls like `{chain}`. See https://docs.convex.dev/using/indexes"
    )
