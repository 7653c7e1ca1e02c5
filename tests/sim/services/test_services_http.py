"""HTTP actions, uploads and files, functions by HTTP, in both languages (semantics §10, §12.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from biconvex.sim import Deployment, HttpResponse, Limits, UsageError

CLOUD = "https://anonymous-biconvex.convex.cloud"
TYPESCRIPT = {
    "http": """
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const http = httpRouter();
const echo = httpAction(async (ctx, request) => {
  const url = new URL(request.url);
  const content = new Uint8Array(await request.arrayBuffer());
  return Response.json({ method: request.method, path: url.pathname, query: url.search, type: request.headers.get("Content-Type"), bytes: [...content] }, { status: 201, headers: { "X-Echo": "yes" } });
});
http.route({ path: "/echo", method: "POST", handler: echo });
http.route({ path: "/echo", method: "GET", handler: echo });
http.route({ pathPrefix: "/files/", method: "GET", handler: httpAction(async () => new Response("short")) });
http.route({ pathPrefix: "/files/deep/", method: "GET", handler: httpAction(async () => new Response("long")) });
http.route({ path: "/files/exact", method: "GET", handler: httpAction(async () => new Response("exact")) });
http.route({ path: "/hook", method: "POST", handler: httpAction(async (ctx, request) => {
  const { text } = await request.json();
  await ctx.runMutation(internal.m.add, { text });
  await ctx.scheduler.runAfter(1000, internal.m.add, { text: "later" });
  return new Response(null, { status: 204 });
}) });
http.route({ path: "/who", method: "GET", handler: httpAction(async (ctx) => Response.json((await ctx.auth.getUserIdentity())?.subject ?? null)) });
http.route({ path: "/slow", method: "GET", handler: httpAction(async () => { await new Promise((resolve) => setTimeout(resolve, 1500)); return new Response("done"); }) });
http.route({ path: "/throws", method: "GET", handler: httpAction(async () => { throw new Error("no good"); }) });
http.route({ path: "/data", method: "GET", handler: httpAction(async () => { throw new ConvexError({ code: 7 }); }) });
http.route({ path: "/nothing", method: "GET", handler: httpAction(async () => undefined as any) });
http.route({ path: "/binary", method: "GET", handler: httpAction(async () => new Response(new Uint8Array([0, 255, 128]), { headers: { "Content-Type": "image/png" } })) });
http.route({ path: "/cookies", method: "GET", handler: httpAction(async () => { const headers = new Headers(); headers.append("Set-Cookie", "a=1"); headers.append("Set-Cookie", "b=2"); return new Response("", { headers }); }) });
http.route({ path: "/stream", method: "GET", handler: httpAction(async () => new Response(new ReadableStream({
  async start(controller) {
    for (const part of ["one ", "two ", "three"]) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      controller.enqueue(new TextEncoder().encode(part));
    }
    controller.close();
  },
}))) });
export default http;
""",
    "m": """
export const add = internalMutation({ args: { text: v.string() }, handler: async (ctx, { text }) => { await ctx.db.insert("notes", { text }); } });
export const count = query({ args: { times: v.optional(v.number()) }, handler: async (ctx, { times }) => { console.log("counting"); return (await ctx.db.query("notes").collect()).length * (times ?? 1); } });
export const big = query({ args: {}, handler: async () => 5n });
export const fails = mutation({ args: {}, handler: async () => { throw new ConvexError("declined"); } });
export const upload = mutation({ args: {}, handler: async (ctx) => await ctx.storage.generateUploadUrl() });
export const url = query({ args: { id: v.id("_storage") }, handler: async (ctx, { id }) => await ctx.storage.getUrl(id) });
""",
}
PYTHON = {
    "http": """
http = http_router()

@http_action
async def echo(ctx, request):
    query = request.url.partition("?")[2]
    seen = {"method": request.method, "path": request.path, "query": query and f"?{query}", "type": request.headers.get("Content-Type"), "bytes": list(await request.bytes())}
    return Response(json=seen, status=201, headers={"X-Echo": "yes"})

def answering(text):
    async def answer(ctx, request): return Response(text)
    return http_action(answer)

http.route(path="/echo", method="POST", handler=echo)
http.route(path="/echo", method="GET", handler=echo)
http.route(path_prefix="/files/", method="GET", handler=answering("short"))
http.route(path_prefix="/files/deep/", method="GET", handler=answering("long"))
http.route(path="/files/exact", method="GET", handler=answering("exact"))

@http_action
async def hook(ctx, request):
    text = (await request.json())["text"]
    await ctx.run_mutation(internal.m.add, {"text": text})
    await ctx.scheduler.run_after(1000, internal.m.add, {"text": "later"})
    return Response(status=204)

@http_action
async def who(ctx, request):
    identity = await ctx.auth.get_user_identity()
    return Response(json=identity and identity["subject"])

@http_action
async def slow(ctx, request):
    await asyncio.sleep(1.5)
    return Response("done")

@http_action
async def throws(ctx, request): raise Exception("no good")

@http_action
async def data(ctx, request): raise ConvexError({"code": 7})

@http_action
async def nothing(ctx, request): return None

@http_action
async def binary(ctx, request): return Response(bytes([0, 255, 128]), headers={"Content-Type": "image/png"})

@http_action
async def cookies(ctx, request): return Response("", headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])

@http_action
async def stream(ctx, request):
    async def parts():
        for part in ["one ", "two ", "three"]:
            await asyncio.sleep(0.1)
            yield part
    return Response(parts())

http.route(path="/hook", method="POST", handler=hook)
for path, handler in {"/who": who, "/slow": slow, "/throws": throws, "/data": data, "/nothing": nothing, "/binary": binary, "/cookies": cookies, "/stream": stream}.items():
    http.route(path=path, method="GET", handler=handler)
""",
    "m": """
@internal_mutation(args={"text": v.string()})
async def add(ctx, args): await ctx.db.insert("notes", {"text": args["text"]})

@query(args={"times": v.optional(v.number())})
async def count(ctx, args):
    console.log("counting")
    return len(await ctx.db.query("notes").collect()) * args.get("times", 1)

@query(args={})
async def big(ctx, args): return Int64(5)

@mutation(args={})
async def fails(ctx, args): raise ConvexError("declined")

@mutation(args={})
async def upload(ctx, args): return await ctx.storage.generate_upload_url()

@query(args={"id": v.id("_storage")})
async def url(ctx, args): return await ctx.storage.get_url(args["id"])
""",
}


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return backend(typescript=TYPESCRIPT, python=PYTHON)


def test_a_handler_gets_the_request_and_answers_it(convex: Deployment) -> None:
    answer = convex.fetch("/echo?a=1&b=%20", method="POST", body=b"\x00\xff", headers={"Content-Type": "x/y"})
    assert (answer.status, answer.header("x-echo"), answer.header("Content-Type")) == (
        201,
        "yes",
        "application/json",
    )
    assert answer.json() == {
        "method": "POST",
        "path": "/echo",
        "query": "?a=1&b=%20",
        "type": "x/y",
        "bytes": [0, 255],
    }


def test_a_body_says_what_it_is(convex: Deployment) -> None:
    assert convex.fetch("/echo", method="POST", json=[]).json()["type"] == "application/json"
    assert convex.fetch("/echo", method="POST", body="text").json()["type"] == "text/plain;charset=UTF-8"
    assert convex.fetch("/echo", method="POST").json()["type"] is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/files/exact", "exact"),
        ("/files/exact?x", "exact"),
        ("/files/other", "short"),
        ("/files/", "short"),
        ("/files/deep/er", "long"),
        ("/files/deep", "short"),
    ],
)
def test_an_exact_route_goes_before_prefixes_and_a_long_prefix_before_a_short(
    convex: Deployment, path: str, text: str
) -> None:
    assert convex.fetch(path).text == text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/files"),
        ("GET", "/echo/"),
        ("GET", "/Echo"),
        ("PUT", "/echo"),
        ("OPTIONS", "/echo"),
        ("TRACE", "/echo"),
    ],
)
def test_what_no_route_serves_is_not_found(convex: Deployment, method: str, path: str) -> None:
    answer = convex.fetch(path, method=method)
    assert (answer.status, answer.text) == (404, "No matching routes found")


def test_head_is_served_as_get_without_its_body(convex: Deployment) -> None:
    answer = convex.fetch("/binary", method="HEAD")
    assert (answer.status, answer.header("content-type"), answer.body) == (200, "image/png", b"")


def test_a_handler_calls_functions_and_schedules_as_an_action_does(convex: Deployment) -> None:
    assert convex.fetch("/hook", method="POST", json={"text": "now"}).status == 204
    convex.run_until_idle()
    assert [row["text"] for row in convex.db.table("notes")] == ["now", "later"]


def test_the_clock_moves_by_what_a_handler_waits_for(convex: Deployment) -> None:
    start = convex.now
    assert convex.fetch("/slow").text == "done"
    assert convex.now - start == 1500


def test_a_request_has_the_identity_of_its_sender(convex: Deployment) -> None:
    assert convex.fetch("/who").json() is None
    assert convex.as_user(subject="ada").fetch("/who").json() == "ada"


def test_what_a_handler_throws_is_a_server_error(convex: Deployment) -> None:
    answer = convex.fetch("/throws")
    assert answer.status == 500
    body = answer.json()
    assert body["code"].partition("] ")[2] == "Server Error: Uncaught Error: no good"
    assert body["trace"].startswith("Uncaught Error: no good\n    at ")


def test_the_data_of_a_convex_error_are_in_the_answer(convex: Deployment) -> None:
    answer = convex.fetch("/data")
    assert (answer.status, answer.json()["data"]) == (500, {"code": 7})


def test_a_handler_must_return_a_response(convex: Deployment) -> None:
    answer = convex.fetch("/nothing")
    assert answer.status == 500
    assert answer.json()["code"].endswith("Server Error: Uncaught Error: HTTP actions must return a Response")


def test_bodies_may_be_binary(convex: Deployment) -> None:
    assert convex.fetch("/binary").body == b"\x00\xff\x80"


def test_a_header_may_be_there_several_times(convex: Deployment) -> None:
    assert convex.fetch("/cookies").all("Set-Cookie") == ["a=1", "b=2"]


def test_a_body_may_be_streamed(convex: Deployment) -> None:
    start = convex.now
    assert convex.fetch("/stream").text == "one two three"
    assert convex.now - start == 300


def test_what_is_too_large_is_refused_and_cut_off(backend: Any) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON, limits=Limits(http_body_bytes=4))
    answer = convex.fetch("/echo", method="POST", body="12345")
    assert (answer.status, answer.text) == (413, "length limit exceeded")
    assert convex.fetch("/slow").text == "done"
    assert convex.fetch("/files/x").text == "shor"
    assert convex.findings[-1].message == (
        "HttpResponseTooLarge: HTTP actions support responses up to 4 B; this one had 5 B, and was cut off."
    )


def test_a_backend_without_a_router_serves_nothing(backend: Any) -> None:
    convex = backend(typescript={"m": TYPESCRIPT["m"]}, python={"m": PYTHON["m"]})
    answer = convex.fetch("/echo")
    assert (answer.status, answer.text) == (404, "This Convex deployment does not have HTTP actions enabled.")


def test_the_trace_tells_of_requests_and_of_the_route_that_served_them(convex: Deployment) -> None:
    convex.fetch("/files/deep/er?x=1")
    assert [(event.kind, event.subject) for event in convex.trace] == [
        ("http", "GET /files/deep/er?x=1"),
        ("start", "http:GET /files/deep/*"),
        ("end", "http:GET /files/deep/*"),
        ("http end", "GET /files/deep/er?x=1"),
    ]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"json": 1, "body": "x"}, "fetch takes json or a body, not both"),
        ({"body": "x", "method": "GET"}, "fetch: a GET request has no body"),
    ],
)
def test_a_request_that_can_not_be_is_refused(convex: Deployment, args: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        convex.fetch("/echo", **args)
    assert str(caught.value) == message


# --- files -----------------------------------------------------------------------------------------------------------


def upload(convex: Deployment, **options: Any) -> HttpResponse:
    """Post a file to a fresh upload URL."""
    return convex.fetch(convex.mutation("m:upload"), method="POST", **options)


def test_a_file_is_posted_to_its_upload_url_and_read_from_its_own(convex: Deployment) -> None:
    stored = upload(convex, body=b"hello", headers={"Content-Type": "text/plain"}).json()["storageId"]
    answer = convex.fetch(convex.query("m:url", {"id": stored}))
    assert (answer.status, answer.text, answer.header("content-type")) == (200, "hello", "text/plain")
    assert answer.header("cache-control") == "private, max-age=2592000"
    assert answer.header("digest") == "sha-256=LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="


@pytest.mark.parametrize(
    ("asked", "status", "text", "part"),
    [
        ("bytes=1-3", 206, "ell", "bytes 1-3/5"),
        ("bytes=3-", 206, "lo", "bytes 3-4/5"),
        ("bytes=-2", 206, "lo", "bytes 3-4/5"),
        ("bytes=9-", 416, "", None),
        ("bytes=0-1,3-4", 416, "", None),
    ],
)
def test_a_part_of_a_file_can_be_read(
    convex: Deployment, asked: str, status: int, text: str, part: str | None
) -> None:
    stored = upload(convex, body=b"hello").json()["storageId"]
    answer = convex.fetch(convex.query("m:url", {"id": stored}), headers={"Range": asked})
    assert (answer.status, answer.text, answer.header("content-range")) == (status, text, part)


def test_an_upload_url_is_good_for_an_hour(convex: Deployment) -> None:
    url = convex.mutation("m:upload")
    convex.advance(minutes=59)
    assert convex.fetch(url, method="POST", body=b"x").status == 200
    convex.advance(minutes=1)
    answer = convex.fetch(url, method="POST", body=b"x")
    assert (answer.status, answer.json()) == (
        401,
        {"code": "StorageTokenExpired", "message": "Store File Authorization expired"},
    )


def test_an_upload_url_that_was_made_up_is_refused(convex: Deployment) -> None:
    answer = convex.fetch(f"{CLOUD}/api/storage/upload?token=x", method="POST", body=b"x")
    assert (answer.status, answer.json()["code"]) == (401, "StorageTokenInvalid")


def test_an_upload_whose_digest_differs_is_refused(convex: Deployment) -> None:
    answer = upload(convex, body=b"hello", headers={"Digest": f"sha-256={'A' * 43}="})
    assert (answer.status, answer.json()["code"]) == (400, "Sha256Mismatch")
    assert convex.db.table("_storage") == []


def test_a_file_that_is_not_there_is_not_found(convex: Deployment) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    answer = convex.fetch(f"{CLOUD}/api/storage/{missing}")
    assert (answer.status, answer.json()["message"]) == (404, f"File {missing} not found")
    assert convex.fetch(f"{CLOUD}/api/storage/picture").json()["code"] == "InvalidStoragePath"


# --- functions -------------------------------------------------------------------------------------------------------


def call(convex: Deployment, endpoint: str, **content: Any) -> Any:
    """The answer to a call of a function by HTTP."""
    answer = convex.fetch(f"{CLOUD}/api/{endpoint}", method="POST", json=content)
    return answer.status, answer.json()


def test_a_function_can_be_called_by_http(convex: Deployment) -> None:
    counted = {"status": "success", "value": 0, "logLines": ["[LOG] 'counting'"]}
    assert call(convex, "query", path="m:count", args={}) == (200, counted)
    assert call(convex, "query", path="m:count", args=[{}], format="convex_encoded_json") == (200, counted)
    assert call(convex, "run/m/count", args={}) == (200, counted)


def test_values_that_json_lacks_are_text_or_encoded(convex: Deployment) -> None:
    assert call(convex, "query", path="m:big")[1]["value"] == "5"
    assert call(convex, "query", path="m:big", format="convex_encoded_json")[1]["value"] == {
        "$integer": "BQAAAAAAAAA="
    }


def test_what_a_function_throws_is_in_the_answer(convex: Deployment) -> None:
    status, answer = call(convex, "mutation", path="m:fails")
    assert (status, answer["status"], answer["errorData"]) == (200, "error", "declined")
    assert "Uncaught ConvexError: declined" in answer["errorMessage"]


def test_internal_functions_can_not_be_called_by_http(convex: Deployment) -> None:
    _, answer = call(convex, "mutation", path="m:add", args={"text": "x"})
    assert "Could not find public function for 'm:add'." in answer["errorMessage"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", json.dumps({"args": {}}).encode(), b'{"path": "m:count", "args": 1}']
)
def test_a_call_that_makes_no_sense_is_refused(convex: Deployment, body: bytes) -> None:
    answer = convex.fetch(f"{CLOUD}/api/query", method="POST", body=body)
    assert (answer.status, answer.json()["code"]) == (400, "BadJsonBody")
