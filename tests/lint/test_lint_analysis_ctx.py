"""Which value is a ctx, in whose function, and by which calls it got there."""

from __future__ import annotations

import pytest
from backend_facts import calls, handler, python, sources, text_of, typescript

GET = 'await ctx.db.get("t", id);'


def way(backend, kind, at=0):
    call = backend.ctx_calls[at]
    found = backend.reach(call.body, kind)
    return None if found is None else [step.text for step in found.path]


@pytest.mark.parametrize(
    "parameter",
    ["ctx", "{ db }", "{ db: database }", "{ ...ctx }", "ctx: any", "ctx = other"],
)
def test_a_handler_s_first_parameter_is_its_ctx(parameter: str):
    name = {"{ db }": "db", "{ db: database }": "database"}.get(parameter, "ctx.db")
    backend = typescript(
        f'export const f = query({{ args: {{}}, handler: async ({parameter}) => {{ await {name}.get("t", 1); }} }});'
    )
    assert calls(backend) == ["db.get query"]


@pytest.mark.parametrize(
    "body",
    [
        "const { db } = ctx; await db.get('t', 1);",
        "const db = ctx.db; await db.get('t', 1);",
        "const { db: { get } } = ctx; await get('t', 1);",
        "const other = ctx; await other.db.get('t', 1);",
        "const more = { ...ctx, user: 1 }; await more.db.get('t', 1);",
        "let db; db = ctx.db; await db.get('t', 1);",
        "await (ctx as any).db.get('t', 1);",
        "const inner = async () => { await ctx.db.get('t', 1); }; await inner();",
        "await Promise.all([1].map(async (id) => { await ctx.db.get('t', id); }));",
        "class Local { async go() { await ctx.db.get('t', 1); } } await new Local().go();",
    ],
)
def test_a_ctx_is_followed_within_a_function(body: str):
    assert calls(handler(body, "query")) == ["db.get query"]


@pytest.mark.parametrize(
    "body",
    [
        "const db = other; await db.get('t', 1);",
        "const f = (ctx) => ctx.db.get('t', 1); f(other);",
        "{ const ctx = other; await ctx.db.get('t', 1); }",
        "for (const ctx of others) { await ctx.db.get('t', 1); }",
        "try { } catch (ctx) { await ctx.db.get('t', 1); }",
        "await ctx.custom.get('t', 1);",
    ],
)
def test_what_only_looks_like_a_ctx_is_none(body: str):
    assert calls(handler(body)) == []


@pytest.mark.parametrize(
    ("call", "helper"),
    [
        ("save(ctx)", "async function save(ctx) { await ctx.db.insert('t', {}); }"),
        ("save(ctx.db)", "const save = async (db) => { await db.insert('t', {}); };"),
        ("save({ ctx, x: 1 })", "const save = async ({ ctx }) => { await ctx.db.insert('t', {}); };"),
        ("save({ db: ctx.db })", "async function save(o) { await o.db.insert('t', {}); }"),
        ("save(1, ctx)", "async function save(n, { db }) { await db.insert('t', {}); }"),
        ("save({ ...ctx, n: 1 })", "async function save(c) { await c.db.insert('t', {}); }"),
        ("helpers.save(ctx)", "const helpers = { async save(ctx) { await ctx.db.insert('t', {}); } };"),
        ("Helper.save(ctx)", "class Helper { static async save(ctx) { await ctx.db.insert('t', {}); } }"),
        ("new Helper().save(ctx)", "class Helper { async save(ctx) { await ctx.db.insert('t', {}); } }"),
    ],
)
def test_a_helper_that_is_handed_a_ctx_or_a_part_of_it_is_reached(call: str, helper: str):
    backend = typescript(
        f"{helper}\nexport const f = mutation({{ args: {{}}, handler: async (ctx) => {{ await {call}; }} }});"
    )
    assert calls(backend) == ["db.insert mutation"]
    assert way(backend, "mutation") == ["save"]


def test_a_python_helper_is_reached_by_position_and_by_keyword():
    backend = python("""
async def save(ctx, text): await ctx.db.insert("t", {"text": text})
async def keep(text, db): await db.insert("t", {"text": text})
class Box:
    async def put(self, ctx): await ctx.db.insert("t", {})
@mutation(args={})
async def f(ctx, args):
    await save(ctx, "x")
    await keep("x", db=ctx.db)
    await Box().put(ctx)
""")
    assert calls(backend) == ["db.insert mutation"] * 3


def test_a_helper_s_way_goes_through_files():
    files = {
        "a.ts": """
import { action } from "./_generated/server";
import { one } from "./one";
export const f = action({ args: {}, handler: async (ctx) => { await one(ctx); } });
""",
        "one.ts": 'import { two } from "./two";\nexport const one = async (ctx: any) => await two({ ctx });',
        "two.ts": "export const two = async ({ ctx }) => { await ctx.db.get('t', 1); };",
    }
    backend = sources(files)
    found = backend.reach(backend.ctx_calls[0].body, "action")
    assert found is not None
    assert [(p.source.path, p.line, text) for p, text in found.evidence] == [
        ("convex/a.ts", 4, "`f` is registered as an action here"),
        ("convex/a.ts", 4, "calls `one`"),
        ("convex/one.ts", 2, "calls `two`"),
    ]


def test_a_helper_has_the_kinds_of_all_that_reach_it():
    backend = typescript("""
async function read(ctx) { await ctx.db.get("t", 1); }
async function between(ctx) { await read(ctx); }
export const q = query({ args: {}, handler: async (ctx) => { await between(ctx); } });
export const m = mutation({ args: {}, handler: async (ctx) => { await read(ctx); } });
export const h = httpAction(async (ctx) => { await read({ db: somethingElse }); });
""")
    read = backend.ctx_calls[0].body
    assert calls(backend) == ["db.get mutation+query"]
    assert read.kinds == {"query", "mutation"}
    assert [(r.function.name, [s.text for s in r.path]) for r in backend.reached_by(read)] == [
        ("m", ["read"]),
        ("q", ["between", "read"]),
    ]
    assert [body.name for body in backend.reachable(backend.functions[0])] == ["q", "between", "read"]


def test_a_function_without_a_name_is_called_so_in_the_evidence():
    backend = handler(f"return await (async () => {{ {GET} }})();")
    (reach,) = backend.reached_by(backend.ctx_calls[0].body)
    assert [message for _, message in reach.evidence] == [
        "`f` is registered as a mutation here",
        "calls a function",
    ]


def test_helpers_that_call_each_other_end():
    backend = typescript("""
async function even(ctx, n) { if (n > 0) await odd(ctx, n - 1); await ctx.db.get("t", 1); }
async function odd(ctx, n) { await even(ctx, n - 1); }
export const f = query({ args: {}, handler: async (ctx) => { await odd(ctx, 5); } });
""")
    assert calls(backend) == ["db.get query"]
    assert way(backend, "query") == ["odd", "even"]


@pytest.mark.parametrize(
    ("annotation", "kinds"),
    [
        ("ctx: MutationCtx", {"mutation"}),
        ("ctx: QueryCtx", {"query", "mutation"}),
        ("ctx: ActionCtx | MutationCtx", {"action", "httpAction", "mutation"}),
        ("ctx: GenericMutationCtx<DataModel>", {"mutation"}),
        ("ctx: server.MutationCtx", {"mutation"}),
        ('ctx: Pick<MutationCtx, "db">', {"mutation"}),
        ("ctx: MutationCtx & { user: User }", {"mutation"}),
        ("ctx: { db: DatabaseWriter }", set()),
        ("ctx", set()),
    ],
)
def test_a_helper_that_nobody_calls_is_known_by_its_type_or_by_the_name_ctx(annotation: str, kinds: set[str]):
    backend = typescript(f"export async function save({annotation}) {{ await ctx.db.insert('t', {{}}); }}")
    assert calls(backend) == ["db.insert nobody"]
    assert backend.ctx_calls[0].body.declared == kinds


@pytest.mark.parametrize(
    "annotation",
    [
        "ctx: CanvasRenderingContext2D",
        "ctx: (ctx: MutationCtx) => void",
        "ctx: Array<MutationCtx>",
        "context",
    ],
)
def test_another_type_or_name_is_no_ctx(annotation: str):
    name = annotation.partition(":")[0]
    backend = typescript(f"export async function save({annotation}) {{ await {name}.db.insert('t', {{}}); }}")
    assert calls(backend) == []


@pytest.mark.parametrize(
    ("annotation", "use"),
    [
        ("db: DatabaseWriter", "db"),
        ('db: MutationCtx["db"]', "db"),
        ("db: GenericDatabaseWriter<DataModel>", "db"),
    ],
)
def test_a_part_of_a_ctx_is_known_by_its_type(annotation: str, use: str):
    backend = typescript(f"export async function save({annotation}) {{ await {use}.insert('t', {{}}); }}")
    assert calls(backend) == ["db.insert nobody"]


def test_an_instance_keeps_the_ctx_of_its_constructor():
    backend = typescript("""
class Agent {
  constructor(private ctx: MutationCtx) {}
  async step() { await this.ctx.db.insert("t", {}); }
}
export const f = mutation({ args: {}, handler: async (ctx) => { const agent = new Agent(ctx); await agent.step(); } });
""")
    assert calls(backend) == ["db.insert mutation"]


@pytest.mark.parametrize(
    "body",
    [
        'if ("db" in ctx) { await ctx.db.get("t", 1); }',
        'if (!("db" in ctx)) return; await ctx.db.get("t", 1);',
        'if (ctx.db) await ctx.db.get("t", 1);',
        'return "db" in ctx ? await ctx.db.get("t", 1) : null;',
        '"db" in ctx && await ctx.db.get("t", 1);',
        'if (isMutationCtx(ctx)) await ctx.db.get("t", 1);',
    ],
)
def test_a_test_on_the_ctx_makes_its_kind_unsure(body: str):
    backend = typescript(f"""
async function read(ctx: QueryCtx | ActionCtx) {{ {body} }}
export const a = action({{ args: {{}}, handler: async (ctx) => {{ await read(ctx); }} }});
export const q = query({{ args: {{}}, handler: async (ctx) => {{ await read(ctx); }} }});
""")
    assert calls(backend) == ["db.get query"]


def test_a_test_in_python_makes_it_unsure_as_well():
    backend = python("""
async def read(ctx):
    if hasattr(ctx, "db"):
        await ctx.db.get("t", 1)
@action(args={})
async def a(ctx, args): await read(ctx)
""")
    assert calls(backend) == ["db.get nobody"]


def test_a_custom_builder_that_may_replace_the_database_makes_an_action_unsure():
    backend = typescript("""
import { customAction, customCtx } from "convex-helpers/server/customFunctions";
import { addDatabase } from "a-package";
const plain = customAction(action, customCtx(async (ctx) => ({ user: await ctx.auth.getUserIdentity() })));
const replaced = customAction(action, customCtx(async (ctx) => ({ db: fake })));
const opaque = customAction(action, customCtx(addDatabase));
export const a = plain({ args: {}, handler: async (ctx) => { await ctx.db.get("t", 1); } });
export const b = replaced({ args: {}, handler: async (ctx) => { await ctx.db.get("t", 1); } });
export const c = opaque({ args: {}, handler: async (ctx) => { await ctx.db.get("t", 1); } });
""")
    assert calls(backend) == [
        "auth.getUserIdentity action",
        "db.get action",
        "db.get nobody",
        "db.get nobody",
    ]


def test_a_function_handed_to_a_helper_gets_what_the_helper_hands_on():
    backend = typescript("""
async function withUser(ctx, fn) { const user = await ctx.auth.getUserIdentity(); return await fn(ctx, user); }
export const f = mutation({ args: {}, handler: async (ctx) => {
  return await withUser(ctx, async (inner, user) => { await inner.db.insert("t", { user }); });
} });
""")
    assert calls(backend) == ["auth.getUserIdentity mutation", "db.insert mutation"]


def test_a_part_of_a_ctx_that_is_handed_out_of_sight_is_passed():
    backend = typescript("""
import { wrap } from "a-package";
export const f = action({ args: {}, handler: async (ctx) => { await wrap(ctx.db); await wrap(ctx); } });
""")
    uses = [(use.operation, text_of(use.place), use.kinds) for use in backend.database_uses]
    assert uses == [("passed", "ctx.db", {"action"})]


def test_a_callback_of_a_package_that_takes_a_ctx_is_walked_without_a_kind():
    backend = typescript("""
import { register } from "a-package";
register({ onChange: async (ctx, change) => { ctx.db.insert("log", {}); } });
""")
    assert calls(backend) == ["db.insert nobody"]
    assert [p.fate for p in backend.promises] == ["floating"]
