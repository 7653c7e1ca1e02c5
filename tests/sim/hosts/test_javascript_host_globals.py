"""The JavaScript host: what functions find besides the language (semantics §6.3, §13.2, §13.3)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from biconvex.sim.hosts.protocol import CallResult, Syscall

NOW_MS = 1_767_225_600_000
DRAWN = [0.5652761137435327, "1f5cf25a-4bb8-4de4-86e4-6c9aff070705", 55, 48, 253, 161]
MODULES = {
    "m": """
        export const time = query(async () => [
            Date.now(), new Date().getTime(), Date(), new Date(0).toString(), new Date(2020, 0, 1).getTime(),
            new Date() instanceof Date, performance.now(), new Intl.DateTimeFormat("en-US").format(),
            Intl.DateTimeFormat().resolvedOptions().timeZone, new Date(0).constructor === Date,
        ]);
        const draw = () => [Math.random(), crypto.randomUUID(), ...crypto.getRandomValues(new Uint8Array(4))];
        export const random = query(async () => draw());
        export const randomInAction = action(async () => draw());
        export const tooMany = query(async () => crypto.getRandomValues(new Uint8Array(65537)));
        export const timer = query(async () => { setTimeout(() => {}, 1); return "not caught"; });
        export const interval = mutation(async () => { setInterval(() => {}, 1); });
        export const fetching = query(async () => await fetch("https://example.com"));
        export const timers = action(async () => {
            const seen = [];
            const stop = setInterval(() => seen.push("tick"), 10);
            const never = setTimeout(() => seen.push("never"), 5);
            clearTimeout(never);
            await new Promise((resolve) => setTimeout((word) => { seen.push(word); resolve(); }, 25, "timeout"));
            clearInterval(stop);
            return seen;
        });
        export const throwingTimer = action(async () => {
            setTimeout(() => { throw new Error("in a timer"); }, 1);
            await new Promise((resolve) => setTimeout(resolve, 5));
        });
        export const request = action(async () => {
            const response = await fetch("https://example.com/a?b=c", {
                method: "POST", headers: { "X-Name": "value" }, body: JSON.stringify({ a: "ü" }),
            });
            const body = await response.json();
            return [
                response instanceof Response, response.ok, response.status, response.statusText, response.url,
                response.headers.get("content-type"), body, body instanceof Object,
            ];
        });
        export const failed = action(async () => {
            try {
                await fetch("https://example.com");
            } catch (error) {
                return [error instanceof TypeError, error.message];
            }
        });
        export const aborted = action(async () => {
            const controller = new AbortController();
            setTimeout(() => controller.abort(), 10);
            try {
                await fetch("https://example.com", { signal: controller.signal });
            } catch (error) {
                return [error.name, error instanceof Error];
            }
        });
        export const timedOut = action(async () => {
            try {
                await fetch("https://example.com", { signal: AbortSignal.timeout(50) });
            } catch (error) {
                return [error.name, Date.now()];
            }
        });
        export const env = query(async () => [
            process.env.NAME, process.env.MISSING ?? "none", Object.keys(process.env), typeof process.exit,
        ]);
        export const badEnv = query(async () => process.env["bad-name"]);
        export const missing = query(async () => [
            typeof Buffer, typeof global, typeof setImmediate, typeof navigator, typeof window,
            typeof document, typeof process.nextTick, typeof __dirname, typeof console.table,
        ]);
        export const present = query(async () => [
            self === globalThis, typeof URL, typeof ReadableStream, typeof File, typeof AsyncLocalStorage,
            typeof WebAssembly.Module, typeof CustomEvent, typeof queueMicrotask, typeof CryptoKey,
        ]);
        export const realms = query(async () => {
            const encoded = new TextEncoder().encode("abc");
            const body = await new Response(encoded).arrayBuffer();
            let invalid;
            try { new URL("nonsense"); } catch (error) { invalid = error; }
            let refused;
            try { atob("%"); } catch (error) { refused = error; }
            const memory = new WebAssembly.Memory({ initial: 1 });
            return [
                encoded instanceof Uint8Array, body instanceof ArrayBuffer, encoded.buffer instanceof ArrayBuffer,
                invalid instanceof TypeError, invalid instanceof Error, invalid instanceof RangeError,
                refused instanceof DOMException, refused instanceof Error, memory.buffer instanceof ArrayBuffer,
                Promise.resolve() instanceof Promise, new Response("a").text() instanceof Promise,
            ];
        });
        export const clone = query(async () => {
            const copy = structuredClone({ a: new Map([[1, new Date(5)]]), b: new Uint8Array([1, 2]) });
            return [
                copy instanceof Object, copy.a instanceof Map, copy.a.get(1) instanceof Date,
                copy.a.get(1).getTime(), copy.b instanceof Uint8Array, copy.b[1],
            ];
        });
        const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        export const digest = query(async () => hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("abc"))));
        export const hmac = query(async () => {
            const key = await crypto.subtle.importKey(
                "raw", new TextEncoder().encode("key"), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"],
            );
            const text = new TextEncoder().encode("text");
            const signature = await crypto.subtle.sign("HMAC", key, text);
            return [hex(signature).slice(0, 16), await crypto.subtle.verify("HMAC", key, signature, text)];
        });
        export const keyInQuery = query(async () => await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]));
        export const keyInAction = action(async () => {
            const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]);
            return hex(await crypto.subtle.exportKey("raw", key));
        });
        export const bodies = query(async () => {
            const form = new FormData();
            form.set("file", new File(["abc"], "a.txt"));
            const blob = new Blob(["x".repeat(200000)]);
            const stream = new ReadableStream({ start(c) { c.enqueue("a"); c.enqueue("b"); c.close(); } });
            const parts = [];
            for await (const part of stream) parts.push(part);
            let streamed = 0;
            for await (const chunk of blob.stream()) streamed += chunk.byteLength;
            const file = form.get("file");
            return [
                (await blob.text()).length, streamed, parts, await new Response("text").text(),
                await Response.json({ a: 1 }).json(), file.lastModified, await file.text(),
                (await new Response(form).text()).slice(0, 30),
            ];
        });
        export const order = query(async () => {
            const seen = [];
            const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
            const derive = (iterations) => crypto.subtle.deriveBits(
                { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8), iterations }, key, 128,
            ).then(() => seen.push(iterations));
            await Promise.all([derive(20000), derive(1), derive(5000)]);
            return seen;
        });
        export const wasm = query(async () => {
            const { instance } = await WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
            return instance instanceof WebAssembly.Instance;
        });
        export const weak = query(async () => [new WeakRef({ a: 1 }).deref().a, typeof new FinalizationRegistry(() => {})]);
        export const storage = new AsyncLocalStorage();
        export const local = query(async (ctx) => await storage.run("inside", async () => {
            await ctx.db.get("k1");
            return storage.getStore();
        }));
        export const logs = query(async () => {
            console.log("text", 1, { a: [1, "b"], c: new Map([[1, 2]]) }, null, undefined);
            console.warn(new Error("shown").message);
            console.error("bad");
            console.debug("d");
            console.info("i");
            console.time();
            console.timeEnd();
            console.log({ get boom() { throw new Error("no"); } }, new Proxy({}, { get() { throw new Error("no"); } }));
        });
        export const trace = query(async () => console.trace("here"));
        export const store = action(async (ctx) => await ctx.storage.store(new Blob(["abc"], { type: "text/plain" })));
        export const load = action(async (ctx) => {
            const blob = await ctx.storage.get("s1");
            return [blob instanceof Blob, blob.type, await blob.text()];
        });
        export const listener = action(async () => {
            const target = new EventTarget();
            target.addEventListener("x", (event) => { throw new Error(`in a listener at ${event.timeStamp}`); });
            target.dispatchEvent(new Event("x"));
        });
        export const microtask = query(async () => queueMicrotask(() => { throw new Error("in a microtask"); }));
    """,
}


def test_time_stands_still_in_utc(backend: Any) -> None:
    assert backend.run("time").value == [
        NOW_MS,
        NOW_MS,
        "Thu Jan 01 2026 00:00:00 GMT+0000 (Coordinated Universal Time)",
        "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)",
        1_577_836_800_000,
        True,
        0,
        "1/1/2026",
        "UTC",
        True,
    ]


def test_randomness_depends_on_the_seed_alone(backend: Any) -> None:
    drawn = backend.run("random", seed=7).value
    assert drawn == DRAWN
    assert backend.run("random", seed=7).value == drawn
    assert backend.run("randomInAction", kind="action", seed=7).value == drawn
    assert backend.run("random", seed=8).value != drawn
    assert backend.run("random", seed=7 + (1 << 32)).value != drawn


def test_too_many_random_bytes_are_refused(backend: Any) -> None:
    assert backend.run("tooMany").error == (
        "QuotaExceededError: The ArrayBufferView's byte length (65537) exceeds 65536"
    )


def test_a_timer_in_a_query_fails_it(backend: Any) -> None:
    assert backend.run("timer").error == (
        "Error: Can't use setTimeout in queries and mutations. Please consider using an action. "
        "See https://docs.convex.dev/functions/actions for more details."
    )
    assert backend.run("interval", kind="mutation").error.startswith(
        "Error: Can't use setInterval in queries"
    )


def test_fetch_in_a_query_fails(backend: Any) -> None:
    assert backend.run("fetching").error == (
        "Error: Can't use fetch() in queries and mutations. Please consider using an action. "
        "See https://docs.convex.dev/functions/actions for more details."
    )


def test_timers_of_an_action_run_in_virtual_time(backend: Any) -> None:
    outcome = backend.run("timers", kind="action")
    assert outcome.value == ["tick", "tick", "timeout"]
    assert [call.arguments["ms"] for call in outcome.calls] == [10, 25, 10, 10]  # not the one cleared at once


def test_a_timer_that_throws_fails_the_action(backend: Any) -> None:
    assert backend.run("throwingTimer", kind="action").error == "Error: in a timer"


def test_fetch_is_a_syscall_and_its_answer_a_response(backend: Any) -> None:
    answer = {
        "status": 201,
        "statusText": "Created",
        "headers": [["content-type", "application/json"]],
        "body": base64.b64encode(b'{"n":1}').decode(),
        "url": "https://example.com/other",
    }
    outcome = backend.run("request", kind="action", answer=lambda call: json.dumps(answer))
    assert outcome.calls == [
        Syscall(
            1,
            "fetch",
            {
                "url": "https://example.com/a?b=c",
                "method": "POST",
                "headers": [["content-type", "text/plain;charset=UTF-8"], ["x-name", "value"]],
                "body": base64.b64encode('{"a":"ü"}'.encode()).decode(),
                "redirect": "follow",
            },
        )
    ]
    assert outcome.value == [
        True,
        True,
        201,
        "Created",
        "https://example.com/other",
        "application/json",
        {"n": 1},
        True,
    ]


def test_a_request_that_fails_is_a_type_error(backend: Any) -> None:
    outcome = backend.run("failed", kind="action", answer=lambda call: CallResult(0, error="no route"))
    assert outcome.value == [True, "no route"]


def test_an_aborted_request_is_cancelled(backend: Any) -> None:
    outcome = backend.run("aborted", kind="action", answer=lambda call: None)
    assert outcome.value == ["AbortError", True]


def test_a_request_times_out_in_virtual_time(backend: Any) -> None:
    outcome = backend.run("timedOut", kind="action", answer=lambda call: None)
    assert outcome.value == ["TimeoutError", NOW_MS + 50]


def test_environment_variables_can_be_read_but_not_listed(backend: Any) -> None:
    assert backend.run("env", env={"NAME": "value"}).value == ["value", "none", [], "undefined"]


def test_a_bad_name_of_an_environment_variable_is_an_error(backend: Any) -> None:
    assert backend.run("badEnv").error == (
        "Error: The environment variable name bad-name is invalid. Environment variable names must begin with a "
        "letter and may only include characters a-z, A-Z, 0-9, and underscores."
    )


def test_what_belongs_to_node_is_not_there(backend: Any) -> None:
    assert backend.run("missing").value == ["undefined"] * 9


def test_the_web_platform_is_there(backend: Any) -> None:
    assert backend.run("present").value == [True, *["function"] * 8]


def test_objects_from_the_platform_are_instances_of_the_same_classes(backend: Any) -> None:
    assert backend.run("realms").value == [True] * 5 + [False] + [True] * 5


def test_a_structured_clone_is_made_of_the_same_classes(backend: Any) -> None:
    assert backend.run("clone").value == [True, True, True, 5, True, 2]


def test_a_digest_is_computed(backend: Any) -> None:
    assert backend.run("digest").value == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_message_is_signed_and_verified(backend: Any) -> None:
    assert backend.run("hmac").value == ["6afa9046a9579cad", True]


def test_a_query_cannot_make_a_key(backend: Any) -> None:
    assert backend.run("keyInQuery").error == (
        "Error: Can't use cryptographic randomness in queries and mutations. Please consider using an action. "
        "See https://docs.convex.dev/functions/actions for more details."
    )


def test_a_secret_key_of_an_action_depends_on_the_seed_alone(backend: Any) -> None:
    keys = [backend.run("keyInAction", kind="action", seed=seed).value for seed in (1, 1, 2)]
    assert (keys[0] == keys[1], keys[0] == keys[2], len(keys[0])) == (True, False, 32)


def test_native_promises_settle_within_the_step(backend: Any) -> None:
    outcome = backend.run("bodies")
    assert outcome.value[:7] == [200000, 200000, ["a", "b"], "text", {"a": 1}, NOW_MS, "abc"]
    assert backend.run("bodies").value == outcome.value


def test_native_operations_end_in_the_order_they_were_begun(backend: Any) -> None:
    assert backend.run("order").value == [20000, 1, 5000]


def test_webassembly_is_instantiated(backend: Any) -> None:
    assert backend.run("wasm").value is True


def test_garbage_collection_does_not_show(backend: Any) -> None:
    assert backend.run("weak").value == [1, "object"]


def test_async_local_storage_follows_a_syscall(backend: Any) -> None:
    assert backend.run("local").value == "inside"


def test_the_console_is_captured(backend: Any) -> None:
    assert backend.run("logs").logs == [
        "log 'text' 1 {\n  a: [ 1, 'b' ],\n  c: Map (1) {\n    1 => 2\n  }\n} null undefined",
        "warn 'shown'",
        "error 'bad'",
        "debug 'd'",
        "info 'i'",
        "info default: 0ms",
        "log [a value that could not be shown] [a value that could not be shown]",
    ]


def test_a_console_trace_shows_where(backend: Any) -> None:
    assert backend.run("trace").logs == ["log 'here' \n    at ../convex/m.ts:157:48"]


def test_a_blob_is_stored_by_a_syscall(backend: Any) -> None:
    outcome = backend.run("store", kind="action", answer=lambda call: '"s1"')
    (call,) = outcome.calls
    assert (call.op, call.arguments["body"], call.arguments["contentType"]) == (
        "storage/storeBlob",
        "YWJj",
        "text/plain",
    )
    assert outcome.value == "s1"


def test_a_blob_is_loaded_by_a_syscall(backend: Any) -> None:
    answer = '{"body":"YWJj","contentType":"text/plain"}'
    assert backend.run("load", kind="action", answer=lambda call: answer).value == [True, "text/plain", "abc"]


@pytest.mark.parametrize(
    ("function", "kind", "error"),
    [
        ("listener", "action", "Error: in a listener at 0"),
        ("microtask", "query", "Error: in a microtask"),
    ],
)
def test_what_is_thrown_where_nobody_listens_fails_the_function(
    backend: Any, function: str, kind: Any, error: str
) -> None:
    assert backend.run(function, kind=kind).error == error
