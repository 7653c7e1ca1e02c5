"""What Node's own HTTP, and the packages made of it, meet in a "use node" action: the scripted internet."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from biconvex.sim import Deployment, NetworkFailure, OutboundRequest, Reply

PACKAGES = Path(__file__).parents[2] / "packages" / "node_modules"
URL = "https://api.example.com/things"
REMEDY = (
    "functions reach others by HTTP only. Answer HTTP requests with convex.outbound.on(…), let them leave with "
    'convex.outbound.allow("host"), and stand in for anything else with convex.stub("module:function", …).'
)
SOURCE = """\
    "use node";
    import axios from "axios";
    import nodeFetch from "node-fetch";
    import dgram from "node:dgram";
    import dns from "node:dns";
    import http from "node:http";
    import http2 from "node:http2";
    import https, { get } from "node:https";
    import net from "node:net";
    import tls from "node:tls";
    import { action } from "./_generated/server";

    // The result and how long it took, or the error.
    const attempt = async (work: () => unknown) => {
      const start = Date.now();
      try {
        return { value: await work(), ms: Date.now() - start };
      } catch (error: any) {
        return { error: error.message, name: error.name, code: error.code ?? null, ms: Date.now() - start };
      }
    };
    const attempting = (work: (args: any) => unknown) => action(async (_ctx, args: any) => await attempt(() => work(args)));
    const text = (response: http.IncomingMessage) => new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk)).on("error", reject);
      response.on("end", () => resolve(Buffer.concat(chunks).toString()));
    });
    const ended = (socket: any) => new Promise((resolve, reject) => {
      socket.on("error", reject).on("data", resolve);
    });

    export const withAxios = attempting(async (config) => {
      const { status, data } = await axios(config);
      return [status, data];
    });
    export const withNodeFetch = attempting(async ({ url, ...options }) => {
      const response = await nodeFetch(url, options);
      return [response.status, await response.text(), response.headers.get("x-kind")];
    });
    export const withHttps = attempting(({ url }) => new Promise((resolve, reject) => {
      get(url, async (response) => resolve([response.statusCode, await text(response), response.headers])).on("error", reject);
    }));
    export const withTimeout = attempting(({ url, ms }) => new Promise((resolve, reject) => {
      const request = http.get(url, { timeout: ms }, async (response) => resolve(await text(response)));
      request.on("timeout", () => request.destroy(new Error("gave up"))).on("error", reject);
    }));
    export const inPieces = attempting(({ url }) => new Promise((resolve, reject) => {
      const request = https.request(url, { method: "PUT", headers: { "X-Key": ["a", "b"] } }, async (response) => resolve(await text(response)));
      request.on("error", reject);
      request.write("first, ");
      setTimeout(() => request.end("last"), 250);
    }));
    export const sideBySide = attempting(async ({ url }) => {
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
      const ask = () => new Promise((resolve, reject) => {
        https.get(url, { agent }, async (response) => resolve(await text(response))).on("error", reject);
      });
      return await Promise.all([ask(), ask(), ask()]);
    });
    export const withFetch = attempting(async ({ url }) => {
      try {
        return await (await fetch(url)).text();
      } catch (error: any) {
        return [error.name, error.message, error.cause.code];
      }
    });
    export const socket = attempting(() => ended(net.connect(5432, "db.example.com")));
    export const greeting = attempting(() => ended(net.connect({ port: 25, host: "mail.example.com" })));
    export const startup = attempting(() => ended(new net.Socket().connect(5432, "db.example.com", function (this: any) { this.write("\\0\\0\\0\\b"); })));
    export const encrypted = attempting(() => ended(tls.connect({ port: 6380, host: "cache.example.com" })));
    export const pipe = attempting(() => ended(net.connect("/run/docker.sock")));
    export const byHand = attempting(() => new Promise((resolve, reject) => {
      const socket = net.connect(80, "api.example.com", () => socket.write("GET /things HTTP/1.1\\r\\nHost: api.example.com\\r\\n\\r\\n"));
      socket.on("data", (chunk) => resolve(String(chunk).split("\\r\\n")[0])).on("error", reject);
    }));
    export const secondVersion = attempting(() => http2.connect("https://api.example.com"));
    export const datagram = attempting(() => dgram.createSocket("udp4"));
    export const lookup = attempting(() => dns.promises.lookup("api.example.com"));
    export const lookupLater = attempting(() => new Promise((resolve, reject) => {
      dns.resolve4("api.example.com", (error, found) => (error ? reject(error) : resolve(found)));
    }));
    export const listen = attempting(() => { http.createServer().listen(8080); });
    """


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (PACKAGES / "axios").exists():
        pytest.fail("the npm packages of the tests are missing: run `make packages`")
    root = tmp_path_factory.mktemp("project")
    (root / "convex").mkdir()
    (root / "convex" / "n.ts").write_text(dedent(SOURCE))
    (root / "package.json").write_text('{"private": true, "type": "module"}')
    (root / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    return root


@pytest.fixture
def convex(project: Path) -> Iterator[Deployment]:
    with Deployment(project) as deployment:
        yield deployment


def echo(request: OutboundRequest) -> Any:
    return [request.method, request.text, request.header("content-type")]


# --- packages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("adapter", ["http", "fetch"])
def test_axios_is_answered_in_virtual_time(convex: Deployment, adapter: str) -> None:
    route = convex.outbound.on("POST", URL, echo)
    convex.outbound.on("GET", URL, json={"n": 1}, latency_ms=250)
    args = {"url": URL, "adapter": adapter}
    assert convex.action("n:withAxios", args) == {"value": [200, {"n": 1}], "ms": 250}
    answer = convex.action("n:withAxios", {**args, "method": "post", "data": {"n": 2}})
    assert answer == {"value": [200, ["POST", '{"n":2}', "application/json"]], "ms": 0}
    assert [request.function for request in route.requests] == ["n:withAxios"]


def test_axios_fails_as_the_connection_does(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, NetworkFailure("host unreachable", latency_ms=40, code="EHOSTUNREACH"))
    assert convex.action("n:withAxios", {"url": URL}) == {
        "error": f"fetch failed: GET {URL}: host unreachable",
        "name": "Error",
        "code": "EHOSTUNREACH",
        "ms": 40,
    }


def test_a_request_that_nothing_stands_for_names_the_line_to_add(convex: Deployment) -> None:
    answer = convex.action("n:withAxios", {"url": URL})
    text = (
        f"fetch failed: n:withAxios asked for GET {URL}, and nothing stands for it. "
        f'Add `convex.outbound.on("GET", "{URL}", json=…)` to the test.'
    )
    assert (answer["code"], answer["error"]) == ("ECONNREFUSED", text)


def test_axios_gives_up_in_virtual_time(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, text="late", latency_ms=60_000)
    assert convex.action("n:withAxios", {"url": URL, "timeout": 2000}) == {
        "error": "timeout of 2000ms exceeded",
        "name": "AxiosError",
        "code": "ECONNABORTED",
        "ms": 2000,
    }


def test_a_status_is_the_packages_to_judge(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, [Reply(503, text="busy", headers={"X-Kind": "busy"}), Reply(text="fine")])
    assert convex.action("n:withNodeFetch", {"url": URL})["value"] == [503, "busy", "busy"]
    assert convex.action("n:withAxios", {"url": URL})["value"] == [200, "fine"]
    convex.outbound.on("GET", URL, status=404)
    assert convex.action("n:withAxios", {"url": URL})["error"] == "Request failed with status code 404"


def test_the_package_follows_redirects_itself(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, status=302, headers={"Location": "http://other.example.com/x"})
    convex.outbound.on("GET", "http://other.example.com/x", text="here")
    assert convex.action("n:withNodeFetch", {"url": URL})["value"] == [200, "here", None]
    assert convex.action("n:withNodeFetch", {"url": URL, "redirect": "manual"})["value"] == [302, "", None]
    assert [request.url for request in convex.outbound.requests] == [URL, "http://other.example.com/x", URL]


# --- Node's own ------------------------------------------------------------------------------------------------------


def test_https_is_answered(convex: Deployment) -> None:
    convex.outbound.on("GET", f"{URL}?k=1", text="yes")
    assert convex.action("n:withHttps", {"url": f"{URL}?k=1"})["value"] == [
        200,
        "yes",
        {"connection": "close", "content-length": "3", "content-type": "text/plain;charset=UTF-8"},
    ]


def test_a_socket_that_is_quiet_for_too_long_times_out_in_virtual_time(convex: Deployment) -> None:
    convex.outbound.on("GET", "http://slow.example.com:8080/", text="late", latency_ms=900)
    args = {"url": "http://slow.example.com:8080/", "ms": 800}
    assert convex.action("n:withTimeout", args) == {
        "error": "gave up",
        "name": "Error",
        "code": None,
        "ms": 800,
    }
    assert convex.action("n:withTimeout", {**args, "ms": 1000}) == {"value": "late", "ms": 900}


def test_a_body_may_be_sent_in_pieces_over_time(convex: Deployment) -> None:
    route = convex.outbound.on("PUT", URL, echo)
    assert convex.action("n:inPieces", {"url": URL}) == {"value": '["PUT","first, last",null]', "ms": 250}
    [request] = route.requests
    assert request.headers == (("x-key", "a"), ("x-key", "b"))


def test_requests_go_side_by_side_whatever_the_agent_wants(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, [Reply(text=name, latency_ms=100) for name in "abc"])
    answer = convex.action("n:sideBySide", {"url": URL})
    assert (sorted(answer["value"]), answer["ms"]) == (["a", "b", "c"], 100)


def test_fetch_says_in_its_cause_what_went_wrong(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, NetworkFailure())
    assert convex.action("n:withFetch", {"url": URL})["value"] == [
        "TypeError",
        f"fetch failed: GET {URL}: connection reset",
        "ECONNRESET",
    ]


def test_http_that_is_written_by_hand_is_answered(convex: Deployment) -> None:
    convex.outbound.on("GET", "http://api.example.com/things", text="yes")
    assert convex.action("n:byHand")["value"] == "HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    ("function", "code", "what"),
    [
        ("socket", "ECONNREFUSED", "connect ECONNREFUSED db.example.com:5432"),
        ("greeting", "ECONNREFUSED", "connect ECONNREFUSED mail.example.com:25"),
        ("startup", "ECONNREFUSED", "connect ECONNREFUSED db.example.com:5432"),
        ("encrypted", "ECONNREFUSED", "connect ECONNREFUSED cache.example.com:6380"),
        ("pipe", "ECONNREFUSED", "connect ECONNREFUSED /run/docker.sock"),
        ("secondVersion", "ECONNREFUSED", "connect ECONNREFUSED https://api.example.com with HTTP/2"),
        ("datagram", "ECONNREFUSED", "socket ECONNREFUSED of datagrams"),
        ("lookup", "ENOTFOUND", "lookup ENOTFOUND api.example.com"),
        ("lookupLater", "ENOTFOUND", "resolve4 ENOTFOUND api.example.com"),
        ("listen", "ECONNREFUSED", "listen ECONNREFUSED 8080"),
    ],
)
def test_whatever_is_not_http_is_refused_and_says_what_to_do(
    convex: Deployment, function: str, code: str, what: str
) -> None:
    answer = convex.action(f"n:{function}")
    assert (answer["code"], answer["error"]) == (code, f"{what}: {REMEDY}")


class _Real(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"real")

    def log_message(self, *_args: Any) -> None:
        pass


def test_a_request_really_leaves_when_its_host_is_allowed(convex: Deployment) -> None:
    with HTTPServer(("127.0.0.1", 0), _Real) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            host = f"127.0.0.1:{server.server_port}"
            assert convex.action("n:withAxios", {"url": f"http://{host}/"})["code"] == "ECONNREFUSED"
            convex.outbound.allow(host)
            assert convex.action("n:withAxios", {"url": f"http://{host}/"})["value"] == [200, "real"]
        finally:
            server.shutdown()
            thread.join()


def test_the_trace_has_requests_and_replies_of_packages(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, text="yes", latency_ms=5)
    convex.action("n:withAxios", {"url": URL})
    shown = [(event.kind, event.subject) for event in convex.trace if event.kind in {"request", "reply"}]
    assert shown == [("request", f"GET {URL}"), ("reply", f"GET {URL}")]


def test_the_same_seed_gives_the_same_run(project: Path) -> None:
    def digest() -> str:
        with Deployment(project, seed=5) as convex:
            convex.outbound.on("GET", URL, text="yes", latency_ms=(10, 500))
            for function in ("withAxios", "withNodeFetch", "sideBySide"):
                convex.action(f"n:{function}", {"url": URL})
            return convex.trace.digest

    assert digest() == digest()
