"""Handlers that misbehave: that leave work unawaited, never settle, change what they are given (semantics §6.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError, ProjectError

TYPESCRIPT = """
export const put = mutation({ args: { n: v.number() }, handler: async (ctx, { n }) => { await ctx.db.insert("notes", { n }); } });
export const boom = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("notes", { n: 1 }); throw new Error("boom"); } });
export const checked = query({ args: { n: v.number() }, handler: async () => 1 });
export const dangling = mutation({ args: {}, handler: async (ctx) => { const insert = async () => { await ctx.db.insert("notes", { n: 4 }); }; insert(); return "done"; } });
export const danglingFailure = mutation({ args: {}, handler: async (ctx) => { const remove = async () => { await ctx.db.insert("notes", { n: 4 }); throw new Error("unseen"); }; remove(); return "done"; } });
export const danglingInAction = action({ args: {}, handler: async (ctx) => {
  const later = async (what: any) => { await what; };
  later(ctx.runMutation(api.m.boom, {}).catch(() => null));
  later(fetch("https://example.com/"));
  later(ctx.runMutation(api.m.boom, {}).catch(() => null));
  return "done";
} });
export const danglingFailureInAction = action({ args: {}, handler: async (ctx) => {
  const fail = async () => { throw new Error("unseen"); };
  fail();
  await ctx.runQuery(api.m.checked, { n: 1 });
  return "done";
} });
export const never = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("notes", { n: 5 }); await new Promise(() => {}); } });
export const neverInAction = action({ args: {}, handler: async () => { await new Promise(() => {}); } });
export const builder = query({ args: {}, handler: async (ctx) => ctx.db.query("notes") as any });
export const mutates = mutation({ args: { list: v.array(v.number()), inner: v.object({ n: v.number() }) }, handler: async (ctx, args: any) => {
  args.list.push(99); args.inner.n = 7; args.extra = true;
  await ctx.db.insert("notes", { n: args.list.length });
  return args;
} });
export const mutatesDocument = mutation({ args: {}, handler: async (ctx) => {
  const id = await ctx.db.insert("notes", { n: 1, tags: ["a"] });
  const first: any = await ctx.db.get(id);
  first.n = 99; first.tags.push("b");
  const second: any = await ctx.db.get(id);
  return [second.n, second.tags];
} });
export const throws = query({ args: { what: v.string() }, handler: async (_ctx, { what }) => {
  if (what === "text") throw "only text";
  if (what === "nothing") throw undefined;
  if (what === "object") throw { code: 5 };
  throw 7;
} });
export const badData = query({ args: {}, handler: async () => { throw new ConvexError((() => 1) as any); } });
export const badReturn = query({ args: {}, handler: async () => ({ f: () => 1 }) as any });
"""
PYTHON = """
@mutation(args={"n": v.number()})
async def put(ctx, args): await ctx.db.insert("notes", {"n": args["n"]})

@mutation(args={})
async def boom(ctx, args):
    await ctx.db.insert("notes", {"n": 1})
    raise Exception("boom")

@query(args={"n": v.number()})
async def checked(ctx, args): return 1

@mutation(args={})
async def dangling(ctx, args):
    asyncio.ensure_future(ctx.db.insert("notes", {"n": 4}))
    return "done"

@mutation(args={})
async def danglingFailure(ctx, args):
    async def remove():
        await ctx.db.insert("notes", {"n": 4})
        raise Exception("unseen")
    asyncio.create_task(remove())
    return "done"

@action(args={})
async def danglingInAction(ctx, args):
    asyncio.create_task(ctx.run_mutation(api.m.boom))
    asyncio.create_task(fetch("https://example.com/"))
    asyncio.create_task(ctx.run_mutation(api.m.boom))
    await asyncio.sleep(0)
    return "done"

@action(args={})
async def danglingFailureInAction(ctx, args):
    async def fail(): raise Exception("unseen")
    asyncio.create_task(fail())
    await ctx.run_query(api.m.checked, {"n": 1})
    return "done"

@mutation(args={})
async def never(ctx, args):
    await ctx.db.insert("notes", {"n": 5})
    await asyncio.Event().wait()

@action(args={})
async def neverInAction(ctx, args): await asyncio.Event().wait()

@query(args={})
async def builder(ctx, args): return ctx.db.query("notes")

@mutation(args={"list": v.array(v.number()), "inner": v.object({"n": v.number()})})
async def mutates(ctx, args):
    args["list"].append(99)
    args["inner"]["n"] = 7
    args["extra"] = True
    await ctx.db.insert("notes", {"n": len(args["list"])})
    return args

@mutation(args={})
async def mutatesDocument(ctx, args):
    note = await ctx.db.insert("notes", {"n": 1, "tags": ["a"]})
    first = await ctx.db.get(note)
    first["n"] = 99
    first["tags"].append("b")
    second = await ctx.db.get(note)
    return [second["n"], second["tags"]]

@query(args={})
async def badData(ctx, args): raise ConvexError(lambda: 1)

@query(args={})
async def badReturn(ctx, args): return {"f": lambda: 1}

@mutation(args={})
async def unawaited(ctx, args):
    ctx.db.insert("notes", {"n": 1})
    ctx.run_mutation(api.m.put, {"n": 2})
    await ctx.db.insert("notes", {"n": 3})

@query(args={})
async def unawaitedQuery(ctx, args):
    ctx.db.query("notes").collect()

@action(args={})
async def unawaitedAction(ctx, args):
    ctx.scheduler.run_after(0, api.m.put, {"n": 1})
    fetch("https://example.com/")

@mutation(args={})
async def unawaitedFailure(ctx, args):
    pending = ctx.db.insert("notes", {"n": 1})
    raise Exception("first")
"""
Make = Callable[..., Deployment]


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON)
    return made


def failed(call: Callable[[], Any]) -> FunctionError:
    with pytest.raises(FunctionError) as caught:
        call()
    return caught.value


def headline(call: Callable[[], Any]) -> str:
    return failed(call).message.partition("\n")[0]


def ns(convex: Deployment) -> list[float]:
    return [note["n"] for note in convex.db.table("notes")]


# --- unawaited work ----------------------------------------------------------------------------------------------


def test_a_dangling_write_of_a_mutation_is_committed_without_a_word(convex: Deployment) -> None:
    assert convex.mutation("m:dangling") == "done"
    assert (ns(convex), convex.findings) == ([4], [])


def test_a_dangling_failure_ends_a_mutation_that_would_have_succeeded(convex: Deployment) -> None:
    assert headline(lambda: convex.mutation("m:danglingFailure")) == "Uncaught Error: unseen"
    assert ns(convex) == []


def test_a_dangling_failure_ends_an_action(convex: Deployment) -> None:
    assert headline(lambda: convex.action("m:danglingFailureInAction")) == "Uncaught Error: unseen"


def test_what_an_action_leaves_dangling_is_warned_of(convex: Deployment) -> None:
    convex.outbound.on("GET", "https://example.com/", json={}, latency_ms=10)
    assert convex.action("m:danglingInAction") == "done"
    warned = [event.detail for event in convex.trace if event.kind == "log"]
    assert warned == [
        (
            "3 unawaited operations: [fetch, mutation]. Async operations should be awaited or they might not run. See "
            "https://docs.convex.dev/functions/actions#dangling-promises for more information."
        )
    ]
    assert [(finding.rule, finding.message) for finding in convex.findings] == [
        ("floating-promise", "m:danglingInAction returned before it awaited: mutation, fetch, mutation.")
    ]


@pytest.mark.parametrize(
    ("kind", "function", "made"),
    [
        ("mutation", "m:unawaited", ["ctx.db.insert", "ctx.run_mutation"]),
        ("query", "m:unawaitedQuery", ["ctx.db.query(…).collect"]),
        ("action", "m:unawaitedAction", ["ctx.scheduler.run_after", "fetch"]),
    ],
)
@pytest.mark.parametrize("language", ["python"], indirect=False)
def test_an_operation_that_is_never_awaited_never_begins_in_python_and_is_found(
    backend: Any, language: str, kind: str, function: str, made: list[str]
) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    convex.run(function)
    name = function.removeprefix("m:")
    source = PYTHON.split("\n")
    line = next(n for n, text in enumerate(source) if text.startswith(f"async def {name}(")) + 3 + 1
    assert [(finding.rule, finding.function, finding.message) for finding in convex.findings] == [
        (
            "floating-promise",
            function,
            f"`{call}(…)` at backend/m.py:{line + 1 + n} is never awaited, so that it never begins.",
        )
        for n, call in enumerate(made)
    ]
    assert ns(convex) == ([3] if kind == "mutation" else [])
    assert convex.db.table("_scheduled_functions") == []


@pytest.mark.parametrize("language", ["python"], indirect=False)
def test_what_is_not_awaited_for_a_failure_is_not_found(backend: Any, language: str) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    assert headline(lambda: convex.mutation("m:unawaitedFailure")) == "Uncaught Error: first"
    assert convex.findings == []


# --- handlers that misbehave -------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["m:never", "m:neverInAction"])
def test_a_handler_that_never_settles_is_told_so(convex: Deployment, function: str) -> None:
    assert headline(lambda: convex.run(function)) == "Returned promise will never resolve"
    assert ns(convex) == []


def test_a_query_builder_is_no_return_value(convex: Deployment) -> None:
    assert headline(lambda: convex.query("m:builder")) == (
        "Uncaught Error: Return value is a Query. Results must be retrieved with `.collect()`, `.take(n), "
        "`.unique()`, or `.first()`."
    )


def test_a_handler_that_changes_its_arguments_changes_nobody_elses(convex: Deployment) -> None:
    args = {"list": [1, 2], "inner": {"n": 1}}
    for _ in range(2):
        answer = convex.mutation("m:mutates", args)
        assert answer == {"list": [1, 2, 99], "inner": {"n": 7}, "extra": True}
    assert args == {"list": [1, 2], "inner": {"n": 1}}
    assert ns(convex) == [3, 3]


def test_a_handler_that_changes_a_document_changes_its_copy(convex: Deployment) -> None:
    assert convex.mutation("m:mutatesDocument") == [1, ["a"]]
    assert convex.db.table("notes")[0]["tags"] == ["a"]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("text", "Uncaught only text"),
        ("nothing", "Uncaught undefined"),
        ("object", "Uncaught [object Object]"),
        ("number", "Uncaught 7"),
    ],
)
@pytest.mark.parametrize("language", ["typescript"], indirect=False)
def test_what_is_thrown_and_is_no_error_has_its_text(
    backend: Any, language: str, what: str, message: str
) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    assert headline(lambda: convex.query("m:throws", {"what": what})) == message


def test_data_that_is_no_convex_value_is_lost_and_said_to_be_none(convex: Deployment, language: str) -> None:
    error = failed(lambda: convex.query("m:badData"))
    assert not isinstance(error, ConvexError)
    assert error.message.partition("\n")[0] == (
        'Uncaught Error: Function "[Function]" is not a supported Convex type.'
        if language == "typescript"
        else "Uncaught ConvexError: ConvexError with invalid data: function is not a supported Convex type."
    )


def test_a_return_value_that_convex_has_no_type_for_fails_the_function(
    convex: Deployment, language: str
) -> None:
    what = 'Function "[Function]"' if language == "typescript" else "function"
    original = '{"f":"[Function]"}' if language == "typescript" else '{"f":function}'
    assert headline(lambda: convex.query("m:badReturn")) == (
        f"Uncaught Error: {what} is not a supported Convex type (present at path .f in original object {original}). To "
        "learn about Convex's supported types, see https://docs.convex.dev/using/types."
    )


@pytest.mark.parametrize(
    ("typescript", "python"),
    [('throw new Error("at import");', 'raise Exception("at import")')],
)
def test_a_module_that_throws_while_it_loads_is_named(backend: Any, typescript: str, python: str) -> None:
    with pytest.raises(ProjectError, match=r"m\.(ts|py).*at import"):
        backend(typescript=typescript, python=python)


@pytest.mark.parametrize("language", ["typescript"], indirect=False)
def test_a_mutation_whose_node_is_killed_is_rolled_back_says_so_and_the_next_call_works(
    backend: Any, language: str
) -> None:
    convex = backend(
        typescript="""
        export const put = mutation({ args: { die: v.boolean() }, handler: async (ctx, { die }) => {
          await ctx.db.insert("notes", { n: 1 });
          if (die) (URL as any).constructor("return process")().kill((URL as any).constructor("return process")().pid, "SIGKILL");
          await ctx.db.insert("notes", { n: 2 });
        } });
        export const outer = mutation({ args: {}, handler: async (ctx) => {
          await ctx.db.insert("notes", { n: 3 });
          try { await ctx.runMutation(api.m.put, { die: true }); } catch {}
        } });
        """,
        python="",
    )
    for function, args in (("m:put", {"die": True}), ("m:outer", {})):
        error = failed(lambda function=function, args=args: convex.mutation(function, args))  # type: ignore[misc]
        assert (error.code, ns(convex)) == ("HostCrashed", [])
    assert (
        error.message
        == "The process that ran m:put ended before the function did: Node was killed by SIGKILL"
    )
    convex.mutation("m:put", {"die": False})
    assert ns(convex) == [1, 2]
