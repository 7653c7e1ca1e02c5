"""Calls of what is not in the backend, and changes of what modules hold, in both languages."""

from __future__ import annotations

from backend_facts import both, handler, py_handler, python, text_of, typescript
from biconvex.lint.model import Backend


def outside(backend: Backend) -> list[str]:
    """Each call with the kinds of functions that reach it, and the plain functions on the way."""
    out = []
    for call in backend.outside_calls:
        ways = [
            f"{kind}{''.join(f' > {step.text}' for step in way)}"
            for kind, (_, way) in sorted(call.ways.items())
        ]
        out.append(f"{call.name}: {', '.join(ways) or 'nobody'}")
    return out


def writes(backend: Backend) -> list[str]:
    return [f"{write.variable} {write.operation}" for write in backend.module_writes]


def test_calls_of_globals_and_packages_in_a_handler():
    ts = typescript("""
import axios from "axios";
import { format as show } from "date-fns";
export const f = query({ args: {}, handler: async (ctx) => {
  axios.get("x"); show(new Date()); globalThis.fetch("y"); Date.now();
} });
""")
    assert outside(ts) == [
        "axios.default.get: query",
        "date-fns.format: query",
        "Date: query",
        "fetch: query",
        "Date.now: query",
    ]
    assert [call.new for call in ts.outside_calls] == [False, False, True, False, False]
    py = python("""
import time, urllib.request, datetime as dt
from datetime import datetime
from urllib.request import urlopen
@query(args={})
async def f(ctx, args):
    time.time()
    urllib.request.urlopen("x")
    urlopen("y")
    datetime.now()
    dt.datetime.now()
""")
    assert [line.removesuffix(": query") for line in outside(py)] == [
        "time.time",
        "urllib.request.urlopen",
        "urllib.request.urlopen",
        "datetime.datetime.now",
        "datetime.datetime.now",
    ]


def test_calls_in_functions_without_a_ctx_are_followed_across_files():
    ts = typescript(
        """
import { stamp } from "./lib/b";
const old = (x: number) => x < stamp();
export const f = query({ args: {}, handler: async (ctx) => (await ctx.db.query("t").take(9)).filter((t) => old(t.at)) });
export const g = mutation({ args: {}, handler: async (ctx) => stamp() });
export const h = action({ args: {}, handler: async (ctx) => [1].map(stamp) });
""",
        lib_b="export function stamp() { return Date.now(); }\nexport const unused = () => fetch('x');",
    )
    assert outside(ts) == ["Date.now: action > stamp, mutation > stamp, query > old > stamp"]
    (call,) = ts.outside_calls
    reach = ts.way_to(call, "query")
    assert reach is not None
    assert [message for _, message in reach.evidence] == [
        "`f` is registered as a query here",
        "calls `old`",
        "calls `stamp`",
    ]
    assert ts.way_to(call, "httpAction") is None
    py = python("""
import time
def stamp():
    return time.time()
@query(args={})
async def f(ctx, args):
    return stamp()
""")
    assert outside(py) == ["time.time: query > stamp"]


def test_a_name_of_ones_own_is_no_global():
    backend = typescript("""
function one(fetch: () => void) { fetch(); }
function two() { const Date = { now: () => 1 }; return Date.now(); }
export const f = query({ args: {}, handler: async (ctx) => { one(two); two(); } });
""")
    assert outside(backend) == []


def test_the_default_of_a_parameter_is_up_to_the_caller():
    backend = typescript("""
const plain = (now = Date.now()) => now;
async function helper(ctx: QueryCtx, now = Date.now()) { return plain(now); }
export const f = query({ args: {}, handler: async (ctx) => await helper(ctx, 5) });
""")
    assert outside(backend) == []


def test_what_a_test_on_the_ctx_guards_is_reached_by_nobody_for_sure():
    backend = typescript("""
async function load(ctx: QueryCtx | ActionCtx) { if ("db" in ctx) return 1; return await fetch("x"); }
export const f = query({ args: {}, handler: async (ctx) => await load(ctx) });
""")
    assert outside(backend) == ["fetch: nobody"]


def test_a_function_that_may_never_be_called_is_reached_by_nobody_for_sure():
    backend = typescript("""
const client = () => ({ get: () => fetch("a"), later: on("x", () => fetch("b")) });
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
async function helper(ctx: QueryCtx) { return fetch("f"); }
export const f = query({ args: {}, handler: async (ctx) => {
  const api = { get: () => fetch("c") };
  on("x", async () => fetch("d"));
  on("x", async () => helper(ctx));
  const uncalled = () => fetch("e");
  await pause(1);
  await new Promise((done) => setInterval(done, 2));
  return [client(), api, uncalled];
} });
""")
    assert sorted(outside(backend)) == [
        "Promise: query",
        "Promise: query > pause",
        "fetch: nobody",
        "fetch: nobody",
        "fetch: nobody",
        "fetch: nobody",
        "on: query",
        "on: query",
        "on: query > client",
        "setInterval: query",
        "setTimeout: query > pause",
    ]


def test_changes_of_what_a_module_holds():
    for backend in (
        typescript("""
let count = 0;
const seen = new Map();
export const f = query({ args: {}, handler: async (ctx) => {
  const own = []; own.push(1);
  count += 1; seen.set("a", 1); seen.a.b = 2; count = seen.get("a");
} });
"""),
        python("""
count = 0
seen = {}
@query(args={})
async def f(ctx, args):
    global count
    own = []
    own.append(1)
    count += 1
    seen.set("a", 1)
    seen["a"]["b"] = 2
    count = seen.get("a")
"""),
    ):
        assert writes(backend) == ["count =", "seen set", "seen []", "count =", "seen get"]
        assert text_of(backend.module_writes[1].place) == 'seen.set("a", 1)'


def test_a_variable_of_ones_own_is_not_the_modules():
    for backend in both("const a = 1; let b = 2; b += a;", "    b = 2\n    b += 1"):
        assert writes(backend) == []
    assert writes(handler("let a = 1; { a = 2; }")) == []
    assert writes(py_handler("    a = 1\n    a = 2")) == []
