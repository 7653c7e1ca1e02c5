"""What is registered: builders, their aliases and wrappers, in both languages."""

from __future__ import annotations

import pytest
from backend_facts import functions, handler, python, shape, sources, text_of, typescript


def test_each_builder_registers_its_kind_and_visibility():
    ts = typescript("""
import { internalQuery } from "./_generated/server";
export const a = query({ handler: async () => 1 });
export const b = mutation({ handler: async () => 1 });
export const c = action({ handler: async () => 1 });
export const d = internalQuery({ handler: async () => 1 });
export const e = internalMutation({ handler: async () => 1 });
export const f = internalAction({ handler: async () => 1 });
export const g = httpAction(async () => new Response());
""")
    py = python("""
from biconvex.sim.server import internal_query
@query
async def a(ctx): ...
@mutation(args={})
async def b(ctx, args): ...
@action(args={})
async def c(ctx, args): ...
@internal_query(args={})
async def d(ctx, args): ...
@internal_mutation()
async def e(ctx, args): ...
@internal_action(args={})
async def f(ctx, args): ...
@http_action
async def g(ctx, request): ...
""")
    expected = [
        "a:a public query", "a:b public mutation", "a:c public action", "a:d internal query",
        "a:e internal mutation", "a:f internal action", "a:g public httpAction",
    ]  # fmt: skip
    assert functions(ts) == expected
    assert functions(py) == expected


def test_a_builder_keeps_its_kind_through_variables_and_patterns():
    backend = sources(
        {
            "a.ts": """
import * as server from "./_generated/server";
import { queryGeneric as plain } from "convex/server";
const { mutation: change } = server;
const q = server.query;
const again = q;
export const one = again({ args: {}, handler: async () => 1 });
export const two = change({ args: {}, handler: async () => 1 });
export const three = plain({ args: {}, handler: async () => 1 });
"""
        }
    )
    assert functions(backend) == ["a:one public query", "a:two public mutation", "a:three public query"]
    assert [f.custom for f in backend.functions] == [False, False, False]


def test_a_builder_keeps_its_kind_through_python_names_and_an_assignment():
    backend = sources(
        {
            "a.py": """
import biconvex.sim.server as server
from biconvex.sim.server import mutation as change
q = server.query
async def read(ctx, args): ...
one = q(args={}, handler=read)
@change(args={})
async def two(ctx, args): ...
"""
        }
    )
    assert functions(backend) == ["a:one public query", "a:two public mutation"]
    assert [f.handler.name for f in backend.functions if f.handler] == ["read", "two"]


def test_a_default_export_without_a_name_is_its_own_place():
    code = "mutation(async ({ runMutation }) => { await runMutation(api.b.default, {}); })"
    (function,) = typescript(f"export default {code};").functions
    assert (function.name, text_of(function.place)) == ("default", code)


def test_the_name_is_the_place_of_a_function():
    backend = typescript("export const send = mutation({ args: {}, handler: async (ctx) => {} });")
    function = backend.functions[0]
    assert text_of(function.place) == "send"
    assert text_of(function.builder) == "mutation"
    assert text_of(function.registration) == "mutation({ args: {}, handler: async (ctx) => {} })"
    py = python("@mutation(args={})\nasync def send(ctx, args): ...").functions[0]
    assert (text_of(py.place), text_of(py.builder)) == ("send", "mutation")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("{ args: { n: v.number() }, handler: h }", "present {n: float64}"),
        ("{ args: v.object({ n: v.number() }), handler: h }", "present {n: float64}"),
        ("{ args, handler: h }", "present {n: float64}"),
        ("{ ...common, handler: h }", "present {n: float64}"),
        ("{ handler: h }", "absent none"),
        ("{ ...elsewhere, handler: h }", "unknown none"),
        ("options", "unknown none"),
        ("h", "absent none"),
    ],
)
def test_argument_validators_are_present_absent_or_unknown(config: str, expected: str):
    backend = typescript(f"""
import {{ elsewhere, options }} from "a-package";
const args = {{ n: v.number() }};
const common = {{ args }};
const h = async (ctx, args) => 1;
export const f = query({config});
""")
    declared = backend.functions[0].args
    assert f"{declared.status} {shape(declared.shape)}" == expected


def test_python_arguments_and_returns_are_declared_by_keyword():
    backend = python("""
common = {"args": {"n": v.number()}, "returns": v.null()}
@query(args={"n": v.number()}, returns=v.null())
async def a(ctx, args): ...
@query(**common)
async def b(ctx, args): ...
@query(**elsewhere())
async def c(ctx, args): ...
""")
    assert [(f.args.status, f.returns.status) for f in backend.functions] == [
        ("present", "present"),
        ("present", "present"),
        ("unknown", "unknown"),
    ]


def test_the_old_syntax_is_a_function_alone():
    backend = typescript(
        "export const f = query(async (ctx) => 1);\nexport const g = query({ handler: async () => 1 });"
    )
    assert [f.object_syntax for f in backend.functions] == [False, True]


def test_a_second_parameter_uses_the_arguments():
    backend = typescript("""
export const f = query({ handler: async (ctx) => 1 });
export const g = query({ handler: async (ctx, { id }) => 1 });
export const h = query(elsewhere);
""")
    assert [f.uses_arguments for f in backend.functions] == [False, True, None]
    assert backend.functions[2].handler is None


def test_a_custom_builder_has_the_kind_of_the_one_it_wraps():
    backend = typescript("""
import { customMutation, customQuery, customCtx, NoOp } from "convex-helpers/server/customFunctions";
import { somebodysWrapper } from "a-package";
const userMutation = customMutation(mutation, customCtx(async (ctx) => ({ user: 1 })));
const keyedQuery = customQuery(query, { args: { key: v.string() }, input: async (ctx, args) => ({ ctx: {}, args: {} }) });
const plainQuery = customQuery(query, NoOp);
const wrapped = somebodysWrapper(internalAction);
export const a = userMutation({ handler: async (ctx) => 1 });
export const b = keyedQuery({ handler: async (ctx) => 1 });
export const c = plainQuery({ args: { n: v.number() }, handler: async (ctx) => 1 });
export const d = wrapped({ handler: async (ctx) => 1 });
""")
    found = [f"{f.name} {f.visibility} {f.kind} {f.args.status} {f.custom}" for f in backend.functions]
    assert found == [
        "a public mutation absent True",
        "b public query unknown True",
        "c public query present True",
        "d internal action unknown True",
    ]


def test_a_module_may_export_a_wrapped_mutation_under_the_same_name():
    backend = sources(
        {
            "functions.ts": """
import { mutation as rawMutation } from "./_generated/server";
import { customMutation, customCtx } from "convex-helpers/server/customFunctions";
import { Triggers } from "convex-helpers/server/triggers";
const triggers = new Triggers();
export const mutation = customMutation(rawMutation, customCtx(triggers.wrapDB));
""",
            "a.ts": """
import { mutation } from "./functions";
export const f = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("t", {}); } });
""",
        }
    )
    assert functions(backend) == ["a:f public mutation"]
    assert backend.functions[0].custom
    assert [call.kinds for call in backend.ctx_calls] == [{"mutation"}]


def test_a_local_function_that_registers_its_argument_is_a_builder():
    backend = typescript("""
const authed = (fn) => mutation({ args: { key: v.string() }, handler: async (ctx, args) => { return await fn(ctx, args); } });
export const f = authed(async (ctx, args) => { await ctx.db.insert("t", {}); });
""")
    function = backend.functions[0]
    assert functions(backend) == ["a:f public mutation"]
    assert (function.args.status, shape(function.args.shape)) == ("present", "{key: string}")
    insert = backend.ctx_calls[0]
    way = backend.reach(insert.body, "mutation")
    assert insert.kinds == {"mutation"}
    assert way is not None
    assert [text_of(step.place) for step in way.path] == ["fn(ctx, args)"]


def test_a_function_is_known_by_every_name_it_is_exported_under():
    backend = sources(
        {
            "a.ts": """
import { query } from "./_generated/server";
const inner = query({ args: {}, handler: async () => 1 });
export { inner as outer };
export default query({ args: {}, handler: async () => 2 });
const lost = query({ args: {}, handler: async () => 3 });
""",
            "b.ts": 'export { outer } from "./a";\nexport * from "./lib/c";',
            "lib/c.ts": 'import { query } from "../_generated/server";\nexport const c = query({ handler: async () => 1 });',
        }
    )
    assert functions(backend) == [
        "a:outer public query",
        "a:default public query",
        "None public query",
        "b:outer public query",
        "b:c public query",
        "lib/c:c public query",
    ]
    assert [f.exported for f in backend.functions] == [True, True, False, True, True, True]
    assert backend.function_by_reference("a") is backend.functions[1]
    assert backend.function_by_reference("a.js:outer") is backend.functions[0]
    assert backend.function_by_reference("a:lost") is None


def test_commonjs_exports_are_exports():
    backend = sources(
        {
            "a.js": """
const { query, mutation } = require("./_generated/server");
exports.one = query({ args: {}, handler: async () => 1 });
""",
            "b.cjs": """
const { query } = require("./_generated/server");
const two = query({ args: {}, handler: async () => 1 });
module.exports = { two };
""",
        }
    )
    assert functions(backend) == ["a:one public query", "b:two public query"]


def test_a_name_that_hides_a_builder_is_no_builder():
    backend = typescript("""
import { mutation as other } from "a-package";
function outer() { const query = (x) => x; return query({ args: {} }); }
export const f = other({ args: {} });
export const g = outer();
""")
    assert functions(backend) == []


def test_a_function_in_a_file_that_is_not_deployed_has_no_reference():
    backend = sources(
        {
            "a.b.ts": 'import { query } from "./_generated/server";\nexport const f = query({ handler: async () => 1 });'
        }
    )
    assert [(f.reference, f.name, f.exported) for f in backend.functions] == [(None, "f", True)]


def test_a_handler_may_be_a_function_of_another_file():
    backend = sources(
        {
            "a.ts": """
import { query } from "./_generated/server";
import { read } from "./lib/read";
export const f = query({ args: {}, handler: read });
""",
            "lib/read.ts": "export async function read(ctx, args) { return await ctx.db.get('t', args.id); }",
        }
    )
    assert [call.kinds for call in backend.ctx_calls] == [{"query"}]
    body = backend.functions[0].handler
    assert body is not None
    assert (body.name, body.module.path) == ("read", "lib/read")


def test_a_module_with_use_node_runs_in_node():
    backend = sources(
        {"a.ts": '// a comment\n"use node";\nexport const x = 1;', "b.ts": "export const x = 1;"}
    )
    assert {path: module.runtime for path, module in backend.modules.items()} == {"a": "node", "b": "default"}


def test_evidence_begins_at_the_registration():
    backend = handler("await ctx.db.get('t', args.id);", "action")
    way = backend.reach(backend.ctx_calls[0].body, "action")
    assert way is not None
    assert [(text_of(place), text) for place, text in way.evidence] == [
        ("f", "`f` is registered as an action here")
    ]
