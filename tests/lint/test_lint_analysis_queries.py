"""Query chains and index ranges, followed through variables and branches, in both languages."""

from __future__ import annotations

import pytest
from backend_facts import both, chains, handler, python, ranges, text_of, typescript


def test_a_chain_from_query_to_terminal():
    for backend in both(
        'return await ctx.db.query("t").withIndex("by_a", (q) => q.eq("a", 1).gt("b", 2)).order("desc").take(5);',
        '    return await ctx.db.query("t").with_index("by_a", lambda q: q.eq("a", 1).gt("b", 2)).order("desc").take(5)',
    ):
        assert chains(backend) == ["t withIndex by_a desc take 5"]
        assert ranges(backend) == ["t.by_a: ['eq(a) gt(b)']"]


@pytest.mark.parametrize("terminal", ["collect", "first", "unique", "count", "paginate"])
def test_every_terminal_ends_a_chain(terminal: str):
    backend = handler(f'await ctx.db.query("t").filter((q) => q.eq(q.field("a"), 1)).{terminal}();')
    assert chains(backend) == [f"t filter {terminal}"]


def test_a_chain_is_followed_through_variables():
    for backend in both(
        """
        const base = ctx.db.query("t");
        const narrowed = base.withIndex("by_a", (q) => q.eq("a", 1));
        const rows = await narrowed.collect();
        """,
        """
    base = ctx.db.query("t")
    narrowed = base.with_index("by_a", lambda q: q.eq("a", 1))
    rows = await narrowed.collect()
""",
    ):
        assert chains(backend) == ["t withIndex by_a collect"]
        assert all(chain.complete for use in backend.database_uses for chain in use.chains)


def test_a_variable_that_is_given_a_longer_chain():
    for backend in both(
        """
        let q = ctx.db.query("t");
        q = q.order("desc");
        await q.first();
        """,
        """
    q = ctx.db.query("t")
    q = q.order("desc")
    await q.first()
""",
    ):
        assert chains(backend) == ["t desc first"]


def test_a_branch_makes_a_query_one_of_several():
    for backend in both(
        """
        let q = ctx.db.query("t");
        if (args.done) { q = q.filter((f) => f.eq(f.field("done"), true)); }
        await q.collect();
        """,
        """
    q = ctx.db.query("t")
    if args["done"]:
        q = q.filter(lambda f: f.eq(f.field("done"), True))
    await q.collect()
""",
    ):
        assert chains(backend) == ["t collect", "t filter collect"]
        assert len(backend.database_uses) == 1


def test_a_ternary_makes_a_query_one_of_several():
    backend = handler("""
        const q = args.all ? ctx.db.query("t") : ctx.db.query("u").withIndex("by_a", (q) => q.eq("a", 1));
        await q.collect();
    """)
    assert chains(backend) == ["t collect", "u withIndex by_a collect"]
    assert [use.table for use in backend.database_uses] == [None]


def test_a_query_that_leaves_our_sight_is_incomplete():
    backend = handler('const q = ctx.db.query("t").order("asc"); return await elsewhere(q);')
    assert chains(backend) == ["t asc None"]
    assert [chain.complete for use in backend.database_uses for chain in use.chains] == [False]


def test_a_query_that_a_helper_builds_ends_where_it_is_run():
    for backend in (
        typescript("""
function mine(ctx, owner) { return ctx.db.query("t").withIndex("by_owner", (q) => q.eq("owner", owner)); }
export const f = query({ args: {}, handler: async (ctx) => { return await mine(ctx, 1).take(3); } });
"""),
        python("""
def mine(ctx, owner):
    return ctx.db.query("t").with_index("by_owner", lambda q: q.eq("owner", owner))
@query(args={})
async def f(ctx, args):
    return await mine(ctx, 1).take(3)
"""),
    ):
        assert chains(backend) == ["t withIndex by_owner take 3"]


def test_a_query_that_is_handed_to_a_helper_ends_there():
    for backend in (
        typescript("""
async function all(q) { return await q.filter((f) => f.eq(f.field("done"), true)).collect(); }
export const f = query({ args: {}, handler: async (ctx) => await all(ctx.db.query("t").order("desc")) });
export const g = query({ args: {}, handler: async (ctx) => await all(ctx.db.query("t")) });
"""),
        python("""
async def all(q):
    return await q.filter(lambda f: f.eq(f.field("done"), True)).collect()
@query(args={})
async def f(ctx, args):
    return await all(ctx.db.query("t").order("desc"))
@query(args={})
async def g(ctx, args):
    return await all(ctx.db.query("t"))
"""),
    ):
        (use,) = backend.database_uses
        assert chains(backend) == ["t filter desc collect", "t filter collect"]
        assert (use.body.name, use.kinds, use.body.parameters) == ("all", {"query"}, ())
        found = backend.reach(use.body, "query")
        assert found is not None
        assert [step.text for step in found.path] == ["all"]


def test_a_helper_may_give_back_a_longer_query():
    for backend in (
        typescript("""
const done = (q) => q.filter((f) => f.eq(f.field("done"), true));
export const f = query({ args: {}, handler: async (ctx) => await done(ctx.db.query("t")).first() });
"""),
        python("""
def done(q):
    return q.filter(lambda f: f.eq(f.field("done"), True))
@query(args={})
async def f(ctx, args):
    return await done(ctx.db.query("t")).first()
"""),
    ):
        assert chains(backend) == ["t filter first"]


def test_a_helper_that_hands_queries_on_to_itself_is_followed_a_while():
    backend = typescript("""
function more(q, n) { return n ? more(q.filter((f) => f.eq(f.field("n"), n)), n - 1) : q; }
export const f = query({ args: {}, handler: async (ctx) => await more(ctx.db.query("t"), 9).first() });
""")
    assert {use.operation for use in backend.database_uses} == {"query"}


def test_an_async_loop_runs_a_query():
    for backend in both(
        'for await (const row of ctx.db.query("t").order("desc")) { await ctx.db.delete("t", row._id); }',
        '    async for row in ctx.db.query("t").order("desc"):\n        await ctx.db.delete("t", row["_id"])',
    ):
        assert chains(backend) == ["t desc iterate"]
        delete = next(use for use in backend.database_uses if use.operation == "delete")
        assert delete.loops[0].query is backend.database_uses[0].chains[0]


def test_an_async_comprehension_runs_a_query():
    backend = python(
        '@query(args={})\nasync def f(ctx, args):\n    return [row async for row in ctx.db.query("t")]\n'
    )
    assert chains(backend) == ["t iterate"]


def test_system_tables_and_full_scans_are_marked():
    backend = handler(
        'await ctx.db.system.query("_storage").fullTableScan().collect(); await ctx.db.system.get(id);'
    )
    use, get = backend.database_uses
    assert (use.system, use.chains[0].system, use.chains[0].full_scan) == (True, True, True)
    assert (get.operation, get.system) == ("get", True)


def test_a_table_held_in_a_constant_is_known_and_a_computed_one_is_not():
    backend = typescript("""
const TABLE = "t";
export const f = query({ args: {}, handler: async (ctx, args) => {
  await ctx.db.query(TABLE).first();
  await ctx.db.query(args.table).first();
} });
""")
    assert chains(backend) == ["t first", "None first"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('ctx.db.get("t", id)', "get t explicit"),
        ("ctx.db.get(id)", "get None"),
        ('ctx.db.insert("t", {})', "insert t explicit"),
        ('ctx.db.patch("t", id, {})', "patch t explicit"),
        ("ctx.db.patch(id, {})", "patch None"),
        ("ctx.db.replace(id, {})", "replace None"),
        ("ctx.db.delete(id)", "delete None"),
        ('ctx.db.delete("t", id)', "delete t explicit"),
        ('ctx.db.normalizeId("t", text)', "normalizeId t explicit"),
        ("ctx.db.get(...both)", "get None"),
    ],
)
def test_point_operations_name_their_table_or_do_not(call: str, expected: str):
    use = handler(f"await {call};").database_uses[0]
    assert f"{use.operation} {use.table}" + (" explicit" if use.explicit_table else "") == expected
    assert text_of(use.place) == call


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("", "[]"),
        (", (q) => q", "['']"),
        (', (q) => q.eq("a", 1)', "['eq(a)']"),
        (', q => { return q.eq("a", 1).gte("b", 0).lt("b", 9); }', "['eq(a) gte(b) lt(b)']"),
        (', (q) => args.x ? q.eq("a", 1) : q.eq("a", 2).eq("b", 3)', "['eq(a)', 'eq(a) eq(b)']"),
        (
            ', (q) => { const r = q.eq("a", 1); if (args.x) { return r.gt("b", 1); } return r; }',
            "['eq(a) gt(b)', 'eq(a)']",
        ),
        (
            ', (q) => { let r = q.eq("a", 1); if (args.x) { r = r.gt("b", 1); } return r; }',
            "['eq(a)', 'eq(a) gt(b)']",
        ),
        (", (q) => q.eq(args.field, 1)", "['eq(None)']"),
        (", range", "['eq(named)']"),
        (", args.x ? range : undefined", "None"),
        (", elsewhere", "None"),
        (", (q) => elsewhere(q)", "None"),
        (", (q) => q.sparkle(1)", "None"),
    ],
)
def test_the_ranges_that_a_callback_may_return(second: str, expected: str):
    backend = typescript(f"""
const range = (q) => q.eq("named", 1);
export const f = query({{ args: {{}}, handler: async (ctx, args) => {{ await ctx.db.query("t").withIndex("i"{second}).collect(); }} }});
""")
    assert ranges(backend) == [f"t.i: {expected}"]


def test_a_range_s_places_are_the_step_and_its_field():
    use = handler(
        'await ctx.db.query("t").withIndex("i", (q) => q.eq("a", 1).gt("b", 2)).first();'
    ).index_uses[0]
    assert use.ranges is not None
    assert [text_of(step.place) for step in use.ranges[0]] == ['eq("a", 1)', 'gt("b", 2)']
    assert [text_of(step.field_place) for step in use.ranges[0]] == ['"a"', '"b"']
    assert (text_of(use.name_place), text_of(use.place)[:14]) == ('"i"', 'withIndex("i",')


def test_an_index_that_a_ternary_names_is_used_under_each_name():
    backend = handler("""
        const name = args.new ? "by_new" : "by_old";
        await ctx.db.query("t").withIndex(name, (q) => q.eq("a", 1)).first();
        await ctx.db.query("t").withIndex(args.name).first();
    """)
    assert ranges(backend) == ["t.by_new: ['eq(a)']", "t.by_old: ['eq(a)']", "t.None: []"]


def test_search_indexes_have_search_and_eq_steps():
    for backend in both(
        'await ctx.db.query("t").withSearchIndex("s", (q) => q.search("body", "x").eq("owner", 1)).take(3);',
        '    await ctx.db.query("t").with_search_index("s", lambda q: q.search("body", "x").eq("owner", 1)).take(3)',
    ):
        assert ranges(backend) == ["t.s: ['search(body) eq(owner)']"]
        assert backend.index_uses[0].kind == "search"


def test_queries_through_a_paginator_of_convex_helpers_are_queries():
    backend = typescript("""
import { paginator, stream } from "convex-helpers/server";
export const f = query({ args: {}, handler: async (ctx, args) => {
  return await paginator(ctx.db, schema).query("t").withIndex("i", (q) => q.eq("a", 1)).paginate(args.opts);
} });
""")
    assert chains(backend) == ["t withIndex i paginate"]
