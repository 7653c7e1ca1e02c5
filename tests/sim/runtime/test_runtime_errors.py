"""Errors: what a caller that catches them sees, and what it sees when they pass through it (semantics §6.2, §13.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError, Limits

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
export const danglingFailure = mutation({ args: {}, handler: async (ctx) => { const remove = async () => { await ctx.db.insert("notes", { n: 4 }); throw new Error("unseen"); }; remove(); return "done"; } });
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

@mutation(args={})
async def danglingFailure(ctx, args):
    async def remove():
        await ctx.db.insert("notes", {"n": 4})
        raise Exception("unseen")
    asyncio.create_task(remove())
    return "done"

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


def test_a_caller_catches_the_dangling_failure_of_a_nested_mutation(convex: Deployment) -> None:
    assert told(convex, "m:catching", "m:danglingFailure")["message"].startswith("Uncaught Error: unseen\n")
    assert ns(convex) == []
