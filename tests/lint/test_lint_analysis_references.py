"""Function references, cron jobs and routes."""

from __future__ import annotations

import pytest
from backend_facts import handler, python, references, sources, text_of, typescript


def test_references_are_found_missing_or_unknown():
    backend = sources(
        {
            "folder/tasks.ts": """
import { internalMutation } from "../_generated/server";
import { migrate } from "a-package";
export const done = internalMutation({ args: {}, handler: async () => 1 });
export const later = migrate();
export function plain() {}
export const LIMIT = 5;
export default internalMutation({ args: {}, handler: async () => 1 });
""",
            "open.ts": 'export * from "a-package";',
            "not.deployed.ts": "export const f = 1;",
            "a.ts": """
import { action } from "./_generated/server";
import { internal, api, components } from "./_generated/api";
const here = internal.folder.tasks;
export const f = action({ args: {}, handler: async (ctx) => {
  await ctx.runMutation(internal.folder.tasks.done, {});
  await ctx.runMutation(here.done, {});
  await ctx.runMutation(internal["folder/tasks"].done, {});
  await ctx.runMutation(internal.folder.tasks.default, {});
  await ctx.runMutation(internal.folder.tasks.later, {});
  await ctx.runMutation(internal.folder.tasks.nope, {});
  await ctx.runMutation(internal.folder.tasks.plain, {});
  await ctx.runMutation(internal.folder.tasks.LIMIT, {});
  await ctx.runMutation(internal.nowhere.f, {});
  await ctx.runMutation(internal.open.anything, {});
  await ctx.runMutation(components.pool.lib.enqueue, {});
  await ctx.runMutation("folder/tasks:done", {});
  await ctx.runMutation("folder/tasks.js:nope", {});
  await ctx.runMutation("folder/tasks", {});
} });
export const plain = () => api.nowhere.g;
""",
        }
    )
    assert references(backend) == [
        "internal.folder.tasks.done found",
        "internal.folder.tasks.done found",
        "internal.folder/tasks.done found",
        "internal.folder.tasks.default found",
        "internal.folder.tasks.later unknown",
        "internal.folder.tasks.nope missing",
        "internal.folder.tasks.plain missing",
        "internal.folder.tasks.LIMIT missing",
        "internal.nowhere.f missing",
        "internal.open.anything unknown",
        "components.pool.lib.enqueue unknown",
        "folder/tasks:done found",
        "folder/tasks.js:nope missing",
        "folder/tasks found",
        "api.nowhere.g missing",
    ]
    done = backend.function_by_reference("folder/tasks:done")
    assert [r.function is done for r in backend.references[:3]] == [True, True, True]
    assert backend.references[13].function is backend.function_by_reference("folder/tasks:default")


def test_python_references_are_the_same():
    backend = python("""
@internal_mutation(args={})
async def done(ctx, args): ...
@action(args={})
async def f(ctx, args):
    await ctx.run_mutation(internal.a.done, {})
    await ctx.run_mutation("a:done", {})
    await ctx.run_query(internal.a.nope, {})
""")
    assert references(backend) == ["internal.a.done found", "a:done found", "internal.a.nope missing"]
    assert [(call.operation, call.reference is not None) for call in backend.run_calls] == [
        ("runMutation", True),
        ("runMutation", True),
        ("runQuery", True),
    ]


def test_the_places_of_a_run_call():
    call = handler("await ctx.runMutation(internal.a.f, { x: 1 });").run_calls[0]
    assert call.reference is not None
    assert call.args is not None
    assert text_of(call.reference.place) == "internal.a.f"
    assert call.place.source.text(call.args.start, call.args.end) == "{ x: 1 }"


def test_a_function_that_is_passed_itself_is_no_reference():
    backend = typescript("""
export const g = internalMutation({ args: {}, handler: async () => 1 });
export const f = mutation({ args: {}, handler: async (ctx) => { await ctx.runMutation(g, {}); } });
""")
    assert [call.reference for call in backend.run_calls] == [None]


def test_a_module_that_does_not_parse_has_unknown_functions():
    backend = sources(
        {
            "broken.ts": "export const f = query({ handler: async (ctx) => {{{ ",
            "a.ts": 'import { api } from "./_generated/api";\nexport const r = [api.broken.f, api.broken.g];',
        }
    )
    assert [r.status for r in backend.references if r.name == "api.broken.g"] == ["unknown"]


def test_types_are_no_references():
    backend = typescript("type A = FunctionArgs<typeof internal.nowhere.f>;\nlet x: typeof api.nowhere.g;")
    assert backend.references == ()


def test_cron_jobs_of_both_languages():
    ts = sources(
        {
            "crons.ts": """
import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";
const crons = cronJobs();
const every = { minutes: 5 };
crons.interval("poll", every, internal.crons.poll, { x: 1 });
crons.cron("nightly", "0 3 * * *", internal.crons.poll);
crons.daily("daily", { hourUTC: 3, minuteUTC: 0 }, "crons:poll");
crons.interval("odd", { seconds: period() }, internal.crons.poll);
export default crons;
"""
        }
    )
    py = sources(
        {
            "crons.py": """
from biconvex.sim.server import cron_jobs, internal
crons = cron_jobs()
every = {"minutes": 5}
crons.interval("poll", every, internal.crons.poll, {"x": 1})
crons.cron("nightly", "0 3 * * *", internal.crons.poll)
crons.daily("daily", {"hourUTC": 3, "minuteUTC": 0}, "crons:poll")
crons.interval("odd", {"seconds": period()}, internal.crons.poll)
"""
        }
    )
    for backend in (ts, py):
        assert [(j.identifier, j.method, j.period_ms, j.expression) for j in backend.crons] == [
            ("poll", "interval", 300_000, None),
            ("nightly", "cron", None, "0 3 * * *"),
            ("daily", "daily", None, None),
            ("odd", "interval", None, None),
        ]
        assert [j.reference.name for j in backend.crons if j.reference] == [
            "internal.crons.poll",
            "internal.crons.poll",
            "crons:poll",
            "internal.crons.poll",
        ]
        assert [j.arguments is not None for j in backend.crons] == [True, False, False, False]


def test_routes_of_both_languages():
    ts = sources(
        {
            "http.ts": """
import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
import { named } from "./hooks";
import { auth } from "a-package";
const http = httpRouter();
auth.addHttpRoutes(http);
http.route({ path: "/named", method: "POST", handler: named });
http.route({ pathPrefix: "/files/", method: "GET", handler: httpAction(async (ctx, req) => { await ctx.runQuery(x); }) });
http.route({ path: where(), method: "GET", handler: auth.handler });
export default http;
""",
            "hooks.ts": """
import { httpAction } from "./_generated/server";
export const named = httpAction(async (ctx, request) => new Response());
""",
        }
    )
    py = sources(
        {
            "http.py": """
from biconvex.sim.server import http_router, http_action
from .hooks import named
from a_package import auth
@http_action
async def local(ctx, request): await ctx.run_query(x)
http = http_router()
http.route(path="/named", method="POST", handler=named)
http.route(path_prefix="/files/", method="GET", handler=local)
http.route(path=where(), method="GET", handler=auth.handler)
""",
            "hooks.py": """
from biconvex.sim.server import http_action
@http_action
async def named(ctx, request): ...
""",
        }
    )
    for backend in (ts, py):
        assert [(r.path, r.prefix, r.method, r.handler is not None) for r in backend.routes] == [
            ("/named", None, "POST", True),
            (None, "/files/", "GET", True),
            (None, None, "GET", False),
        ]
        assert backend.routes[0].handler is backend.function_by_reference("hooks:named")
        assert [(call.api, call.kinds) for call in backend.ctx_calls] == [("runQuery", {"httpAction"})]
    inline = ts.routes[1].handler
    assert inline is not None
    assert (inline.name, inline.reference, inline.kind, text_of(inline.place)) == (
        None,
        None,
        "httpAction",
        "httpAction",
    )


@pytest.mark.parametrize(
    ("path", "text", "entry"),
    [
        ("a.ts", "export const x = 1;", True),
        ("folder/a.js", "exports.x = 1;", True),
        ("a.tsx", "  export const x = 1;", True),
        ("a.ts", "const x = 1;", False),
        ("a.mjs", "const x = 1;", True),
        ("schema.ts", "export default 1;", False),
        ("folder/schema.js", "export default 1;", False),
        ("a.test.ts", "export const x = 1;", False),
        ("auth.config.ts", "export default 1;", False),
        ("a b.ts", "export const x = 1;", False),
        (".hidden.ts", "export const x = 1;", False),
        ("#a.ts", "export const x = 1;", False),
        ("_deps/a.ts", "export const x = 1;", False),
        ("crons.ts", "export default 1;", True),
        ("../outside.ts", "export const x = 1;", False),
        ("a.py", "x = 1", True),
        ("schema.py", "x = 1", False),
        ("pkg/__init__.py", "x = 1", False),
    ],
)
def test_which_files_are_deployed(path: str, text: str, entry: bool):
    backend = sources({path: text})
    assert [module.is_entry for module in backend.modules.values()] == [entry]


def test_a_component_says_so():
    files = {
        "convex.config.ts": 'import { defineComponent } from "convex/server";\nexport default defineComponent("x");'
    }
    assert sources(files).kind == "component"
    assert sources({"a.ts": "export const x = 1;"}).kind == "app"
