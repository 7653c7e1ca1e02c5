"""Errors: what a caller that catches them sees, what ends a function, what becomes of unawaited work (semantics §6.2, §6.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError, Limits, ProjectError

TYPESCRIPT = """
export const boom = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("notes", { n: 1 }); throw new Error("boom"); } });
export const refuse = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("notes", { n: 2 }); throw new ConvexError({ code: "full", left: 0n }); } });
export const typed = query({ args: {}, handler: async () => { throw new TypeError("wrong"); } });
export const checked = query({ args: { n: v.number() }, handler: async () => 1 });
export const wrongReturn = mutation({ args: {}, returns: v.string(), handler: async (ctx) => { await ctx.db.insert("notes", { n: 3 }); return 5 as any; } });
const told = (error: any) => ({ message: error.message, name: error.name, data: error.data === undefined ? null : error.data, isConvex: error instanceof ConvexError });
export const catching = mutation({ args: { what: v.string(), kind: v.string(), args: v.any() }, handler: async (ctx, { what, kind, args }) => {
  try { return kind === "query" ? await ctx.runQuery(what as any, args) : await ctx.runMutation(what as any, args); } catch (error: any) { return told(error); }
} });
export const catchingAction = action({ args: { what: v.string(), kind: v.string(), args: v.any() }, handler: async (ctx, { what, kind, args }) => {
  try { return kind === "query" ? await ctx.runQuery(what as any, args) : await ctx.runMutation(what as any, args); } catch (error: any) { return told(error); }
} });
export const rethrow = mutation({ args: {}, handler: async (ctx) => { await ctx.runMutation(api.m.boom, {}); } });
export const rethrowData = mutation({ args: {}, handler: async (ctx) => { await ctx.runMutation(api.m.refuse, {}); } });
export const queryCallsMutation = query({ args: {}, handler: async (ctx) => { await (ctx as any).runQuery("m:boom", {}); } });
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
export const put = mutation({ args: { n: v.number() }, handler: async (ctx, { n }) => { await ctx.db.insert("notes", { n }); } });
export const badCursor = mutation({ args: {}, handler: async (ctx) => {
  const { continueCursor } = await ctx.db.query("notes").paginate({ numItems: 1, cursor: null });
  try { await ctx.db.query("others").paginate({ numItems: 1, cursor: continueCursor }); } catch (error: any) { return told(error); }
} });
export const conflicted = action({ args: {}, handler: async (ctx) => {
  const all = await Promise.allSettled([ctx.runMutation(api.m.bump, {}), ctx.runMutation(api.m.bump, {})]);
  return all.filter((one) => one.status === "rejected").map((one: any) => told(one.reason).message);
} });
export const bump = mutation({ args: {}, handler: async (ctx) => { const note: any = await ctx.db.query("notes").first(); await ctx.db.patch(note._id, { n: note.n + 1 }); } });
"""
PYTHON = """
@mutation(args={})
async def boom(ctx, args):
    await ctx.db.insert("notes", {"n": 1})
    raise Exception("boom")

@mutation(args={})
async def refuse(ctx, args):
    await ctx.db.insert("notes", {"n": 2})
    raise ConvexError({"code": "full", "left": Int64(0)})

@query(args={})
async def typed(ctx, args): raise TypeError("wrong")

@query(args={"n": v.number()})
async def checked(ctx, args): return 1

@mutation(args={}, returns=v.string())
async def wrongReturn(ctx, args):
    await ctx.db.insert("notes", {"n": 3})
    return 5

def told(error):
    is_convex = isinstance(error, ConvexError)
    name = "ConvexError" if is_convex else "Error" if type(error) is RuntimeError else type(error).__name__
    return {"message": str(error), "name": name, "data": error.data if is_convex else None, "isConvex": is_convex}

@mutation(args={"what": v.string(), "kind": v.string(), "args": v.any()})
async def catching(ctx, args):
    call = ctx.run_query if args["kind"] == "query" else ctx.run_mutation
    try: return await call(args["what"], args["args"])
    except Exception as error: return told(error)

@action(args={"what": v.string(), "kind": v.string(), "args": v.any()})
async def catchingAction(ctx, args):
    call = ctx.run_query if args["kind"] == "query" else ctx.run_mutation
    try: return await call(args["what"], args["args"])
    except Exception as error: return told(error)

@mutation(args={})
async def rethrow(ctx, args): await ctx.run_mutation(api.m.boom)

@mutation(args={})
async def rethrowData(ctx, args): await ctx.run_mutation(api.m.refuse)

@query(args={})
async def queryCallsMutation(ctx, args): await ctx.run_query("m:boom")

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

@mutation(args={"n": v.number()})
async def put(ctx, args): await ctx.db.insert("notes", {"n": args["n"]})

@mutation(args={})
async def badCursor(ctx, args):
    page = await ctx.db.query("notes").paginate({"numItems": 1, "cursor": None})
    try: await ctx.db.query("others").paginate({"numItems": 1, "cursor": page["continueCursor"]})
    except Exception as error: return told(error)

@action(args={})
async def conflicted(ctx, args):
    bumps = [ctx.run_mutation(api.m.bump), ctx.run_mutation(api.m.bump)]
    found = await asyncio.gather(*bumps, return_exceptions=True)
    return [told(one)["message"] for one in found if one is not None]

@mutation(args={})
async def bump(ctx, args):
    note = await ctx.db.query("notes").first()
    await ctx.db.patch(note["_id"], {"n": note["n"] + 1})

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


def told(
    convex: Deployment, caller: str, what: str, kind: str = "mutation", args: Any = None
) -> dict[str, Any]:
    call = {"what": what, "kind": kind, "args": args or {}}
    found = convex.action(caller, call) if caller.endswith("Action") else convex.mutation(caller, call)
    assert isinstance(found, dict)
    return found


# --- what a catching caller sees ---------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", ["m:catching", "m:catchingAction"])
def test_a_caught_error_is_plain_and_its_message_is_all_of_the_inner_one(
    convex: Deployment, caller: str, language: str
) -> None:
    found = told(convex, caller, "m:boom")
    first, frame, end = found.pop("message").split("\n")
    assert (first, end) == ("Uncaught Error: boom", "")
    where = "    at handler (../convex/m.ts:" if language == "typescript" else "    at boom (../backend/m.py:"
    assert frame.startswith(where)
    assert found == {"name": "Error", "data": None, "isConvex": False}
    assert ns(convex) == []


@pytest.mark.parametrize("caller", ["m:catching", "m:catchingAction"])
def test_a_caught_error_of_a_class_of_its_own_is_plain_too(convex: Deployment, caller: str) -> None:
    found = told(convex, caller, "m:typed", "query")
    assert (found["message"].partition("\n")[0], found["name"]) == ("Uncaught TypeError: wrong", "Error")


@pytest.mark.parametrize("caller", ["m:catching", "m:catchingAction"])
def test_a_caught_convex_error_has_the_data_of_the_inner_one(convex: Deployment, caller: str) -> None:
    found = told(convex, caller, "m:refuse")
    assert found["message"].partition("\n")[0] == 'Uncaught ConvexError: {"code":"full","left":"0n"}'
    assert (found["name"], found["isConvex"], found["data"]) == (
        "ConvexError",
        True,
        {"code": "full", "left": 0},
    )
    assert ns(convex) == []


def test_an_error_that_is_not_caught_is_told_again_by_each_caller(convex: Deployment) -> None:
    lines = failed(lambda: convex.mutation("m:rethrow")).message.split("\n")
    assert lines[0] == "Uncaught Error: Uncaught Error: boom"
    assert [line.startswith("    at ") for line in lines[1:]] == [True, False, True]


def test_data_that_is_not_caught_reaches_the_client(convex: Deployment) -> None:
    error = failed(lambda: convex.mutation("m:rethrowData"))
    assert isinstance(error, ConvexError)
    assert error.data == {"code": "full", "left": 0}
    assert error.message.startswith(
        'Uncaught ConvexError: Uncaught ConvexError: {"code":"full","left":"0n"}\n'
    )


def test_arguments_that_do_not_match_are_an_error_of_the_call(convex: Deployment) -> None:
    found = told(convex, "m:catching", "m:checked", "query", {"n": "x"})
    assert found["message"] == (
        'ArgumentValidationError: Value does not match validator.\nPath: .n\nValue: "x"\nValidator: v.float64()'
    )


def test_a_wrong_return_value_of_a_nested_mutation_is_an_error_and_what_it_wrote_stays(
    convex: Deployment,
) -> None:
    found = told(convex, "m:catching", "m:wrongReturn")
    assert found["message"] == (
        "ReturnsValidationError: Value does not match validator.\n\nValue: 5.0\nValidator: v.string()"
    )
    assert ns(convex) == [3]


@pytest.mark.parametrize(
    ("caller", "message"),
    [
        ("m:catching", "Could not find public function for 'm:nowhere'."),
        ("m:catchingAction", 'Couldn\'t find "nowhere" in module "m.js".'),
    ],
)
def test_a_function_that_there_is_not_is_an_error_of_the_call(
    convex: Deployment, caller: str, message: str
) -> None:
    assert told(convex, caller, "m:nowhere")["message"] == message


@pytest.mark.parametrize("caller", ["m:catching", "m:catchingAction"])
def test_a_function_of_the_wrong_kind_is_an_error_of_the_call(convex: Deployment, caller: str) -> None:
    assert told(convex, caller, "m:boom", "query")["message"] == (
        "Trying to execute m.js:boom as Query, but it is defined as Mutation."
    )


def test_a_cursor_of_another_query_is_a_convex_error_that_says_so(convex: Deployment) -> None:
    convex.mutation("m:put", {"n": 1})
    convex.mutation("m:put", {"n": 2})
    found = convex.mutation("m:badCursor")
    assert (found["isConvex"], found["data"]) == (
        True,
        {"isConvexSystemError": True, "paginationError": "InvalidCursor"},
    )
    assert found["message"] == (
        "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different "
        "query."
    )


def test_an_action_catches_that_a_mutation_never_got_through(backend: Any) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON, limits=Limits(mutation_retries=0))
    convex.mutation("m:put", {"n": 1})
    note = convex.db.table("notes")[0]["_id"]
    assert convex.action("m:conflicted") == [
        (
            'Documents read from or written to the "notes" table changed while this mutation was being run and on every '
            f'subsequent retry. A call to "m:bump" changed the document with ID "{note}". '
            "See https://docs.convex.dev/error#1"
        )
    ]


# --- unawaited work ----------------------------------------------------------------------------------------------


def test_a_dangling_write_of_a_mutation_is_committed_without_a_word(convex: Deployment) -> None:
    assert convex.mutation("m:dangling") == "done"
    assert (ns(convex), convex.findings) == ([4], [])


def test_a_dangling_failure_ends_a_mutation_that_would_have_succeeded(convex: Deployment) -> None:
    assert headline(lambda: convex.mutation("m:danglingFailure")) == "Uncaught Error: unseen"
    assert ns(convex) == []


def test_a_caller_catches_the_dangling_failure_of_a_nested_mutation(convex: Deployment) -> None:
    assert told(convex, "m:catching", "m:danglingFailure")["message"].startswith("Uncaught Error: unseen\n")
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


def test_a_query_builder_is_no_return_value(convex: Deployment, language: str) -> None:
    take = "`.take(n), " if language == "typescript" else "`.take(n)`, "
    assert headline(lambda: convex.query("m:builder")) == (
        f"Uncaught Error: Return value is a Query. Results must be retrieved with `.collect()`, {take}`.unique()`, or "
        "`.first()`."
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
