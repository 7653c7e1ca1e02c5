"""What functions log: how values look, how many lines there may be and how long (semantics §7, rows 37 and 38)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, Limits
from biconvex.sim.runtime.logs import RunLog, truncated
from biconvex.sim.server.inspect import inspect
from biconvex.sim.values import UNDEFINED, Int64
from hypothesis import given
from hypothesis import strategies as st

TYPESCRIPT = """
export const lines = query({ args: { count: v.number(), fail: v.boolean() }, handler: async (_ctx, { count, fail }) => {
  for (let n = 0; n < count; n++) console.log(n);
  if (fail) throw new Error("stop");
} });
export const nested = mutation({ args: { own: v.number(), inner: v.number() }, handler: async (ctx, { own, inner }) => {
  for (let n = 0; n < own; n++) console.info("own", n);
  await ctx.runQuery(api.m.lines, { count: inner, fail: false });
  console.warn("after");
  throw new Error("stop");
} });
export const long = query({ args: { size: v.number() }, handler: async (_ctx, { size }) => { console.log("é".repeat(size), 1); throw new Error("stop"); } });
export const shown = query({ args: { value: v.any() }, handler: async (_ctx, { value }) => {
  console.log(value);
  throw new Error("stop");
} });
export const levels = query({ args: {}, handler: async () => {
  console.debug("a"); console.info("b"); console.log("c", "d"); console.warn("e"); console.error("f");
  throw new Error("stop");
} });
"""
PYTHON = """
@query(args={"count": v.number(), "fail": v.boolean()})
async def lines(ctx, args):
    for n in range(int(args["count"])): console.log(n)
    if args["fail"]: raise Exception("stop")

@mutation(args={"own": v.number(), "inner": v.number()})
async def nested(ctx, args):
    for n in range(int(args["own"])): console.info("own", n)
    await ctx.run_query(api.m.lines, {"count": args["inner"], "fail": False})
    console.warn("after")
    raise Exception("stop")

@query(args={"size": v.number()})
async def long(ctx, args):
    console.log("é" * int(args["size"]), 1)
    raise Exception("stop")

@query(args={"value": v.any()})
async def shown(ctx, args):
    console.log(args["value"])
    raise Exception("stop")

@query(args={})
async def levels(ctx, args):
    console.debug("a"); console.info("b"); console.log("c", "d"); console.warn("e"); console.error("f")
    raise Exception("stop")

@query(args={})
async def prints(ctx, args):
    print("two", 1)
    print("a\\nb")
    raise Exception("stop")
"""
OVERFLOW = "[ERROR] Log overflow (maximum 256). Remaining log lines omitted."
Make = Callable[..., Deployment]


@pytest.fixture
def deployed(backend: Any) -> Make:
    def make(limits: Limits | None = None) -> Deployment:
        made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON, limits=limits)
        return made

    return make


def logs(convex: Deployment, function: str, args: dict[str, Any] | None = None) -> tuple[str, ...]:
    with pytest.raises(FunctionError) as caught:
        convex.run(function, args)
    return caught.value.logs


def test_lines_have_their_level_and_texts_are_quoted(deployed: Make) -> None:
    assert logs(deployed(), "m:levels") == (
        "[DEBUG] 'a'",
        "[INFO] 'b'",
        "[LOG] 'c' 'd'",
        "[WARN] 'e'",
        "[ERROR] 'f'",
    )


@pytest.mark.parametrize("count", [254, 255])
def test_a_function_logs_up_to_one_line_less_than_the_limit(deployed: Make, count: int) -> None:
    lines = logs(deployed(), "m:lines", {"count": count, "fail": True})
    assert (len(lines), lines[-1]) == (count, f"[LOG] {count - 1}")


@pytest.mark.parametrize("count", [256, 257, 1000])
def test_the_last_line_there_is_room_for_says_that_others_are_missing(deployed: Make, count: int) -> None:
    lines = logs(deployed(), "m:lines", {"count": count, "fail": True})
    assert (len(lines), lines[254], lines[255]) == (256, "[LOG] 254", OVERFLOW)


def test_lines_of_a_nested_function_stand_where_it_ended(deployed: Make) -> None:
    assert logs(deployed(), "m:nested", {"own": 1, "inner": 2}) == (
        "[INFO] 'own' 0",
        "[LOG] 0",
        "[LOG] 1",
        "[WARN] 'after'",
    )


def test_lines_of_a_nested_function_count(deployed: Make) -> None:
    lines = logs(deployed(), "m:nested", {"own": 200, "inner": 60})
    assert (len(lines), lines[254], lines[255]) == (256, "[LOG] 54", OVERFLOW)


def test_a_long_line_is_cut_at_a_character(deployed: Make) -> None:
    (line,) = logs(deployed(Limits(log_line_bytes=1000)), "m:long", {"size": 600})
    assert line == f"[LOG] '{'é' * 499} (truncated due to length)"


def test_a_line_of_just_the_limit_is_whole(deployed: Make) -> None:
    convex = deployed()
    size = (32_768 - len("'' 1")) // 2
    assert logs(convex, "m:long", {"size": size}) == (f"[LOG] '{'é' * size}' 1",)
    (line,) = logs(convex, "m:long", {"size": size + 1})
    assert line.endswith("é' (truncated due to length)")


@pytest.mark.parametrize("language", ["python"], indirect=False)
def test_what_python_prints_is_logged_as_it_is_printed(backend: Any, language: str) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    assert logs(convex, "m:prints") == ("[LOG] two 1", "[LOG] a", "[LOG] b")


VALUES: list[tuple[Any, str]] = [
    ("it's\n\\ \x01é", r"'it\'s\n\\ \x01é'"),
    (None, "null"),
    (True, "true"),
    (0.0, "0"),
    (-0.0, "-0"),
    (1.5, "1.5"),
    (1e21, "1e+21"),
    (1e-7, "1e-7"),
    (123456789012345680000.0, "123456789012345680000"),
    (0.000001, "0.000001"),
    (float("inf"), "Infinity"),
    (float("nan"), "NaN"),
    (Int64(-5), "-5n"),
    ([], "[]"),
    ({}, "{}"),
    ([1, "a", [True]], "[ 1, 'a', [ true ] ]"),
    ({"a": 1, "b c": [2]}, "{\n  a: 1,\n  'b c': [ 2 ]\n}"),
    ([{"a": {"b": None}}], "[\n  {\n    a: {\n      b: null\n    }\n  }\n]"),
    ([[[[[[1]]]]]], "[ [ [ [ [ [Array] ] ] ] ] ]"),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_a_value_is_shown_as_convex_shows_it(deployed: Make, value: Any, text: str) -> None:
    assert logs(deployed(), "m:shown", {"value": value}) == (f"[LOG] {text}",)


def test_what_only_python_has_is_shown_as_python_shows_it() -> None:
    cyclic: list[Any] = [1]
    cyclic.append(cyclic)
    assert inspect(ValueError("no")) == "[ValueError: no]"
    assert inspect(b"\x00a") == "b'\\x00a'"
    assert inspect((1, UNDEFINED)) == "[ 1, undefined ]"
    assert inspect({1: "a"}) == "{\n  1: 'a'\n}"
    assert inspect(cyclic) == "[ 1, [Circular] ]"
    assert inspect("x" * 32_769) == f"'{'x' * 32_768}'... 1 more character"


@pytest.mark.parametrize("language", ["typescript"], indirect=False)
def test_everything_is_shown_as_the_package_shows_it_that_convex_has(backend: Any, language: str) -> None:
    convex = backend(
        typescript="""
        import inspect from "object-inspect";
        class Point { x = 1; get far() { return false; } }
        class Named extends Map { get [Symbol.toStringTag]() { return "Custom"; } }
        const cyclic: any = { name: "c", list: [] };
        cyclic.list.push(cyclic);
        const caused: any = new Error("outer", { cause: new TypeError("inner") });
        const selfCaused: any = new Error("self");
        selfCaused.cause = selfCaused;
        const sparse = [1, , 3];
        const listed: any = [1];
        listed.extra = "x";
        const values: any[] = [
          "it's", "a\\\\b", "\\u0001\\t", 'say "x"', "", 1, -0, 1e21, NaN, 5n, true, undefined, null, Symbol("s"), Symbol(),
          [], {}, [1, "a"], [[1], { a: 1 }], { a: { b: { c: { d: { e: { f: 1 } } } } } }, { "with space": 1, $ok_1: 2 },
          { [Symbol("key")]: 1, plain: 2 }, cyclic, sparse, listed, [{ text: "a\\nb" }], ["a\\nb"],
          new Error("boom"), Object.assign(new Error("with"), { code: 5 }), caused, selfCaused, new RangeError(""),
          new Map([["a", 1]]), new Map([[{ k: { deep: [1, { z: 2 }] } }, [1]]]), new Map(), new Set([1, { a: 2 }]), new Set(),
          new WeakMap(), new WeakSet(), new Date(0), new Date(NaN), /re+/gi, new Point(), new Named(), Object.create(null),
          Object.assign(Object.create(null), { a: 1 }), Object.create({ inherited: 1 }), function named() {}, () => 1,
          Object.assign(() => 1, { prop: 1 }), class Klass {}, async () => 1, Math, JSON,
          Object(1), Object("boxed"), Object(true), Object(5n), Object(Symbol("b")), Promise.resolve(1),
          { inspect: () => "my own" }, { toString: () => "x" }, new Proxy({ a: 1 }, {}), globalThis, "x".repeat(32770),
          { f() {}, g: () => 1, get h() { return 7; } }, new (class extends Error { name = "Mine"; })("sub"), arguments_(),
        ];
        function arguments_(..._args: any[]) { return arguments; }
        export const compare = query({ args: {}, handler: async () => {
          for (const value of values) console.log(value);
          return values.map((value) => inspect(value, { maxStringLength: 32768, indent: 2, customInspect: true } as any));
        } });
        """,
        python="",
    )
    expected = convex.query("m:compare")
    shown = [event.detail for event in convex.trace if event.kind == "log"]
    assert len(shown) > 60
    assert shown == expected


@given(st.text(st.characters(codec="utf-8")), st.integers(0, 60))
def test_a_cut_text_fits_and_is_a_beginning(text: str, most: int) -> None:
    cut = truncated(text, most)
    if len(text.encode()) <= most:
        assert cut == text
    else:
        kept = cut.removesuffix(" (truncated due to length)")
        assert text.startswith(kept)
        assert most - 4 < len(kept.encode()) <= most


@given(st.lists(st.one_of(st.none(), st.integers(0, 6)), max_size=12), st.integers(1, 8))
def test_a_log_never_has_more_lines_than_it_may(events: list[int | None], most: int) -> None:
    log = RunLog(most, 100)
    said = 0
    for event in events:
        if event is None:
            log.add("log", "own")
            said += 1
        else:
            log.add_nested(["[LOG] inner"] * event)
            said += event
    assert len(log.lines) == min(said, most)
    assert [line for line in log.lines if "overflow" in line] == (log.lines[-1:] if said >= most else [])
