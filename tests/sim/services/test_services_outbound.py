"""The scripted internet that actions fetch from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from typing import Any

import pytest
from biconvex.sim import Deployment, NetworkFailure, OutboundRequest, Reply, UsageError

URL = "https://api.example.com/things"
TYPESCRIPT = """
export const ask = action({
  args: { url: v.string(), method: v.optional(v.string()), body: v.optional(v.any()) },
  handler: async (_ctx, { url, method, body }) => {
    try {
      const answer = await fetch(url, { method: method ?? "GET", ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }) });
      return [answer.status, await answer.text(), answer.url];
    } catch (error) {
      return (error as Error).message;
    }
  },
});
"""
PYTHON = """
@action(args={"url": v.string(), "method": v.optional(v.string()), "body": v.optional(v.any())})
async def ask(ctx, args):
    sent = {"json": args["body"]} if "body" in args else {}
    try:
        answer = await fetch(args["url"], method=args.get("method", "GET"), **sent)
        return [answer.status, await answer.text(), answer.url]
    except Exception as error:
        return str(error)
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return backend(typescript=TYPESCRIPT, python=PYTHON)


def ask(convex: Deployment, url: str = URL, **args: Any) -> Any:
    """The status and text of the answer, or the message of the failure."""
    answer = convex.action("m:ask", {"url": url, **args})
    return answer if isinstance(answer, str) else (answer[0], answer[1])


def test_a_reply_takes_its_time(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, json=[1], latency_ms=250)
    start = convex.now
    assert ask(convex) == (200, "[1]")
    assert convex.now - start == 250


def test_a_reply_may_take_between_two_figures_drawn_from_the_seed(backend: Any) -> None:
    def took(seed: int) -> list[int]:
        convex = backend(typescript=TYPESCRIPT, python=PYTHON, seed=seed)
        convex.outbound.on("GET", URL, json=1, latency_ms=(100, 900))
        times = [convex.now]
        for _ in range(4):
            ask(convex)
            times.append(convex.now)
        return [after - before for before, after in pairwise(times)]

    assert took(1) == took(1) != took(2)
    assert all(100 <= time <= 900 for time in took(1))


def test_answers_come_one_after_the_other_and_the_last_one_stays(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, [Reply(status=503, text="busy"), NetworkFailure(), Reply(text="fine")])
    assert [ask(convex) for _ in range(4)] == [
        (503, "busy"),
        f"fetch failed: GET {URL}: connection reset",
        (200, "fine"),
        (200, "fine"),
    ]


def test_a_failure_takes_its_time_as_well(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, NetworkFailure("timed out", latency_ms=30_000))
    start = convex.now
    assert ask(convex) == f"fetch failed: GET {URL}: timed out"
    assert convex.now - start == 30_000


def test_a_function_answers_from_the_request(convex: Deployment) -> None:
    def double(request: OutboundRequest) -> Any:
        return {"twice": request.json()["n"] * 2, "type": request.header("content-type")}

    convex.outbound.on("POST", URL, double)
    assert ask(convex, method="POST", body={"n": "x"}) == (200, '{"twice":"xx","type":"application/json"}')


def test_what_was_asked_is_recorded_with_the_route_and_all_together(convex: Deployment) -> None:
    route = convex.outbound.on("POST", URL, json=None)
    convex.outbound.on("GET", URL, json=None)
    ask(convex, method="POST", body={"n": "x"})
    ask(convex)
    assert [request.method for request in convex.outbound.requests] == ["POST", "GET"]
    assert [(request.json(), request.function) for request in route.requests] == [({"n": "x"}, "m:ask")]


@pytest.mark.parametrize(
    ("routes", "url", "answer"),
    [
        (["https://a.com/x", "https://a.com/*"], "https://a.com/x", "https://a.com/x"),
        (["https://a.com/x", "https://a.com/*"], "https://a.com/x/y", "https://a.com/*"),
        (["https://a.com/*", "https://a.com/x/*"], "https://a.com/x/y", "https://a.com/x/*"),
        (["https://a.com/x", "https://a.com/x?k=1"], "https://a.com/x?k=1", "https://a.com/x?k=1"),
        (["https://a.com/x", "https://a.com/x?k=1"], "https://a.com/x?k=2", "https://a.com/x"),
        (["https://A.com"], "https://a.com", "https://A.com"),
    ],
)
def test_the_route_that_fits_most_closely_answers(
    convex: Deployment, routes: list[str], url: str, answer: str
) -> None:
    for route in routes:
        convex.outbound.on("GET", route, text=route)
    assert ask(convex, url) == (200, answer)


def test_a_route_of_its_own_method_goes_before_one_of_any(convex: Deployment) -> None:
    convex.outbound.on("*", URL, text="any")
    convex.outbound.on("POST", URL, text="post")
    assert (ask(convex), ask(convex, method="POST")) == ((200, "any"), (200, "post"))


def test_redirects_are_followed(convex: Deployment) -> None:
    convex.outbound.on("POST", URL, status=303, headers={"Location": "/elsewhere"})
    convex.outbound.on("GET", "https://api.example.com/elsewhere", text="here")
    assert convex.action("m:ask", {"url": URL, "method": "POST", "body": 1}) == [
        200,
        "here",
        "https://api.example.com/elsewhere",
    ]


def test_a_circle_of_redirects_fails(convex: Deployment) -> None:
    convex.outbound.on("GET", URL, status=302, headers={"Location": URL})
    assert ask(convex) == f"fetch failed: more than 20 redirects, the last to {URL}"


def test_a_request_that_nothing_stands_for_names_the_line_to_add(convex: Deployment) -> None:
    assert ask(convex) == (
        f"fetch failed: m:ask asked for GET {URL}, and nothing stands for it. "
        f'Add `convex.outbound.on("GET", "{URL}", json=…)` to the test.'
    )


@pytest.mark.parametrize(
    ("method", "url", "answer", "message"),
    [
        ("FETCH", URL, None, "outbound.on: 'FETCH' is no HTTP method; write GET, POST, … or * for any"),
        ("GET", "/things", None, "outbound.on: '/things' is no URL that begins with http:// or https://"),
        ("GET", URL, 5, f"outbound.on('GET', '{URL}', …) takes a Reply, a NetworkFailure, a function of the request, or a sequence of these; got 5"),
        ("GET", URL, [], f"outbound.on('GET', '{URL}', …) takes a Reply, a NetworkFailure, a function of the request, or a sequence of these; got []"),
    ],
)  # fmt: skip
def test_a_route_that_makes_no_sense_is_refused(
    convex: Deployment, method: str, url: str, answer: Any, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        convex.outbound.on(method, url, answer)
    assert str(caught.value) == message


class _Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(418)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def real_server() -> Iterator[str]:
    """The address of a server on this machine that gives back what it is sent."""
    with HTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_request_really_leaves_when_its_host_is_allowed(convex: Deployment, real_server: str) -> None:
    assert "nothing stands for it" in ask(convex, f"http://{real_server}/x", method="POST", body=[1])
    convex.outbound.allow(real_server)
    assert ask(convex, f"http://{real_server}/x", method="POST", body=["x"]) == (418, '["x"]')


def test_what_is_no_url_fails(convex: Deployment) -> None:
    assert "URL" in ask(convex, "api.example.com/things")


def test_a_host_that_can_not_be_reached_is_a_failure(convex: Deployment) -> None:
    convex.outbound.allow("127.0.0.1:1")
    assert ask(convex, "http://127.0.0.1:1/") == (
        "fetch failed: GET http://127.0.0.1:1/: [Errno 111] Connection refused"
    )
