"""Stubs that stand in for functions of a backend, whatever its language."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError, UsageError

TYPESCRIPT = """
export const charge = internalAction({ args: { cents: v.number() }, returns: v.object({ id: v.string() }), handler: async () => ({ id: "real" }) });
export const price = internalQuery({ args: {}, handler: async () => 500 });
export const buy = action({
  args: {},
  handler: async (ctx) => {
    const cents = await ctx.runQuery(internal.m.price, {});
    try {
      const { id } = await ctx.runAction(internal.m.charge, { cents });
      return `paid ${cents} by ${id}`;
    } catch (error) {
      return error instanceof ConvexError ? `declined: ${error.data}` : `failed: ${(error as Error).message.split("\\n")[0]}`;
    }
  },
});
export const count = internalMutation({ args: {}, handler: async () => 0 });
export const remind = mutation({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(1000, internal.m.count, {}); } });
"""
PYTHON = """
@internal_action(args={"cents": v.number()}, returns=v.object({"id": v.string()}))
async def charge(ctx, args): return {"id": "real"}

@internal_query(args={})
async def price(ctx, args): return 500

@action(args={})
async def buy(ctx, args):
    cents = await ctx.run_query(internal.m.price, {})
    try:
        paid = await ctx.run_action(internal.m.charge, {"cents": cents})
        return f"paid {cents:g} by {paid['id']}"
    except ConvexError as error:
        return f"declined: {error.data}"
    except Exception as error:
        return f"failed: {str(error).splitlines()[0]}"

@internal_mutation(args={})
async def count(ctx, args): return 0

@mutation(args={})
async def remind(ctx, args): await ctx.scheduler.run_after(1000, internal.m.count, {})
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return backend(typescript=TYPESCRIPT, python=PYTHON)


def test_a_stub_answers_in_place_of_a_function_and_records_its_calls(convex: Deployment) -> None:
    stub = convex.stub("m:charge", returns={"id": "stub"})
    assert convex.action("m:buy") == "paid 500 by stub"
    assert stub.calls == [{"cents": 500}]


def test_a_stub_computes_its_answer_from_the_arguments(convex: Deployment) -> None:
    convex.stub("m:charge", lambda args: {"id": f"{args['cents'] * 2:g}"})
    assert convex.action("m:buy") == "paid 500 by 1000"


def test_what_a_stub_raises_is_what_the_caller_catches(convex: Deployment) -> None:
    convex.stub("m:charge", raises=ConvexError("no money"))
    assert convex.action("m:buy") == "declined: no money"
    convex.stub("m:charge", raises=ValueError("broken"))
    assert convex.action("m:buy") == "failed: Uncaught ValueError: broken"


def test_a_stub_may_use_ctx_as_a_function_does(convex: Deployment) -> None:
    async def count(ctx: Any, _args: Any) -> Any:
        return await ctx.db.insert("counted", {"by": "stub"})

    convex.stub("m:count", count)
    convex.mutation("m:remind")
    convex.run_until_idle()
    assert [row["by"] for row in convex.db.table("counted")] == ["stub"]


def test_the_result_of_a_stub_is_validated_as_the_functions_own(convex: Deployment) -> None:
    convex.stub("m:charge", returns={"number": 1})
    assert convex.action("m:buy").startswith(
        "failed: ReturnsValidationError: Object is missing the required field `id`."
    )


def test_a_stub_can_be_taken_back(convex: Deployment) -> None:
    stub = convex.stub("m:price", returns=7)
    assert convex.action("m:buy") == "paid 7 by real"
    stub.restore()
    assert convex.action("m:buy") == "paid 500 by real"


def test_a_stub_belongs_to_its_deployment(backend: Any) -> None:
    first, second = (backend(typescript=TYPESCRIPT, python=PYTHON) for _ in range(2))
    first.stub("m:price", returns=7)
    assert second.action("m:buy") == "paid 500 by real"


def test_a_function_that_is_not_there_can_not_be_replaced(convex: Deployment) -> None:
    with pytest.raises(FunctionError, match="Did you mean 'm:charge'"):
        convex.stub("m:charg", returns=1)


def test_a_stub_is_one_thing_only(convex: Deployment) -> None:
    with pytest.raises(UsageError) as caught:
        convex.stub("m:price")
    assert str(caught.value) == "stub('m:price', …) takes one of: a handler, returns=…, raises=…"
    with pytest.raises(UsageError) as caught:
        convex.stub("m:price", 7)  # type: ignore[arg-type]
    assert str(caught.value) == (
        "stub('m:price', …) takes a function of the arguments, or an `async def` of `ctx` and the arguments; got 7. "
        "To answer a value, write stub('m:price', returns=…)."
    )
