"""Loops around calls: how often, over what; delays; what a scheduled function is."""

from __future__ import annotations

import pytest
from backend_facts import both, handler, loops, py_handler, python, typescript

SCHEDULE = "await ctx.scheduler.runAfter(0, internal.a.f, {});"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("for (const x of args.items)", ["for-of None"]),
        ("for (const x of [1, 2, 3])", ["for-of 3"]),
        ("for (const x of CONSTANT)", ["for-of 2"]),
        ("for (const x of Object.keys({ a: 1, b: 2 }))", ["for-of 2"]),
        ("for (const x of new Set([1, 2]))", ["for-of 2"]),
        ("for (const x of [...args.items])", ["for-of None"]),
        ("for (const x of args.items.slice(0, 7))", ["for-of 7"]),
        ("for (const x of Array.from({ length: 4 }))", ["for-of 4"]),
        ("for (const [i, x] of CONSTANT.entries())", ["for-of 2"]),
        ("for (let i = 0; i < 10; i++)", ["for 10"]),
        ("for (let i = 1; i <= 10; i += 2)", ["for 5"]),
        ("for (let i = 0; i < args.n; i++)", ["for None"]),
        ("for (const key in args)", ["for-in None"]),
        ("while (args.more)", ["while None"]),
        ("for (const a of [1, 2]) for (const b of args.items)", ["for-of 2", "for-of None"]),
    ],
)
def test_the_rounds_of_a_loop(head: str, expected: list[str]):
    backend = typescript(f"""
const CONSTANT = ["a", "b"];
export const f = mutation({{ args: {{}}, handler: async (ctx, args) => {{ {head} {{ {SCHEDULE} }} }} }});
""")
    assert loops(backend.schedule_calls[0]) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("for x in args['items']:", ["for-of None"]),
        ("for x in [1, 2, 3]:", ["for-of 3"]),
        ("for x in range(10):", ["for-of 10"]),
        ("for x in range(0, 10, 3):", ["for-of 4"]),
        ("for i, x in enumerate(CONSTANT):", ["for-of 2"]),
        ("for x in CONSTANT[:1]:", ["for-of None"]),
        ("while args['more']:", ["while None"]),
    ],
)
def test_the_rounds_of_a_python_loop(head: str, expected: list[str]):
    backend = python(f"""
CONSTANT = ("a", "b")
@mutation(args={{}})
async def f(ctx, args):
    {head}
        await ctx.scheduler.run_after(0, internal.a.f, {{}})
""")
    assert loops(backend.schedule_calls[0]) == expected


def test_a_loop_over_a_query_s_results_knows_the_query():
    for backend in both(
        f"""
        const rows = await ctx.db.query("t").take(5);
        for (const row of rows) {{ {SCHEDULE} }}
        const all = await ctx.db.query("u").collect();
        for (const row of all.filter((r) => r.x)) {{ {SCHEDULE} }}
        """,
        """
    rows = await ctx.db.query("t").take(5)
    for row in rows:
        await ctx.scheduler.run_after(0, internal.a.f, {})
    all = await ctx.db.query("u").collect()
    for row in all:
        await ctx.scheduler.run_after(0, internal.a.f, {})
""",
    ):
        few, many = [call.loops[0] for call in backend.schedule_calls]
        assert few.query is not None
        assert many.query is not None
        assert (few.bound, few.query.table, few.query.terminal) == (5, "t", "take")
        assert (many.bound, many.query.table, many.query.terminal) == (None, "u", "collect")


def test_a_page_is_as_long_as_it_was_asked_for():
    backend = handler(f"""
        const {{ page }} = await ctx.db.query("t").paginate({{ numItems: 50, cursor: null }});
        for (const row of page) {{ {SCHEDULE} }}
        const result = await ctx.db.query("t").paginate(args.opts);
        for (const row of result.page) {{ {SCHEDULE} }}
    """)
    assert [(call.loops[0].bound, call.loops[0].query is not None) for call in backend.schedule_calls] == [
        (50, True),
        (None, True),
    ]


def test_callbacks_and_comprehensions_are_loops():
    backend = handler(
        "await Promise.all([1, 2].map(async (x) => { await ctx.scheduler.runAfter(0, internal.a.f, {}); }));"
    )
    assert loops(backend.schedule_calls[0]) == ["callback 2"]
    py = py_handler(
        "    import asyncio\n    await asyncio.gather(*[ctx.scheduler.run_after(0, internal.a.f) for x in (1, 2)])"
    )
    assert loops(py.schedule_calls[0]) == ["comprehension 2"]


def test_a_loop_without_an_end_says_so():
    for backend in both(
        f"while (true) {{ {SCHEDULE} }}",
        "    while True:\n        await ctx.scheduler.run_after(0, internal.a.f, {})",
    ):
        assert [loop.endless for loop in backend.schedule_calls[0].loops] == [True]


def test_an_array_that_grows_has_no_bound():
    backend = handler(
        f"const ids = []; for (const x of args.xs) {{ ids.push(x); }} for (const id of ids) {{ {SCHEDULE} }}"
    )
    assert loops(backend.schedule_calls[0]) == ["for-of None"]


def test_the_loops_of_callers_stand_in_the_way():
    backend = typescript(f"""
async function send(ctx) {{ {SCHEDULE} }}
export const f = mutation({{ args: {{}}, handler: async (ctx, args) => {{ for (const x of args.xs) {{ await send(ctx); }} }} }});
""")
    call = backend.schedule_calls[0]
    way = backend.reach(call.body, "mutation")
    assert way is not None
    assert (call.loops, [loop.kind for step in way.path for loop in step.loops]) == ((), ["for-of"])


@pytest.mark.parametrize(
    ("body", "leaves"),
    [
        (f"{SCHEDULE} return;", True),
        (f"{SCHEDULE} break;", True),
        (f"if (x.big) {{ {SCHEDULE} return; }}", True),
        (f"if (x.big) {{ {SCHEDULE} }} return;", True),
        (f"if (x.big) {{ {SCHEDULE} continue; }} return;", False),
        (f"{SCHEDULE} if (x.big) return;", False),
        (f"for (const y of x) {{ {SCHEDULE} }} return;", False),
        (f"switch (x) {{ case 1: {SCHEDULE} break; }}", False),
        (f"[1].forEach(() => {{ {SCHEDULE.replace('await ', '')} return; }});", False),
        (SCHEDULE, False),
    ],
)
def test_a_call_may_leave_its_loop(body: str, leaves: bool):
    backend = handler(f"for (const x of args.xs) {{ {body} }}")
    assert backend.schedule_calls[0].leaves_loop is leaves


@pytest.mark.parametrize(
    ("body", "conditional"),
    [
        (SCHEDULE, False),
        (f"{{ {SCHEDULE} }}", False),
        (f"if (args.x) {{ {SCHEDULE} }}", True),
        (f"if (args.x) return; {SCHEDULE}", True),
        (f"if (args.x) throw 1; {SCHEDULE}", True),
        (f"if (args.x) {{ log(); }} {SCHEDULE}", False),
        (f"args.x && {SCHEDULE}", True),
        (f"for (const x of args.xs) {{ {SCHEDULE} }}", True),
        (f"try {{ {SCHEDULE} }} catch {{ }}", False),
        (f"try {{ }} catch {{ {SCHEDULE} }}", True),
    ],
)
def test_a_call_may_be_conditional(body: str, conditional: bool):
    assert handler(body).schedule_calls[0].conditional is conditional


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        ("0", 0),
        ("5 * 60 * 1000", 300_000),
        ("MINUTE * 2", 120_000),
        ("(1 + 1) * 500", 1_000),
        ("60_000 / 4", 15_000),
        ("-1", -1),
        ("args.delay", None),
        ("Math.max(1, 2)", None),
    ],
)
def test_delays_are_folded(delay: str, expected: float | None):
    backend = typescript(
        f"import {{ MINUTE }} from './time';\nexport const f = mutation({{ args: {{}}, handler: async (ctx, args) => "
        f"{{ await ctx.scheduler.runAfter({delay}, internal.a.f, {{}}); }} }});",
        time="export const SECOND = 1000;\nexport const MINUTE = 60 * SECOND;",
    )
    assert backend.schedule_calls[0].delay_ms == expected


def test_a_function_that_schedules_itself():
    for backend in (
        typescript("""
export const f = internalMutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(0, internal.a.f, {}); } });
export const g = mutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAt(1, internal.a.f, { x: 1 }); } });
"""),
        python("""
@internal_mutation(args={})
async def f(ctx, args): await ctx.scheduler.run_after(0, internal.a.f, {})
@mutation(args={})
async def g(ctx, args): await ctx.scheduler.run_at(1, "a:f", {"x": 1})
"""),
    ):
        first, second = backend.schedule_calls
        assert (first.operation, first.schedules_itself, second.operation, second.schedules_itself) == (
            "runAfter",
            True,
            "runAt",
            False,
        )
        assert second.args is not None
        assert first.reference is not None
        assert first.reference.function is backend.functions[0]
        assert second.reference is not None
        assert second.reference.function is backend.functions[0]
