"""What the analysis knows of HTTP routes, installed components, thrown errors and handed-over ctxs."""

from __future__ import annotations

from backend_facts import both, handler, python, sources, text_of, typescript
from biconvex.lint.model import Backend

ROUTER = 'import { httpRouter } from "convex/server";\nimport { httpAction } from "./_generated/server";\n'


def routers(backend: Backend) -> list[str]:
    return [f"{router.module.path} {router.deployed}" for router in backend.routers]


def routes(backend: Backend) -> list[str]:
    return [
        f"{route.method} {route.path or route.prefix} {sorted(route.parts)} {route.complete}"
        for route in backend.routes
    ]


def throws(backend: Backend) -> list[str]:
    return [f"{throw.thrown} {throw.name}" for throw in backend.throws]


def handovers(backend: Backend) -> list[str]:
    return [handover.callee for handover in backend.handovers]


def test_a_route_has_the_places_of_its_parts_in_both_languages() -> None:
    ts = sources(
        {
            "http.ts": ROUTER
            + 'const http = httpRouter();\nhttp.route({ pathPrefix: "/a/", method: "GET" });\n'
        }
    )
    py = sources(
        {
            "http.py": "from biconvex.sim.server import http_router\n"
            'http = http_router()\nhttp.route(path_prefix="/a/", method="GET")\n'
        }
    )
    for backend in (ts, py):
        assert routes(backend) == ["GET /a/ ['method', 'pathPrefix'] True"]
        assert backend.routes[0].parts["pathPrefix"].text == '"/a/"'


def test_a_router_is_deployed_when_the_http_module_exports_it_by_default() -> None:
    made = ROUTER + "export const http = httpRouter();\n"
    assert routers(sources({"http.ts": made + "export default http;\n"})) == ["http True"]
    assert routers(sources({"http.ts": made})) == ["http False"]
    assert routers(sources({"web.ts": made})) == ["web False"]
    assert routers(
        sources({"web.ts": made, "http.ts": 'import { http } from "./web";\nexport default http;\n'})
    ) == ["web True"]


def test_what_a_wrapper_makes_of_a_router_is_not_known() -> None:
    text = (
        ROUTER + 'import { wrap } from "library";\nconst http = httpRouter();\nexport default wrap(http);\n'
    )
    assert routers(sources({"http.ts": text})) == ["http None"]


def test_a_handler_that_is_a_plain_function_is_known_as_such() -> None:
    text = ROUTER + "const http = httpRouter();\nhttp.route({ handler: async () => new Response() });\n"
    assert [route.plain_handler for route in sources({"http.ts": text}).routes] == [True]


def test_a_component_is_named_by_its_use_or_its_definition() -> None:
    backend = sources(
        {
            "convex.config.ts": """\
import { defineApp } from "convex/server";
import workpool from "@convex-dev/workpool/convex.config";
import audit from "./audit/convex.config";
const app = defineApp();
app.use(workpool, { name: "emails" });
app.use(workpool);
app.use(audit);
export default app;
"""
        }
    )
    app = backend.app_definition
    assert app is not None
    assert app.complete
    assert [(each.name, each.source, each.local) for each in app.installed] == [
        ("emails", "@convex-dev/workpool/convex.config", "workpool"),
        (None, "@convex-dev/workpool/convex.config", "workpool"),
        (None, "./audit/convex.config", "audit"),
    ]


def test_an_app_definition_that_is_not_understood_may_install_anything() -> None:
    backend = sources({"convex.config.ts": 'import { app } from "library";\nexport default app;\n'})
    assert backend.app_definition is not None
    assert not backend.app_definition.complete
    assert sources({"tasks.ts": "export const a = 1;\n"}).app_definition is None


def test_what_is_thrown_is_told_apart() -> None:
    backend = typescript(
        """
import { ConvexError } from "convex/values";
class Missing extends ConvexError<string> {}
class Odd extends Missing {}
export const f = mutation({ args: {}, handler: async (ctx, args) => {
  if (args.a) throw new Error("a");
  if (args.b) throw new ConvexError("b");
  if (args.c) throw new Odd("c");
  if (args.d) throw "d" + args.d;
  if (args.e) throw `e ${args.e}`;
  try { await ctx.db.get(args.id); } catch (error) { throw error; }
} });
"""
    )
    assert throws(backend) == [
        "error Error", "ConvexError ConvexError", "ConvexError Odd", "value None", "value None", "None None",
    ]  # fmt: skip


def test_what_is_raised_in_python_is_told_apart() -> None:
    backend = python(
        """
from biconvex.sim.values import ConvexError

@mutation(args={})
async def f(ctx, args):
    if args["a"]:
        raise ValueError("a")
    if args["b"]:
        raise KeyError
    raise ConvexError("c")
"""
    )
    assert throws(backend) == ["error ValueError", "error KeyError", "ConvexError ConvexError"]
    thrown = [throw.body.module.source.text(throw.value.start, throw.value.end) for throw in backend.throws]
    assert thrown == ['ValueError("a")', "KeyError", 'ConvexError("c")']


def test_a_ctx_that_goes_out_of_sight_is_noted() -> None:
    for backend in both(
        "await library.find(ctx); await library.find(ctx.auth); await library.find({ ctx }); await library.find(args);",
        "    await library.find(ctx)\n    await library.find(ctx.auth)\n"
        '    await library.find({"ctx": ctx})\n    await library.find(args)',
    ):
        assert handovers(backend) == ["library.find"] * 3


def test_a_builder_of_a_library_is_opaque() -> None:
    backend = typescript(
        """
import { customQuery, customCtx } from "convex-helpers/server/customFunctions";
import { wrap } from "library";
const known = customQuery(query, customCtx(async (ctx) => ({ user: await ctx.auth.getUserIdentity() })));
const opaque = wrap(query);
export const a = query({ args: {}, handler: async (ctx) => null });
export const b = known({ args: {}, handler: async (ctx) => null });
export const c = opaque({ args: {}, handler: async (ctx) => null });
"""
    )
    assert [(function.name, function.opaque) for function in backend.functions] == [
        ("a", False), ("b", False), ("c", True),
    ]  # fmt: skip


def test_imports_tell_the_names_that_they_bring() -> None:
    backend = typescript(
        'import d, { type T, a as b } from "x";\nimport * as n from "y";\nexport const f = 1;'
    )
    imported = backend.modules["a"].imports[3:]
    assert [each.names for each in imported] == [(("default", "d"), ("a", "b")), (("*", "n"),)]
    assert [text_of(each.place) for each in imported] == [
        'import d, { type T, a as b } from "x";',
        'import * as n from "y";',
    ]


def test_a_call_in_a_handler_is_no_handover() -> None:
    assert handovers(handler("await ctx.db.get(args.id); console.log(args);")) == []


def test_a_vector_search_on_the_database_is_a_call_that_no_ctx_has() -> None:
    backend = handler('await ctx.db.vectorSearch("tasks", "by_vector", {});', "query")
    assert [(call.api, call.kinds) for call in backend.ctx_calls] == [("db.vectorSearch", {"query"})]


def test_every_use_of_a_component_is_noted() -> None:
    backend = typescript(
        'import { components } from "./_generated/api";\n'
        "const client = new Client(components.limiter);\n"
        "export const f = mutation({ args: {}, handler: async (ctx) => {\n"
        "  await ctx.runMutation(components.pool.lib.enqueue, {});\n} });"
    )
    assert [(use.name, use.place.text) for use in backend.component_uses] == [
        ("limiter", "components.limiter"), ("pool", "components.pool.lib.enqueue"),
    ]  # fmt: skip
