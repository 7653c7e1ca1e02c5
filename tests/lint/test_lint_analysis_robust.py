"""Whatever the text, the analysis ends, in time, without an error."""

from __future__ import annotations

import sys
from time import perf_counter

import pytest
from backend_facts import PY_HEAD, TS_HEAD, calls, handler, sources, typescript
from biconvex.lint.model import Place
from biconvex.lint.source import SourceFile
from hypothesis import given, settings
from hypothesis import strategies as st

PIECES = [
    "ctx", "ctx.db", "ctx.db.query('t')", ".withIndex('i', (q) => q.eq('a', 1))", ".collect()", "await ", "(", ")",
    "{", "}", "[", "]", "...", " => ", "async ", "function f(ctx) ", "const x = ", "let { db } = ", "return ", ";",
    "export ", "export default ", "query(", "mutation({ args: {}, handler: ", "internal.a.f", "class A { m(ctx) ", ", ",
    "import { f } from './a'", "import * as a from './a'", "for (const x of ", "if ('db' in ctx) ", "?", ":", "&&", "\n",
    "customMutation(mutation, ", "defineSchema({ t: defineTable(", "v.object(", "Promise.all(", ".map(", ".forEach(",
    "throw 1", "f(ctx)", "this.", "new A()", "`${", "}`", "exports.x = ", "while (true) ", "try ", "catch (e) ",
]  # fmt: skip
PYTHON_PIECES = [
    "ctx", "ctx.db.query('t')", ".with_index('i', lambda q: q.eq('a', 1))", "await ", "(", ")", "[", "]", "{", "}", "*",
    "async def f(ctx, args):", "\n    ", "\n        ", "\n", "return ", "@query(args=", "@mutation\n", "x = ", "for x in ",
    "async for r in ", "if ", "class A:", "lambda: ", ":", ", ", "internal.a.f", "from .a import f", "f(ctx)", "pass",
    "asyncio.gather(", "raise ", "try:", "except E as e:", "with a as b:", "self.", "**x", "yield ", "match x:",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=20).map("".join),
)
def test_no_script_breaks_it(one: str, other: str):
    sources({"a.ts": TS_HEAD + one, "b.ts": TS_HEAD + other, "schema.ts": other})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PYTHON_PIECES), max_size=40).map("".join))
def test_no_python_breaks_it(text: str):
    sources({"a.py": PY_HEAD + text, "schema.py": text})


@pytest.mark.parametrize(
    "deep",
    [
        "(" * 10_000 + "1" + ")" * 10_000,
        "[" * 3_000 + "]" * 3_000,
        "a" + ".b" * 5_000,
        "f" + "()" * 3_000,
        "1" + " + 1" * 5_000,
        "x => " * 2_000 + "1",
        "c ? 1 : " * 2_000 + "1",
        "f(" * 2_000 + ")" * 2_000,
        "{a: " * 2_000 + "1" + "}" * 2_000,
        "await " * 2_000 + "1",
        "async () => { await ctx.db.get('t', " * 300 + "1" + "); }" * 300,
    ],
    ids=lambda text: text[:12],
)
def test_deep_nesting_is_left_unknown(deep: str):
    backend = handler(f"const x = {deep}; await ctx.db.get('t', 1);")
    assert calls(backend)[-1] == "db.get mutation"
    assert len(typescript(f"export const x = {deep};").modules) == 1


def test_deeply_nested_statements_end():
    blocks = handler("if (x) { " * 1_000 + "ctx.db.get('t', 1);" + "}" * 1_000 + " await ctx.db.get('t', 2);")
    assert calls(blocks)[-1] == "db.get mutation"
    chain = handler("if (x) {} else " * 1_000 + "{} await ctx.db.get('t', 2);")
    assert calls(chain) == ["db.get mutation"]


def test_a_variable_that_is_read_too_deep_is_not_called_unread():
    deep = "f(" * 400 + "pending" + ")" * 400
    backend = handler(f"const pending = ctx.db.get('t', 1); {deep};")
    assert [promise.fate for promise in backend.promises if promise.fate in {"unused", "floating"}] == []


def test_a_long_chain_of_helpers_is_followed_to_its_end():
    helpers = "\n".join(f"async function h{n}(ctx) {{ await h{n + 1}(ctx); }}" for n in range(500))
    backend = typescript(f"""{helpers}
async function h500(ctx) {{ await ctx.db.get("t", 1); }}
export const f = action({{ args: {{}}, handler: async (ctx) => {{ await h0(ctx); }} }});
""")
    assert calls(backend) == ["db.get action"]
    way = backend.reach(backend.ctx_calls[0].body, "action")
    assert way is not None
    assert len(way.path) == 501


def test_a_long_chain_of_constants_and_files_ends():
    files = {f"m{n}.ts": f'export {{ x }} from "./m{n + 1}";' for n in range(600)}
    lines = "\n".join(f"const c{n} = c{n + 1};" for n in range(600))
    backend = sources(
        {
            **files,
            "m600.ts": "export const x = 1;",
            "a.ts": f'import {{ x }} from "./m0";\n{lines}\nexport {{ x }};',
        }
    )
    assert "a" in backend.modules


def test_the_recursion_limit_is_left_alone():
    before = sys.getrecursionlimit()
    handler("await ctx.db.get('t', 1);")
    assert sys.getrecursionlimit() == before


def test_twice_the_helpers_take_about_twice_the_time():
    def text(count: int) -> str:
        helpers = "\n".join(
            f"async function h{n}(ctx) {{ await h{n // 2}(ctx); await h{n // 3}(ctx); await ctx.db.get('t', {n}); }}"
            for n in range(1, count)
        )
        handlers = "\n".join(
            f"export const f{n} = mutation({{ args: {{}}, handler: async (ctx) => {{ await h{n}(ctx); }} }});"
            for n in range(1, count)
        )
        return "async function h0(ctx) { await ctx.db.get('t', 0); }\n" + helpers + "\n" + handlers

    def seconds(count: int) -> float:
        best = 9.0
        for _ in range(3):
            begin = perf_counter()
            typescript(text(count))
            best = min(best, perf_counter() - begin)
        return best

    small, large = seconds(100), seconds(400)
    assert large < 12 * small


def test_the_same_sources_give_the_same_facts_in_the_same_order():
    files = {
        "b.ts": TS_HEAD
        + "export const g = query({ handler: async (ctx) => { await ctx.db.get('t', 1); } });",
        "a.ts": TS_HEAD
        + "export const f = query({ handler: async (ctx) => { await ctx.db.get('t', 1); } });",
    }
    one, two = sources(files), sources(dict(reversed(files.items())))
    assert [(call.place.source.path, call.place.start) for call in one.ctx_calls] == [
        (call.place.source.path, call.place.start) for call in two.ctx_calls
    ]
    assert [f.reference for f in one.functions] == ["a:f", "b:g"]
    assert [f.reference for f in two.functions] == ["a:f", "b:g"]


def test_places_are_equal_by_what_they_cover():
    source = SourceFile("a.ts", "typescript", b"const x = 1;\nconst y = 2;")
    assert Place(source, 6, 7) == Place(source, 6, 7)
    assert len({Place(source, 6, 7), Place(source, 6, 7), Place(source, 19, 20)}) == 2
    assert (Place(source, 19, 20).text, Place(source, 19, 20).line) == ("y", 2)


@pytest.mark.parametrize(
    "handed",
    ["{ ...opts, n: 1 }", "{ ctx: opts.ctx, parent: opts }", "{ parent: { ...opts, parent: opts } }"],
)
def test_a_function_that_calls_itself_with_more_and_more_around_the_ctx_ends(handed: str):
    backend = typescript(
        f"""
async function visit(opts) {{ opts.seen = true; await opts.ctx.db.get("t", 1); await visit({handed}); }}
export const f = mutation({{ args: {{}}, handler: async (ctx) => {{ await visit({{ ctx }}); }} }});
"""
    )
    assert "db.get mutation" in calls(backend)
