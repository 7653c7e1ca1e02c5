"""The JavaScript host: what was thrown, and where in the user's own source (semantics §13.7)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.hosts.protocol import CallResult, Frame

MODULES = {
    "m": """
        import { fail } from "./lib/failing";
        export const deep = mutation({
            args: {},
            handler: async (ctx) => {
                const before: number = 1;
                await fail(ctx, before);
            },
        });
        export const inCall = mutation({
            args: {},
            handler: async (ctx) => {
                await ctx.db.get("k1" as any);
            },
        });
        export const stack = query({
            args: {},
            handler: async () => new Error("shown").stack,
        });
        export const native = query({
            args: {},
            handler: async () => {
                new URL("nonsense");
            },
        });
        export const convexError = query(async () => {
            throw new ConvexError({ code: 1n, words: ["a"] });
        });
        class Refused extends ConvexError<string> {
            name = "Refused";
        }
        export const subclass = query(async () => {
            throw new Refused("no");
        });
        export const notConvex = query(async () => {
            throw Object.assign(new Error("plain"), { data: "not taken" });
        });
        export const thrown = query(async (ctx, { what }) => {
            const cycle = new Error("cycle");
            cycle.cause = cycle;
            const throwing = new Error("hidden");
            Object.defineProperty(throwing, "message", { get() { throw new Error("in a getter"); } });
            const boom = () => { throw new Error("trap"); };
            const things = {
                text: "only text", nothing: undefined, number: 7, object: { a: 1 }, symbol: Symbol("s"), cycle, throwing,
                proxy: new Proxy({}, { get: boom, getPrototypeOf: boom, has: boom, ownKeys: boom }),
                proxied: new Proxy(new Error("inner"), { get: boom, getPrototypeOf: boom }),
                bare: Object.create(null), surrogate: new Error("a\\ud800b"),
                nameless: Object.assign(new Error("x"), { name: undefined }),
                odd: Object.assign(new Error("x"), { name: { toString: boom }, stack: 5 }),
                built: Object.create(Error.prototype), type: new TypeError("t"), fn: () => 1,
            };
            throw things[what];
        });
        export const recursion = query(async () => {
            const again = () => again() + 1;
            return again();
        });
        export const overridden = query(async (ctx) => {
            const { parse, stringify } = JSON;
            JSON.stringify = () => { throw new Error("mine"); };
            try {
                await ctx.db.get("k1");
            } finally {
                Object.assign(JSON, { parse, stringify });
            }
        });
        export const polluted = query(async (ctx) => {
            Object.defineProperty(Object.prototype, "toJSON", { value: () => "polluted", configurable: true });
            Array.prototype.push = Array.prototype.map = () => { throw new Error("array"); };
            Promise.prototype.then = () => { throw new Error("then"); };
            globalThis.Promise = null;
            Date.now = () => 1;
            delete Object.prototype.toJSON;
            return (await ctx.db.get("k1")).a;
        });
        export const loneArgument = mutation(async (ctx) => {
            try {
                await ctx.db.insert("tasks", { text: "\\ud800" });
            } catch (error) {
                return error.message;
            }
        });
        export const backslash = mutation(async (ctx) => await ctx.db.insert("tasks", { text: "\\\\ud800" }));
        export const loneResult = query(async () => "a\\ud800");
        export const loneLog = query(async () => console.log("a\\ud800"));
    """,
    "lib/failing": """
        export async function fail(ctx, before: number) {
            await ctx.db.get("k1");
            throw new TypeError(`failed after ${before}`);
        }
    """,
}


def test_frames_point_to_the_users_own_source(backend: Any) -> None:
    outcome = backend.run("deep", kind="mutation")
    assert outcome.error == "TypeError: failed after 1"
    assert outcome.frames == ["fail convex/lib/failing.ts:4", "async handler convex/m.ts:7"]


def test_frames_have_columns(backend: Any) -> None:
    outcome = backend.run("deep", kind="mutation")
    assert outcome.settled.error.frames[1] == Frame("async handler", "convex/m.ts", 10, 9)


def test_frames_of_the_package_convex_are_left_out(backend: Any) -> None:
    outcome = backend.run("inCall", kind="mutation", answer=lambda call: CallResult(0, error="bad id"))
    assert outcome.error == "Error: bad id"
    assert outcome.frames == ["async handler convex/m.ts:13"]


def test_a_stack_that_a_function_reads_points_to_its_source(backend: Any) -> None:
    assert backend.run("stack").value == "Error: shown\n    at handler (../convex/m.ts:21:26)"


def test_an_error_of_the_platform_has_the_users_frames(backend: Any) -> None:
    outcome = backend.run("native")
    assert outcome.error == "TypeError: Invalid URL"
    assert outcome.frames == ["handler convex/m.ts:23"]


def test_a_convex_error_has_its_data(backend: Any) -> None:
    thrown = backend.run("convexError").settled.error
    assert (thrown.name, thrown.message, thrown.data) == (
        "ConvexError",
        '{"code":"1n","words":["a"]}',
        '{"code":{"$integer":"AQAAAAAAAAA="},"words":["a"]}',
    )


def test_a_subclass_of_convex_error_has_its_data(backend: Any) -> None:
    thrown = backend.run("subclass").settled.error
    assert (thrown.name, thrown.message, thrown.data) == ("Refused", "no", '"no"')


def test_an_ordinary_error_has_no_data(backend: Any) -> None:
    assert backend.run("notConvex").settled.error.data is None


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("text", "only text"),
        ("nothing", "undefined"),
        ("number", "7"),
        ("object", "[object Object]"),
        ("symbol", "Symbol(s)"),
        ("fn", "() => 1"),
        ("cycle", "Error: cycle"),
        ("throwing", "Error: "),
        ("proxy", "Error: trap"),
        ("proxied", "a value that has no text was thrown"),
        ("bare", "a value that has no text was thrown"),
        ("surrogate", "Error: a\ufffdb"),
        ("nameless", "Error: x"),
        ("odd", "Error: x"),
        ("built", "Error: "),
        ("type", "TypeError: t"),
    ],
)
def test_whatever_is_thrown_has_a_text(backend: Any, what: str, error: str) -> None:
    assert backend.run("thrown", {"what": what}).error == error


def test_recursion_without_end_is_an_error(backend: Any) -> None:
    assert backend.run("recursion").error == "RangeError: Maximum call stack size exceeded"


def test_a_function_that_replaces_json_fails_alone(backend: Any) -> None:
    assert backend.run("overridden").error == "Error: mine"
    assert backend.run("stack").value.startswith("Error: shown")


def test_overridden_intrinsics_do_not_reach_the_host(project: Any, backend: Any) -> None:
    host = backend.new_host()
    outcome = backend.run("polluted", answer=lambda call: '{"a":1}', host=host)
    assert outcome.value == 1
    assert backend.run("stack").value.startswith("Error: shown")


def test_a_lone_surrogate_in_an_argument_is_an_error(backend: Any) -> None:
    outcome = backend.run("loneArgument", kind="mutation")
    assert outcome.value == "Received invalid json: unexpected end of hex escape at line 1 column 41"


def test_a_backslash_is_not_a_surrogate(backend: Any) -> None:
    outcome = backend.run("backslash", kind="mutation", answer=lambda call: '{"_id":"k1"}')
    assert outcome.calls[0].arguments["value"] == {"text": "\\ud800"}


def test_a_lone_surrogate_in_a_result_is_left_to_the_runtime(backend: Any) -> None:
    assert backend.run("loneResult").settled.value == '"a\\ud800"'


def test_a_lone_surrogate_in_a_log_is_replaced(backend: Any) -> None:
    assert backend.run("loneLog").logs == ["log 'a\ufffd'"]
