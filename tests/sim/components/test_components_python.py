"""Functions in Python that use components, and a component whose functions are in Python.

What `convex.config.ts` says is TypeScript in any case: the package `convex` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from biconvex.sim import Deployment, FunctionError
from component_kit import error_of, write_project
from counter_files import COUNTER

FILES = {
    "convex.config.ts": """
        import { defineApp } from "convex/server";
        import counter from "./counter/convex.config";
        import shelf from "./shelf/convex.config";
        import shardedCounter from "@convex-dev/sharded-counter/convex.config.js";
        const app = defineApp();
        app.use(counter);
        app.use(shelf);
        app.use(shelf, { name: "other" });
        app.use(shardedCounter);
        export default app;
    """,
    "m.py": """
        from biconvex.sim.server import *
        from biconvex.sim.values import v

        @mutation(args={"count": v.number()})
        async def add(ctx, args):
            await ctx.db.insert("notes", {})
            return await ctx.run_mutation(components.counter.public.add, {"name": "a", **args})

        @query(args={})
        async def count(ctx, args):
            return await ctx.run_query(components.counter.public.count, {"name": "a"})

        @mutation(args={})
        async def survive(ctx, args):
            try:
                await ctx.run_mutation(components.counter.public.addThenFail, {"name": "lost"})
            except RuntimeError as error:
                return str(error).partition("\\n")[0]

        @mutation(args={})
        async def hidden(ctx, args):
            await ctx.run_mutation(components.counter.public.hidden, {"name": "a"})

        @action(args={})
        async def hidden_from_action(ctx, args):
            await ctx.run_mutation(components.counter.public.hidden, {"name": "a"})

        @query(args={})
        async def nothing(ctx, args):
            return await ctx.run_query(components.counter)

        @action(args={"count": v.number()})
        async def act(ctx, args):
            await ctx.run_mutation(components.shardedCounter.public.add, {"name": "beans", **args})
            return await ctx.run_query(components.shardedCounter.public.count, {"name": "beans"})

        @mutation(args={})
        async def later(ctx, args):
            await ctx.scheduler.run_after(1000, components.counter.public.add, {"name": "a", "count": 3})

        @internal_mutation(args={"text": v.string()})
        async def note(ctx, args):
            await ctx.db.insert("notes", args)

        @mutation(args={})
        async def through(ctx, args):
            handle = await create_function_handle(internal.m.note)
            await ctx.run_mutation(components.counter.public.call, {"handle": handle, "args": {"text": "by handle"}})
            await ctx.run_mutation(handle, {"text": "by myself"})
            await ctx.scheduler.run_after(0, handle, {"text": "later"})
            return handle

        @mutation(args={"book": v.string()})
        async def put(ctx, args):
            await ctx.run_mutation(components.shelf.books.put, args)
            return [await ctx.run_query(components.shelf.books.all), await ctx.run_query(components.other.books.all)]
    """,
    "shelf/convex.config.ts": """
        import { defineComponent } from "convex/server";
        export default defineComponent("shelf");
    """,
    "shelf/schema.py": """
        from biconvex.sim.server import define_schema, define_table
        from biconvex.sim.values import v
        schema = define_schema({"books": define_table({"title": v.string()})})
    """,
    "shelf/books.py": """
        from biconvex.sim.server import *
        from biconvex.sim.values import v

        @mutation(args={"book": v.string()})
        async def put(ctx, args):
            await ctx.db.insert("books", {"title": args["book"]})
            await ctx.scheduler.run_after(1000, internal.books.dust, {})

        @query(args={})
        async def all(ctx, args):
            return [book["title"] for book in await ctx.db.query("books").collect()]

        @internal_mutation(args={})
        async def dust(ctx, args):
            await ctx.db.insert("books", {"title": "dusted"})
    """,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("python"), {**COUNTER, **FILES})


@pytest.fixture
def convex(project: Path) -> Iterator[Deployment]:
    with Deployment(project, seed=3) as deployment:
        yield deployment


def test_python_functions_call_a_component_within_their_transaction(convex: Deployment) -> None:
    assert [convex.mutation("m:add", {"count": count}) for count in (5, 2)] == [5, 7]
    assert convex.query("m:count") == 7
    assert convex.trace.count("commit", "m:add") == 2


def test_python_functions_catch_what_a_component_throws(convex: Deployment) -> None:
    assert convex.mutation("m:survive") == "Uncaught Error: too late"
    assert convex.component("counter").db.table("counters") == []


def test_python_functions_reach_public_functions_alone(convex: Deployment) -> None:
    assert error_of(convex.mutation, "m:hidden").endswith(
        'Child component ComponentName(Identifier("counter")) does not export '
        '[PathComponent("public"), PathComponent("hidden")]'
    )
    assert error_of(convex.action, "m:hidden_from_action").endswith("Couldn't resolve counter.public.hidden")


def test_a_reference_to_a_component_as_a_whole_calls_nothing(convex: Deployment) -> None:
    with pytest.raises(FunctionError, match=r"does not export \[\]"):
        convex.query("m:nothing")


def test_actions_in_python_use_a_package_from_npm(convex: Deployment) -> None:
    assert [convex.action("m:act", {"count": 2}) for _ in range(3)] == [2, 4, 6]


def test_python_functions_schedule_functions_of_a_component(convex: Deployment) -> None:
    convex.mutation("m:later")
    convex.advance(seconds=1)
    assert convex.query("m:count") == 3


def test_handles_are_made_and_called_in_python(convex: Deployment) -> None:
    assert convex.mutation("m:through").endswith("#m:note")
    convex.run_until_idle()
    assert [note["text"] for note in convex.db.table("notes")] == ["by handle", "by myself", "later"]


def test_a_component_can_be_written_in_python(convex: Deployment) -> None:
    assert convex.mutation("m:put", {"book": "Emma"}) == [["Emma"], []]
    convex.advance(seconds=1)
    assert [book["title"] for book in convex.component("shelf").db.table("books")] == ["Emma", "dusted"]
    assert convex.component("other").db.table("books") == []
    assert [path for path in (function.path for function in convex.functions) if "shelf" in path] == []
