"""Documents that travel ahead spare round trips, and change nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import ConvexError, Deployment, FunctionError, Limits
from biconvex.sim.hosts.javascript import JavaScriptHost
from biconvex.sim.hosts.protocol import Settled, Syscall, Waiting
from biconvex.sim.runtime.ahead import first_gets

BACKEND = """
export const add = mutation({ args: {}, handler: async (ctx) => await ctx.db.insert("notes", { text: "a" }) });
export const addOther = mutation({ args: {}, handler: async (ctx) => await ctx.db.insert("others", {}) });
export const forget = mutation({ args: { a: v.string() }, handler: async (ctx, { a }) => await ctx.db.delete(a as any) });
export const one = query({ args: { a: v.string() }, handler: async (ctx, { a }) => await ctx.db.get(a as any) });
export const fromNotes = query({
  args: { a: v.string() },
  handler: async (ctx, { a }) => await ctx.db.get("notes", a as any),
});
export const twice = query({
  args: { a: v.string() },
  handler: async (ctx, { a }) => [await ctx.db.get(a as any), await ctx.db.get(a as any)],
});
export const together = query({
  args: { a: v.string(), b: v.string() },
  handler: async (ctx, { a, b }) => await Promise.all([ctx.db.get(a as any), ctx.db.get(b as any)]),
});
export const thenPatch = mutation({
  args: { a: v.string(), text: v.string() },
  handler: async (ctx, { a, text }) => {
    console.log("before");
    const note = await ctx.db.get(a as any);
    console.log("between", note === null);
    await ctx.db.patch(a as any, { text });
    return await ctx.db.get(a as any);
  },
});
export const thenLog = query({
  args: { a: v.string() },
  handler: async (ctx, { a }) => {
    const note = await ctx.db.get(a as any);
    console.log("after");
    return [note, await ctx.db.query("notes").collect()];
  },
});
export const race = mutation({
  args: { a: v.string() },
  handler: async (ctx, { a }) => {
    const chained = ctx.db.get(a as any).then(() => ctx.db.insert("notes", { text: "chained" }));
    await null;
    await null;
    const straight = ctx.db.insert("notes", { text: "straight" });
    return [await chained, await straight];
  },
});
export const unawaited = mutation({
  args: { a: v.string() },
  handler: async (ctx, { a }) => {
    void ctx.db.get(a as any);
    return 1;
  },
});
export const failing = query({
  args: { a: v.string() },
  handler: async (ctx, { a }) => {
    await ctx.db.get(a as any);
    throw new ConvexError({ found: true });
  },
});
"""

Call = Callable[[Deployment, str, str], object]
CALLS: dict[str, Call] = {
    "one": lambda convex, a, b: convex.query("m:one", {"a": a}),
    "another document each time": lambda convex, a, b: [
        convex.query("m:one", {"a": each}) for each in (a, b, a)
    ],
    "an id of another table": lambda convex, a, b: convex.query("m:fromNotes", {"a": a}),
    "what is no id": lambda convex, a, b: [convex.query("m:one", {"a": each}) for each in (a, "garbage")],
    "twice": lambda convex, a, b: convex.query("m:twice", {"a": a}),
    "together": lambda convex, a, b: convex.query("m:together", {"a": a, "b": b}),
    "the same together": lambda convex, a, b: convex.query("m:together", {"a": a, "b": a}),
    "logs around it": lambda convex, a, b: convex.mutation("m:thenPatch", {"a": a, "text": "new"}),
    "logs after it": lambda convex, a, b: convex.query("m:thenLog", {"a": a}),
    "a race": lambda convex, a, b: convex.mutation("m:race", {"a": a}),
    "unawaited": lambda convex, a, b: convex.mutation("m:unawaited", {"a": a}),
    "failing": lambda convex, a, b: convex.query("m:failing", {"a": a}),
    "a document that is gone": lambda convex, a, b: [
        convex.mutation("m:forget", {"a": b}),
        convex.query("m:one", {"a": b}),
    ],
}


def history(path: Path, call: Call, **options: Any) -> tuple[list[object], list[str], str]:
    """What a call gave each time, what happened, and what it used."""
    results: list[object] = []
    with Deployment(path, seed=3, query_cache=False, **options) as convex:
        a, b = convex.mutation("m:add"), convex.mutation("m:addOther")
        for _ in range(3):
            try:
                results.append(call(convex, a, b))
            except ConvexError as error:
                results.append(error.data)
            except FunctionError as error:
                results.append(error.message)
        usage = "\n".join(f"{path}\n{used}" for path, used in convex.usage.items())
        return results, [str(event) for event in convex.trace], usage


@pytest.mark.parametrize("name", CALLS)
def test_nobody_can_tell_that_documents_travelled_ahead(
    written_backends: Callable[[str, Any], Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = written_backends("typescript", BACKEND)
    ahead = history(path, CALLS[name])
    monkeypatch.setattr(JavaScriptHost, "is_apart", False)
    assert ahead == history(path, CALLS[name])


@pytest.mark.parametrize(
    "limits", [Limits(documents_read=1), Limits(database_queries=1), Limits(bytes_read=1)]
)
def test_a_limit_is_met_where_it_would_be_without(
    written_backends: Callable[[str, Any], Path], monkeypatch: pytest.MonkeyPatch, limits: Limits
) -> None:
    path = written_backends("typescript", BACKEND)
    ahead = history(path, CALLS["together"], limits=limits)
    monkeypatch.setattr(JavaScriptHost, "is_apart", False)
    assert ahead == history(path, CALLS["together"], limits=limits)


def test_a_function_that_got_a_document_first_needs_no_second_step(
    written_backends: Callable[[str, Any], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed: list[int] = []
    resume = JavaScriptHost.resume

    def counted(self: JavaScriptHost, run: int, *rest: Any) -> Any:
        resumed.append(run)
        return resume(self, run, *rest)

    monkeypatch.setattr(JavaScriptHost, "resume", counted)
    steps = []
    with Deployment(written_backends("typescript", BACKEND), query_cache=False) as convex:
        note = convex.mutation("m:add")
        for _ in range(3):
            resumed.clear()
            convex.query("m:one", {"a": note})
            steps.append(len(resumed))
    assert steps == [1, 0, 0]


def get(call: int, document_id: str) -> Syscall:
    return Syscall(call, "1.0/get", {"id": document_id})


def test_the_arguments_that_were_got_first_are_remembered() -> None:
    args = {"a": "x", "b": "y", "c": 1.0}
    assert first_gets(args, Waiting((get(1, "y"),))) == ("b",)
    assert first_gets(args, Waiting((get(2, "x"),), got=({"id": "y"},))) == ("a", "b")
    assert first_gets(args, Settled("null", got=({"id": "x"},))) == ("a",)


def test_what_was_asked_for_together_with_something_else_is_not_got_first() -> None:
    calls = (get(1, "x"), Syscall(2, "1.0/insert", {"table": "t", "value": {}}))
    assert first_gets({"a": "x"}, Waiting(calls)) == ()
