"""Functions that take all the memory there is (semantics §7, row 39): in TypeScript, whose process has a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError

SOURCE = """
const hoard = () => { const kept: any[] = []; for (;;) kept.push(new Array(10_000).fill(0.5)); };
export const hog = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("notes", { n: 1 }); hoard(); } });
export const catches = mutation({ args: {}, handler: async (ctx) => {
  await ctx.db.insert("notes", { n: 2 });
  try { await ctx.runMutation(api.m.hog, {}); } catch { return "caught"; }
} });
export const put = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("notes", { n: 3 }); } });
"""
TEXT = "JavaScript execution ran out of memory (maximum memory usage: 64 MB)"


@pytest.fixture
def convex(written_backends: Callable[..., Any]) -> Iterator[Deployment]:
    with Deployment(written_backends("typescript", SOURCE)) as deployment:
        yield deployment


@pytest.mark.parametrize("function", ["m:hog", "m:catches"])
def test_a_function_that_takes_all_memory_fails_uncaught_and_the_next_call_works(
    convex: Deployment, function: str
) -> None:
    with pytest.raises(FunctionError) as caught:
        convex.mutation(function)
    assert (caught.value.message, caught.value.code) == (TEXT, "OutOfMemory")
    convex.mutation("m:put")
    assert [note["n"] for note in convex.db.table("notes")] == [3]
