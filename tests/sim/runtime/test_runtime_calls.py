"""Calling functions: who may call what, with which arguments, and what comes back (semantics §3.2, §13.5)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError, Int64, UsageError, internal

TYPESCRIPT = """
export const echo = query({ args: { value: v.any() }, handler: async (_ctx, { value }) => value });
export const add = mutation({
  args: { n: v.number(), to: v.optional(v.id("notes")) },
  returns: v.string(),
  handler: async (ctx, { n }) => (n < 0 ? (n as any) : await ctx.db.insert("notes", { n })),
});
export const secret = internalQuery({ args: {}, handler: async () => "hidden" });
export const nothing = action({ args: {}, handler: async () => {} });
export const who = query({ args: {}, handler: async (ctx) => await ctx.auth.getUserIdentity() });
export const fail = query({ args: {}, handler: async () => { throw new Error("boom"); } });
export const refuse = query({ args: {}, handler: async () => { throw new ConvexError({ code: "full" }); } });
export const chatty = query({ args: {}, handler: async () => { console.log("one", 2); console.warn("two"); throw new Error("x"); } });
"""
PYTHON = """
@query(args={"value": v.any()})
async def echo(ctx, args): return args["value"]

@mutation(args={"n": v.number(), "to": v.optional(v.id("notes"))}, returns=v.string())
async def add(ctx, args): return args["n"] if args["n"] < 0 else await ctx.db.insert("notes", {"n": args["n"]})

@internal_query(args={})
async def secret(ctx, args): return "hidden"

@action(args={})
async def nothing(ctx, args): pass

@query(args={})
async def who(ctx, args): return await ctx.auth.get_user_identity()

@query(args={})
async def fail(ctx, args): raise Exception("boom")

@query(args={})
async def refuse(ctx, args): raise ConvexError({"code": "full"})

@query(args={})
async def chatty(ctx, args):
    console.log("one", 2)
    console.warn("two")
    raise Exception("x")
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made: Deployment = backend(typescript=TYPESCRIPT, python=PYTHON)
    return made


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0.0,
        -0.0,
        1.5,
        2.0**53,
        float("inf"),
        Int64(2**62),
        "",
        "é🎉",
        b"\x00\xff",
        [],
        {},
        {"a": [{"b": None}]},
    ],
)
def test_every_value_makes_the_round_trip(convex: Deployment, value: Any) -> None:
    answer = convex.query("m:echo", {"value": value})
    assert (answer, type(answer), str(answer)) == (value, type(value), str(value))


def test_not_a_number_makes_the_round_trip(convex: Deployment) -> None:
    answer = convex.query("m:echo", {"value": float("nan")})
    assert answer != answer  # noqa: PLR0124 - that is what NaN is


def test_an_int_is_a_float64_as_in_the_official_client(convex: Deployment) -> None:
    answer = convex.query("m:echo", {"value": 3})
    assert (answer, type(answer)) == (3.0, float)


def test_a_handler_that_returns_nothing_returns_null(convex: Deployment) -> None:
    assert convex.action("m:nothing") is None


def test_an_argument_that_convex_has_no_type_for_is_the_callers_mistake(convex: Deployment) -> None:
    with pytest.raises(
        UsageError, match=r"^m:echo was given arguments that aren't Convex values: .*at path \.value\[1\]"
    ):
        convex.query("m:echo", {"value": [1, object()]})


def test_missing_and_extra_arguments_are_refused_in_convexs_words(convex: Deployment) -> None:
    with pytest.raises(FunctionError) as missing:
        convex.mutation("m:add", {})
    assert missing.value.message == (
        "ArgumentValidationError: Object is missing the required field `n`. Consider wrapping the field validator in "
        '`v.optional(...)` if this is expected.\n\nObject: {}\nValidator: v.object({n: v.float64(), to: v.optional(v.id("notes"))})'
    )
    with pytest.raises(FunctionError, match="Object contains extra field `m` that is not in the validator"):
        convex.mutation("m:add", {"n": 1, "m": 2})


def test_a_wrong_return_value_fails_the_mutation_and_nothing_is_committed(convex: Deployment) -> None:
    with pytest.raises(FunctionError) as caught:
        convex.mutation("m:add", {"n": -1})
    assert caught.value.message == (
        "ReturnsValidationError: Value does not match validator.\n\nValue: -1.0\nValidator: v.string()"
    )
    assert convex.db.table("notes") == []


def test_clients_cannot_call_internal_functions_but_the_admin_can(convex: Deployment) -> None:
    with pytest.raises(
        FunctionError, match=r"^Could not find public function for 'm:secret'\. It is internal"
    ):
        convex.query("m:secret")
    assert convex.as_admin().query("m:secret") == "hidden"
    assert convex.as_admin().query(internal.m.secret) == "hidden"


def test_an_unknown_function_is_answered_with_the_nearest_known_one(convex: Deployment) -> None:
    with pytest.raises(FunctionError) as caught:
        convex.query("m:ehco")
    assert str(caught.value) == "Could not find public function for 'm:ehco'. Did you mean 'm:echo'?"


def test_a_function_is_called_as_what_it_is(convex: Deployment) -> None:
    with pytest.raises(FunctionError) as caught:
        convex.query("m:add", {"n": 1})
    assert str(caught.value) == "Trying to execute m.js:add as Query, but it is defined as Mutation."


def test_an_error_shows_its_message_and_its_place_in_the_users_source(
    convex: Deployment, language: str
) -> None:
    with pytest.raises(FunctionError) as caught:
        convex.query("m:fail")
    first, frame, *_ = caught.value.message.split("\n")
    assert first == "Uncaught Error: boom"
    assert ("convex/m.ts:" if language == "typescript" else "backend/m.py:") in frame
    assert caught.value.function == "m:fail"


def test_a_convex_error_reaches_the_caller_with_its_data(convex: Deployment) -> None:
    with pytest.raises(ConvexError) as caught:
        convex.query("m:refuse")
    assert caught.value.data == {"code": "full"}
    assert caught.value.message.startswith('Uncaught ConvexError: {"code":"full"}\n    at ')


def test_what_a_function_logged_goes_with_its_error(convex: Deployment) -> None:
    with pytest.raises(FunctionError) as caught:
        convex.query("m:chatty")
    assert caught.value.logs == ("[LOG] 'one' 2", "[WARN] 'two'")


def test_a_user_is_who_the_test_says(convex: Deployment) -> None:
    assert convex.query("m:who") is None
    assert convex.as_user(subject="u1", name="Ada").query("m:who") == {
        "subject": "u1",
        "name": "Ada",
        "issuer": "https://biconvex.example",
        "tokenIdentifier": "https://biconvex.example|u1",
    }


def test_a_closed_deployment_refuses_calls(convex: Deployment) -> None:
    convex.close()
    with pytest.raises(UsageError, match=r"^the deployment is closed$"):
        convex.query("m:who")
