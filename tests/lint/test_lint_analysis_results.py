"""What a filter requires, what becomes of a query's results, and vector searches, in both languages."""

from __future__ import annotations

import pytest
from backend_facts import both, handler, py_handler, text_of
from biconvex.lint.lookup import asked_for_zero
from biconvex.lint.model import Backend, VectorSearch


def conditions(backend: Backend) -> list[str]:
    out = []
    for use in backend.database_uses:
        for chain in use.chains:
            for each in chain.filters:
                parts = [f"{c.operation}({c.field})" for c in each.conditions]
                out.append(" ".join(parts + ([] if each.complete else ["…"])))
    return out


def uses(backend: Backend) -> list[list[str] | None]:
    """Each array of documents with what becomes of it; None where that is not all in sight."""
    return [
        None
        if not use.all_uses
        else [f"{u.operation}{'' if u.key is None else f' {u.key}'}" for u in use.uses]
        for use in backend.database_uses
        if use.operation == "query"
    ]


def test_a_filter_gives_the_comparisons_that_every_document_must_meet():
    for backend in both(
        """
        await ctx.db.query("t").filter((q) => q.and(q.eq(q.field("a"), 1), q.lt(2, q.field("b")))).first();
        await ctx.db.query("t").filter((q) => q.or(q.eq(q.field("a"), 1), q.eq(q.field("b"), 2))).first();
        await ctx.db.query("t").filter((q) => q.and(q.neq(q.field("a"), null), q.not(q.field("b")))).first();
        await ctx.db.query("t").filter(anything).first();
        """,
        """
    await ctx.db.query("t").filter(lambda q: q.and_(q.eq(q.field("a"), 1), q.lt(2, q.field("b")))).first()
    await ctx.db.query("t").filter(lambda q: q.or_(q.eq(q.field("a"), 1), q.eq(q.field("b"), 2))).first()
    await ctx.db.query("t").filter(lambda q: q.and_(q.neq(q.field("a"), None), q.not_(q.field("b")))).first()
    await ctx.db.query("t").filter(anything).first()
""",
    ):
        assert conditions(backend) == ["eq(a) gt(b)", "…", "neq(a) …", "…"]


def test_each_use_of_an_array_of_documents():
    for backend in both(
        """
        const xs = await ctx.db.query("t").collect();
        if (xs.length > 3) console.log(xs[0], xs[xs.length - 1]);
        for (const x of xs) console.log(x.a);
        const n = (await ctx.db.query("u").collect()).length;
        const [one] = await ctx.db.query("v").collect();
        """,
        """
    xs = await ctx.db.query("t").collect()
    if len(xs) > 3:
        print(xs[0], xs[len(xs) - 1])
    for x in xs:
        print(x["a"])
    n = len(await ctx.db.query("u").collect())
    [one] = await ctx.db.query("v").collect()
""",
    ):
        assert uses(backend) == [["length", "at 0", "at", "length", "iterate"], ["length"], ["at 0"]]


def asked(backend: Backend) -> list[bool]:
    """Of each use of a length, whether it is only asked whether there are any."""
    (module,) = backend.modules.values()
    (use,) = (use for use in backend.database_uses if use.operation == "query")
    return [asked_for_zero(module, [each.node]) for each in use.uses if each.operation == "length"]


@pytest.mark.parametrize(
    ("ts", "py", "zero"),
    [
        ("xs.length === 0", "len(xs) == 0", True),
        ("xs.length > 0", "len(xs) > 0", True),
        ("1 <= xs.length", "1 <= len(xs)", True),
        ("xs.length < 1 || other", "len(xs) < 1 or other", True),
        ("!xs.length", "not len(xs)", True),
        ("xs.length", "len(xs)", True),
        ("xs.length !== 1", "len(xs) != 1", False),
        ("xs.length > 1", "len(xs) > 1", False),
        ("3 > xs.length", "3 > len(xs)", False),
        ("xs.length === other", "len(xs) == other", False),
        ("xs.length + 1 > 0", "len(xs) + 1 > 0", False),
    ],
)
def test_a_length_is_only_asked_whether_it_is_zero(ts: str, py: str, zero: bool):
    for backend in both(
        f"""
        const xs = await ctx.db.query("t").collect();
        if ({ts}) throw new Error("no");
        """,
        f"""
    xs = await ctx.db.query("t").collect()
    if {py}:
        raise ValueError("no")
""",
    ):
        assert asked(backend) == [zero]


def test_a_length_that_is_used_as_a_number_is_asked_for_more():
    for backend in both(
        """
        const xs = await ctx.db.query("t").collect();
        return xs.length && { some: xs.length ? 1 : 2, count: xs.length };
        """,
        """
    xs = await ctx.db.query("t").collect()
    return len(xs) and {"some": 1 if len(xs) else 2, "count": len(xs)}
""",
    ):
        assert asked(backend) == [True, True, False]


def test_methods_and_slices_of_an_array_of_documents():
    ts = handler("""
        const xs = await ctx.db.query("t").take(10);
        return { top: xs.sort(byAge).slice(0, 3), last: xs.at(-1), some: xs.filter((x) => x.a) };
    """)
    assert uses(ts) == [["sort", "at -1", "filter"]]
    py = py_handler("""
    xs = await ctx.db.query("t").take(10)
    return {"top": sorted(xs)[:3], "few": xs[:2], "some": [x for x in xs if x["a"]]}
""")
    assert uses(py) == [["sort", "slice", "iterate"]]


def test_results_of_queries_that_run_at_once():
    for backend in both(
        """
        const [xs, ys] = await Promise.all([ctx.db.query("t").collect(), ctx.db.query("u").collect()]);
        return { count: xs.length, ys };
        """,
        """
    [xs, ys] = await asyncio.gather(ctx.db.query("t").collect(), ctx.db.query("u").collect())
    return {"count": len(xs), "ys": ys}
""",
    ):
        assert uses(backend) == [["length"], None]


@pytest.mark.parametrize(
    "code",
    [
        "const xs = await ctx.db.query('t').collect(); if (xs.length) return xs;",
        "const xs = await ctx.db.query('t').collect(); f(xs); return xs.length;",
        "const o = { xs: await ctx.db.query('t').collect() }; return o.xs.length;",
        "const all = await Promise.all([ctx.db.query('t').collect()]); f(all[0].length); return all;",
        "return await ctx.db.query('t').collect();",
        "let xs = await ctx.db.query('t').collect(); if (xs[0]) { xs = g(); } return xs;",
    ],
)
def test_an_array_that_goes_out_of_sight_has_unknown_uses(code: str):
    assert uses(handler(code)) == [None]


def test_a_vector_search_with_its_index_limit_and_filter():
    for backend in both(
        """
        await ctx.vectorSearch("t", "by_v", {
          vector: [1, 2], limit: 300, filter: (q) => q.or(q.eq("a", 1), q.eq("b", 2)),
        });
        await ctx.vectorSearch(table, name, options);
        """,
        """
    await ctx.vector_search("t", "by_v", {
        "vector": [1, 2], "limit": 300, "filter": lambda q: q.or_(q.eq("a", 1), q.eq("b", 2)),
    })
    await ctx.vector_search(table, name, options)
""",
        "action",
    ):
        known, unknown = (call for call in backend.ctx_calls if isinstance(call, VectorSearch))
        assert (known.use.table, known.use.name, known.limit, known.length) == ("t", "by_v", 300, 2)
        assert [[step.field for step in steps] for steps in known.use.ranges or ()] == [["a", "b"]]
        assert (unknown.use.table, unknown.use.name, unknown.limit, unknown.length) == (
            None,
            None,
            None,
            None,
        )
        assert unknown.use.ranges is None
        assert [text_of(use.name_place) for use in backend.index_uses] == ['"by_v"', "name"]


def test_a_query_of_a_helper_library_is_known_as_one():
    backend = handler("""
        const { paginator } = await import("convex-helpers/server/pagination");
        await paginator(ctx.db, schema).query("t").paginate({ numItems: 20, cursor: null });
        await ctx.db.query("t").paginate({ numItems: 30, cursor: null });
    """)
    found = [chain for use in backend.database_uses for chain in use.chains]
    assert [(chain.library, chain.limit) for chain in found] == [(True, 20), (False, 30)]
