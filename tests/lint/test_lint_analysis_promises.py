"""What becomes of each promise, in both languages."""

from __future__ import annotations

import pytest
from backend_facts import fates, handler, py_handler, python, text_of, typescript

PATCH = 'ctx.db.patch("t", id, {})'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"await {PATCH};", "awaited"),
        (f"return {PATCH};", "returned"),
        (f"return await {PATCH};", "awaited"),
        (f"{PATCH};", "floating"),
        (f"void {PATCH};", "voided"),
        (f"const p = {PATCH}; await p;", "awaited"),
        (f"const p = {PATCH}; return p;", "returned"),
        (f"const p = {PATCH}; elsewhere(p);", "passed"),
        (f"const p = {PATCH}; console.log(typeof p);", "stored"),
        (f"const p = {PATCH};", "unused"),
        (f"let p; p = {PATCH}; await p;", "awaited"),
        (f"const o = {{ p: {PATCH} }}; await o.p;", "awaited"),
        (f"const o = {{ p: {PATCH} }};", "stored"),
        (f"this.p = {PATCH};", "stored"),
        (f"elsewhere({PATCH});", "passed"),
        (f"await Promise.all([{PATCH}]);", "gathered"),
        (f"const all = []; all.push({PATCH}); await Promise.all(all);", "gathered"),
        (f"const all = new Map(); all.set(id, {PATCH}); await Promise.all(all.values());", "gathered"),
        (f"if (args.x) {{ {PATCH}; }}", "floating"),
        (f"args.x && {PATCH};", "floating"),
        (f"args.x || {PATCH};", "floating"),
        (f"args.x ? {PATCH} : null;", "floating"),
        (f"await (args.x ? {PATCH} : null);", "awaited"),
        (f"await (args.x && {PATCH});", "awaited"),
        (f"return args.x ? {PATCH} : null;", "returned"),
        (f"{PATCH}.then(() => 1);", "floating"),
        (f"{PATCH}.catch(console.error);", "floating"),
        (f"await {PATCH}.then(() => 1).catch(() => 2);", "awaited"),
        (f"const run = () => {PATCH}; await run();", "returned"),
        (f"try {{ {PATCH}; }} finally {{ done(); }}", "floating"),
        (f"switch (args.x) {{ case 1: {PATCH}; break; }}", "floating"),
        (f"for (const id of args.ids) {PATCH};", "floating"),
        (f"await ({PATCH} as any);", "awaited"),
        (f"if ({PATCH}) {{ }}", "used"),
        ("await ctx.db.patch<T>(id, {});", "awaited"),
        ("void ctx.db.patch<T>(id, {});", "voided"),
        ("return await ctx.db.patch<T>(id, {}).then(() => 1);", "awaited"),
        ("ctx.db.patch<T>(id, {});", "floating"),
    ],
)
def test_the_fate_of_a_promise(body: str, expected: str):
    found = [p.fate for p in handler(body).promises if text_of(p.place).startswith("ctx.db.patch")]
    assert found == [expected]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    await P", "awaited"),
        ("    return await P", "awaited"),
        ("    P", "floating"),
        ("    p = P\n    await p", "awaited"),
        ("    p = P", "unused"),
        ("    await asyncio.gather(P)", "gathered"),
        ("    await asyncio.gather(*[P for id in ids])", "gathered"),
        ("    async with asyncio.TaskGroup() as group:\n        group.create_task(P)", "gathered"),
        ("    tasks = []\n    tasks.append(P)\n    await asyncio.gather(*tasks)", "gathered"),
        ("    if args['x']:\n        P", "floating"),
        ("    return P", "returned"),
        ("    [P for id in ids]", "floating"),
        ("    elsewhere(P)", "passed"),
    ],
)
def test_the_fate_of_a_coroutine(body: str, expected: str):
    backend = py_handler("    import asyncio\n" + body.replace("P", 'ctx.db.patch("t", id, {})'))
    assert [p.fate for p in backend.promises if text_of(p.place).startswith("ctx.db.patch")] == [expected]


@pytest.mark.parametrize(
    "call",
    [
        'ctx.db.insert("t", {})',
        "ctx.db.delete(id)",
        "ctx.scheduler.runAfter(0, internal.a.f, {})",
        "ctx.scheduler.cancel(id)",
        "ctx.storage.delete(id)",
        "ctx.storage.getUrl(id)",
        "ctx.runMutation(internal.a.f, {})",
        "ctx.runAction(internal.a.f, {})",
        'ctx.vectorSearch("t", "i", {})',
        "ctx.auth.getUserIdentity()",
        'ctx.db.query("t").collect()',
        'ctx.db.query("t").withIndex("i").first()',
    ],
)
def test_every_asynchronous_call_on_a_ctx_makes_a_promise(call: str):
    backend = handler(f"{call};", "action")
    assert [(p.fate, text_of(p.place)) for p in backend.promises] == [("floating", call)]


@pytest.mark.parametrize(
    "call", ['ctx.db.query("t")', 'ctx.db.normalizeId("t", x)', 'ctx.db.query("t").order("desc")']
)
def test_what_is_synchronous_makes_none(call: str):
    assert handler(f"{call};").promises == ()


def test_a_callback_of_for_each_lets_its_promises_float():
    backend = handler("""
        args.ids.forEach(async (id) => {
          await ctx.db.delete(id);
          await ctx.db.get(id);
        });
        args.ids.forEach((id) => ctx.db.delete(id));
        args.ids.forEach((id) => { console.log(id); });
    """)
    assert fates(backend) == [
        "ctx.db.delete floating forEach",
        "ctx.db.delete awaited",
        "ctx.db.get awaited",
        "ctx.db.delete floating forEach",
    ]
    assert [text_of(p.place)[:20] for p in backend.promises if p.fate == "floating"] == [
        "args.ids.forEach(asy",
        "ctx.db.delete(id)",
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("await Promise.all(args.ids.map((id) => ctx.db.delete(id)));", []),
        ("await Promise.all(args.ids.map(async (id) => { await ctx.db.delete(id); }));", []),
        ("return Promise.all(args.ids.map(async (id) => await ctx.db.get(id)));", []),
        ("const all = args.ids.map((id) => ctx.db.get(id)); return await Promise.all(all);", []),
        ("const all = await Promise.all([...args.ids.map((id) => ctx.db.get(id))]);", []),
        ("Promise.all(args.ids.map(async (id) => { await ctx.db.delete(id); }));", ["Promise.all"]),
        ("args.ids.map(async (id) => { await ctx.db.delete(id); });", ["map"]),
        ("args.ids.map((id) => ctx.db.delete(id));", ["map"]),
        ("Promise.all([ctx.db.delete(a), ctx.db.delete(b)]);", ["Promise.all"]),
    ],
)
def test_promises_that_are_made_together(body: str, expected: list[str]):
    found = [p.through for p in handler(body).promises if p.fate in {"floating", "unused"}]
    assert found == expected


def test_a_call_of_an_async_helper_that_is_handed_a_ctx_makes_a_promise():
    for backend in (
        typescript("""
async function save(ctx, text) { await ctx.db.insert("t", { text }); }
const give = (db) => db.get("t", 1);
async function plain(text) { return text; }
function build(ctx) { return ctx.db.query("t"); }
export const f = mutation({ args: {}, handler: async (ctx) => { save(ctx, "x"); give(ctx.db); plain("x"); build(ctx); } });
"""),
        python("""
async def save(ctx, text): await ctx.db.insert("t", {"text": text})
def give(db): return db.get("t", 1)
async def plain(text): return text
def build(ctx): return ctx.db.query("t")
@mutation(args={})
async def f(ctx, args):
    save(ctx, "x")
    give(ctx.db)
    plain("x")
    build(ctx)
"""),
    ):
        floating = [f"{p.callee} {p.api}" for p in backend.promises if p.fate == "floating"]
        assert floating == ["save None", "give None"]


def test_a_local_async_function_makes_a_promise_if_it_works_with_the_ctx():
    backend = handler("""
        const work = async (id) => { await ctx.db.delete(id); };
        const wait = async () => { await sleep(1); };
        work(1);
        wait();
        (async () => { await ctx.db.get(1); })();
    """)
    floating = [p.callee for p in backend.promises if p.fate == "floating"]
    assert floating == ["work", "async () => { await ctx.db.get(1); }"]


def test_a_promise_in_a_map_is_gathered_as_on_a_memo():
    backend = handler("""
        const memo = new Map();
        const load = (id) => {
          let found = memo.get(id);
          if (!found) {
            found = ctx.db.get("t", id);
            memo.set(id, found);
          }
          return found;
        };
        return await Promise.all(args.ids.map((id) => load(id)));
    """)
    assert [p.fate for p in backend.promises if p.api == "db.get"] in (["gathered"], ["returned"])
    assert not [p for p in backend.promises if p.fate in {"floating", "unused"}]


def test_a_promise_knows_whether_its_function_is_async():
    backend = handler("const now = () => { ctx.db.delete(1); }; now(); ctx.db.delete(2);")
    assert [p.in_async for p in backend.promises if p.api] == [False, True]


def test_a_callback_handed_to_a_package_may_be_awaited_there():
    backend = handler(
        "await retry(async () => { await ctx.db.delete(1); }); await once({ run: () => ctx.db.delete(2) });"
    )
    assert fates(backend) == ["ctx.db.delete awaited", "ctx.db.delete returned"]
