"""What backends and tests get wrong about time, jobs and requests, in both languages: each ends in a plain error."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, ProjectError, SimulationError, UsageError

FROM_INSIDE = (
    "The simulation is running, and this was called from inside of it, by a stub, an answer of outbound, an invariant or "
    "another callback: time can't be moved and nothing can be called there. Do it before or after the call that led here; "
    "a stub calls functions through its `ctx`."
)
TYPESCRIPT = {
    "http": """
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
const http = httpRouter();
http.route({ path: "/hook", method: "POST", handler: httpAction(async (ctx, request) => {
  let content;
  try { content = await request.json(); } catch { return new Response("no JSON", { status: 400 }); }
  return Response.json(content);
}) });
http.route({ path: "/trusting", method: "POST", handler: httpAction(async (ctx, request) => Response.json(await request.json())) });
http.route({ path: "/text", method: "GET", handler: httpAction(async () => "just text" as any) });
export default http;
""",
    "m": """
export const schedule = mutation({ args: { path: v.string(), args: v.any() }, handler: async (ctx, { path, args }) => { await ctx.scheduler.runAfter(0, path as any, args); } });
export const strict = internalMutation({ args: { text: v.string() }, handler: async () => {} });
export const a = internalMutation({ args: { ms: v.number() }, handler: async (ctx, { ms }) => { await ctx.scheduler.runAfter(ms, internal.m.b, { ms }); } });
export const b = internalAction({ args: { ms: v.number() }, handler: async (ctx, { ms }) => { await ctx.scheduler.runAfter(ms, internal.m.a, { ms }); } });
export const go = action({ args: {}, handler: async () => (await fetch("https://api.example.com/")).status });
export const plain = mutation({ args: {}, handler: async () => 1 });
export const tries = mutation({ args: {}, handler: async (ctx): Promise<any> => { try { return await ctx.runMutation(api.m.plain, {}); } catch { return "caught"; } } });
""",
}
PYTHON = {
    "http": """
http = http_router()

@http_action
async def hook(ctx, request):
    try:
        content = await request.json()
    except ValueError:
        return Response("no JSON", status=400)
    return Response(json=content)

@http_action
async def trusting(ctx, request): return Response(json=await request.json())

@http_action
async def text(ctx, request): return "just text"

http.route(path="/hook", method="POST", handler=hook)
http.route(path="/trusting", method="POST", handler=trusting)
http.route(path="/text", method="GET", handler=text)
""",
    "m": """
@mutation(args={"path": v.string(), "args": v.any()})
async def schedule(ctx, args): await ctx.scheduler.run_after(0, args["path"], args["args"])

@internal_mutation(args={"text": v.string()})
async def strict(ctx, args): pass

@internal_mutation(args={"ms": v.number()})
async def a(ctx, args): await ctx.scheduler.run_after(args["ms"], internal.m.b, args)

@internal_action(args={"ms": v.number()})
async def b(ctx, args): await ctx.scheduler.run_after(args["ms"], internal.m.a, args)

@action(args={})
async def go(ctx, args): return (await fetch("https://api.example.com/")).status

@mutation(args={})
async def plain(ctx, args): return 1

@mutation(args={})
async def tries(ctx, args):
    try:
        return await ctx.run_mutation(api.m.plain, {})
    except Exception:
        return "caught"
""",
}


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON)
    return made


# --- jobs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("other:fn", "Attempted to schedule function at nonexistent path: other.js"),
        (
            "m:nothing",
            (
                "Attempted to schedule function, but no exported function nothing found in the file: m.js. Did you forget "
                "to export it?"
            ),
        ),
    ],
)
def test_a_job_for_what_does_not_exist_is_refused_when_it_is_scheduled(
    convex: Deployment, path: str, message: str
) -> None:
    with pytest.raises(FunctionError) as caught:
        convex.mutation("m:schedule", {"path": path, "args": {}})
    assert str(caught.value).splitlines()[0] == f"Uncaught Error: {message}"
    assert convex.db.table("_scheduled_functions") == []


def test_a_job_whose_arguments_are_refused_fails_when_it_runs(convex: Deployment) -> None:
    convex.mutation("m:schedule", {"path": "m:strict", "args": {"text": 5.0}})
    convex.run_until_idle()
    (job,) = convex.db.table("_scheduled_functions")
    assert job["state"]["kind"] == "failed"
    assert job["state"]["error"].startswith(
        "ArgumentValidationError: Value does not match validator.\nPath: .text\n"
    )


def test_a_job_may_have_more_arguments_than_a_document_holds(convex: Deployment) -> None:
    deep: Any = "x" * (2 << 20)
    for _ in range(20):
        deep = [deep]
    convex.mutation("m:schedule", {"path": "m:strict", "args": {"text": "x" * (3 << 20)}})
    convex.mutation("m:schedule", {"path": "m:plain", "args": {"deep": deep}})
    convex.run_until_idle()
    assert [job["state"]["kind"] for job in convex.db.table("_scheduled_functions")] == ["success", "failed"]


def test_jobs_that_never_end_are_named_with_the_way_round_and_how_to_bound_them(convex: Deployment) -> None:
    convex.as_admin().mutation("m:a", {"ms": 60_000.0})
    with pytest.raises(UsageError) as caught:
        convex.run_until_idle(max_jobs=1000)
    assert str(caught.value) == (
        "run_until_idle ran 1,000 scheduled functions and more are waiting: m:a → m:b → m:a schedule each other, and will "
        "never be done. Use advance(…) for a stretch of time, or run_until_idle(max_jobs=…) for more jobs."
    )


def test_jobs_that_let_no_time_pass_are_named_wherever_they_run(
    convex: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biconvex.sim.services.scheduler._MOST_WITHOUT_TIME", 100)
    convex.as_admin().mutation("m:a", {"ms": 0.0})
    with pytest.raises(UsageError) as caught:
        convex.advance(seconds=1)
    assert str(caught.value) == (
        "100 scheduled functions ran one after the other while no virtual time passed: m:b → m:a → m:b schedule each "
        "other. This would never end: let them wait between two runs, or stop."
    )


# --- requests --------------------------------------------------------------------------------------------


def test_a_body_that_is_no_json_is_an_error_that_the_handler_can_catch(convex: Deployment) -> None:
    assert convex.fetch("/hook", method="POST", json={"a": 1}).json() == {"a": 1}
    refused = convex.fetch("/hook", method="POST", body="{nonsense")
    assert (refused.status, refused.text) == (400, "no JSON")


def test_a_body_that_is_no_json_fails_a_handler_that_trusts_it(convex: Deployment) -> None:
    response = convex.fetch("/trusting", method="POST", body="{nonsense")
    assert response.status == 500
    assert ": Uncaught " in response.json()["code"]


def test_a_handler_that_answers_no_response_is_a_server_error(convex: Deployment) -> None:
    response = convex.fetch("/text")
    assert response.status == 500
    assert response.json()["code"].endswith("HTTP actions must return a Response")


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (("path", "/a"), ("path", "/a"), "Path '/a' for method GET already in use"),
        (("prefix", "/a/"), ("prefix", "/a/"), "GET pathPrefix /a/ is already defined"),
    ],
)
def test_two_routes_alike_are_refused_at_load(
    backend: Any, first: tuple[str, str], second: tuple[str, str], message: str
) -> None:
    def route(language: str, kind: str, path: str) -> str:
        if language == "typescript":
            name = {"path": "path", "prefix": "pathPrefix"}[kind]
            return f'http.route({{ {name}: "{path}", method: "GET", handler }});'
        name = {"path": "path", "prefix": "path_prefix"}[kind]
        return f'http.route({name}="{path}", method="GET", handler=handler)'

    typescript = "\n".join(
        [
            'import { httpRouter } from "convex/server";',
            'import { httpAction } from "./_generated/server";',
            "const http = httpRouter();",
            'const handler = httpAction(async () => new Response(""));',
            *(route("typescript", *given) for given in (first, second)),
            "export default http;",
        ]
    )
    python = "\n".join(
        [
            "http = http_router()",
            "@http_action",
            'async def handler(ctx, request): return Response("")',
            *(route("python", *given) for given in (first, second)),
        ]
    )
    with pytest.raises(ProjectError) as caught:
        backend(typescript={"http": typescript}, python={"http": python})
    assert message in str(caught.value)


# --- from inside -----------------------------------------------------------------------------------------


def from_inside(convex: Deployment) -> list[Any]:
    return [
        lambda *_: convex.advance(seconds=1),
        lambda *_: convex.run_until_idle(),
        lambda *_: convex.mutation("m:plain"),
        lambda *_: convex.fetch("/text"),
        lambda *_: convex.subscribe("m:plain"),
    ]


@pytest.mark.parametrize(
    "number", range(5), ids=["advance", "run_until_idle", "mutation", "fetch", "subscribe"]
)
def test_a_stub_can_not_move_time_or_call(convex: Deployment, number: int) -> None:
    convex.stub("m:plain", from_inside(convex)[number])
    for function in ("m:plain", "m:tries"):
        with pytest.raises(UsageError) as caught:
            convex.mutation(function)
        assert str(caught.value) == FROM_INSIDE
    convex.stub("m:plain", returns=2)
    assert convex.mutation("m:tries") == 2


@pytest.mark.parametrize(
    "number", range(5), ids=["advance", "run_until_idle", "mutation", "fetch", "subscribe"]
)
def test_an_answer_of_outbound_can_not_move_time_or_call(convex: Deployment, number: int) -> None:
    convex.outbound.on("GET", "https://api.example.com/", from_inside(convex)[number])
    with pytest.raises(UsageError) as caught:
        convex.action("m:go")
    assert str(caught.value) == FROM_INSIDE
    convex.outbound.on("GET", "https://api.example.com/", json={})
    assert convex.action("m:go") == 200


def test_an_invariant_can_not_move_time(convex: Deployment) -> None:
    @convex.invariant
    def moves(db: Any) -> None:
        if db.table("_scheduled_functions"):
            convex.advance(seconds=1)

    with pytest.raises(SimulationError) as caught:
        convex.as_admin().mutation("m:a", {"ms": 5.0})
    assert FROM_INSIDE in str(caught.value)
