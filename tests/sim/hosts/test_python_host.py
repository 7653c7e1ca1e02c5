"""The Python host: handlers that are coroutines, run step by step."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from biconvex.sim.hosts.protocol import CallResult, FunctionKind, HostTimeout, Invocation, Settled, Waiting
from biconvex.sim.hosts.python import PythonHost
from biconvex.sim.values import DeveloperError, ProjectError

NOW_MS = 1_767_225_600_000


class Bench:
    """A folder of modules and a host over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.host = PythonHost(folder, timeout_s=0.5)

    def write(self, **modules: str) -> Bench:
        for name, text in modules.items():
            path = self.folder / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                "from biconvex.sim.server import *\nfrom biconvex.sim.values import *\n" + dedent(text)
            )
        self.host.load()
        return self

    def start(
        self, kind: FunctionKind, args: Any = None, function: str = "f"
    ) -> tuple[int, Settled | Waiting]:
        invocation = Invocation("m", function, kind, json.dumps(args or {}), NOW_MS, 1)
        return self.host.start(invocation, self.sync)

    def sync(self, op: str, arguments: Any) -> Any:
        if arguments["table"] == "bad":
            raise DeveloperError("Bad", "no such table")
        return {"id": f"{op}:{arguments['idString']}"}

    def settled(self, kind: FunctionKind, args: Any = None) -> Settled:
        _, step = self.start(kind, args)
        assert isinstance(step, Settled)
        return step


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "backend")
    yield made
    made.host.close()


def test_functions_are_reported_with_kind_visibility_and_validators(bench: Bench) -> None:
    bench.write(
        m="""
        @mutation(args={"title": v.string()}, returns=v.id("tasks"))
        async def create(ctx, args): ...

        @internal_query
        async def peek(ctx, args): ...

        default = action(args={}, handler=lambda ctx, args: None)
        """
    )
    (module,) = bench.host.load()
    assert (module.path, module.file) == ("m", "backend/m.py")
    assert [(f.name, f.kind, f.visibility, f.args, f.returns) for f in module.functions] == [
        (
            "create",
            "mutation",
            "public",
            {"type": "object", "value": {"title": {"fieldType": {"type": "string"}, "optional": False}}},
            {"type": "id", "tableName": "tasks"},
        ),
        ("default", "action", "public", {"type": "object", "value": {}}, None),
        ("peek", "query", "internal", None, None),
    ]


def test_modules_import_each_other_relatively_and_folders_are_module_paths(bench: Bench) -> None:
    bench.write(
        lib__words="def greet(name): return f'hello {name}'",
        m="""
        from .lib.words import greet
        @query
        async def f(ctx, args): return greet(args["name"])
        """,
    )
    assert [module.path for module in bench.host.load()] == ["lib/words", "m"]
    assert bench.settled("query", {"name": "Ada"}).value == '"hello Ada"'


def test_an_imported_registration_belongs_to_the_module_that_made_it(bench: Bench) -> None:
    bench.write(
        a="@query\nasync def shared(ctx, args): ...",
        b="from .a import shared",
    )
    assert [[f.name for f in module.functions] for module in bench.host.load()] == [["shared"], []]


def test_a_handler_waits_with_the_syscalls_it_issued_and_goes_on_with_their_answers(bench: Bench) -> None:
    bench.write(
        m="""
        @mutation
        async def f(ctx, args):
            first = await ctx.db.insert("tasks", {"n": 1, "big": Int64(2)})
            await ctx.db.patch(first, {"gone": UNDEFINED, "n": 2.5})
            return first
        """
    )
    run, step = bench.start("mutation")
    assert isinstance(step, Waiting)
    assert [(call.op, call.arguments) for call in step.calls] == [
        ("1.0/insert", {"table": "tasks", "value": {"n": 1, "big": {"$integer": "AgAAAAAAAAA="}}})
    ]
    step = bench.host.resume(run, [CallResult(step.calls[0].id, '{"_id":"t1"}')], NOW_MS)
    assert isinstance(step, Waiting)
    assert [(call.op, call.arguments) for call in step.calls] == [
        ("1.0/shallowMerge", {"id": "t1", "value": {"gone": {"$undefined": None}, "n": 2.5}})
    ]
    step = bench.host.resume(run, [CallResult(step.calls[0].id, "{}")], NOW_MS)
    assert step == Settled('"t1"')


def test_gathered_calls_are_issued_together_in_order(bench: Bench) -> None:
    bench.write(
        m="""
        import asyncio
        @query
        async def f(ctx, args):
            return await asyncio.gather(*(ctx.db.get(x) for x in ("a", "b")), return_exceptions=False)
        """
    )
    run, step = bench.start("query")
    assert isinstance(step, Waiting)
    assert [call.arguments["id"] for call in step.calls] == ["a", "b"]
    answers = [CallResult(call.id, "null") for call in reversed(step.calls)]
    assert bench.host.resume(run, answers, NOW_MS) == Settled("[null,null]")


def test_rows_that_came_ahead_are_handed_out_without_a_syscall_and_counted(bench: Bench) -> None:
    bench.write(
        m="""
        @query
        async def f(ctx, args):
            return [row["n"] async for row in ctx.db.query("tasks").with_index("by_n", lambda q: q.gt("n", 1))]
        """
    )
    run, step = bench.start("query")
    assert isinstance(step, Waiting)
    (call,) = step.calls
    assert call.arguments["query"] == {
        "source": {
            "type": "IndexRange",
            "indexName": "tasks.by_n",
            "range": [{"type": "Gt", "fieldPath": "n", "value": 1}],
            "order": None,
        },
        "operators": [],
    }
    answer = CallResult(call.id, '{"value":{"n":2},"done":false}', rows=('{"n":3}', '{"n":4}'))
    step = bench.host.resume(run, [answer], NOW_MS)
    assert isinstance(step, Waiting)
    assert step.consumed == {"0": 2}
    done = CallResult(step.calls[0].id, '{"value":null,"done":true}')
    assert bench.host.resume(run, [done], NOW_MS) == Settled("[2,3,4]")


def test_an_unawaited_write_is_performed_before_the_mutation_settles(bench: Bench) -> None:
    bench.write(
        m="""
        import asyncio
        @mutation
        async def f(ctx, args):
            asyncio.ensure_future(ctx.db.delete("x"))
            return 1
        """
    )
    run, step = bench.start("mutation")
    assert isinstance(step, Waiting)
    assert bench.host.resume(run, [CallResult(step.calls[0].id, "{}")], NOW_MS) == Settled("1")


def test_an_action_settles_at_once_and_names_what_it_left_behind(bench: Bench) -> None:
    bench.write(
        m="""
        import asyncio
        @action
        async def f(ctx, args):
            asyncio.ensure_future(ctx.run_mutation("m:g"))
            asyncio.ensure_future(asyncio.sleep(5))
            await asyncio.sleep(0)
            return 1
        """
    )
    assert bench.settled("action") == Settled("1", dangling=("mutation",))


def test_a_failure_that_nobody_takes_fails_the_function(bench: Bench) -> None:
    bench.write(
        m="""
        import asyncio
        @mutation
        async def f(ctx, args):
            asyncio.ensure_future(ctx.db.delete("x"))
        """
    )
    run, step = bench.start("mutation")
    assert isinstance(step, Waiting)
    step = bench.host.resume(
        run, [CallResult(step.calls[0].id, error="Delete on nonexistent document ID x")], NOW_MS
    )
    assert isinstance(step, Settled)
    assert step.error is not None
    assert (step.error.name, step.error.message) == ("Error", "Delete on nonexistent document ID x")


def test_sleeping_is_a_syscall_and_time_moves_only_in_actions(bench: Bench) -> None:
    bench.write(
        m="""
        import asyncio
        @action
        async def f(ctx, args):
            before = now_ms()
            await asyncio.sleep(1.5)
            return now_ms() - before
        """
    )
    run, step = bench.start("action")
    assert isinstance(step, Waiting)
    assert [(call.op, call.arguments) for call in step.calls] == [("sleep", {"ms": 1500.0})]
    assert bench.host.resume(run, [CallResult(step.calls[0].id, "null")], NOW_MS + 1500) == Settled(
        "1500", observed_time=True
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "await asyncio.sleep(1)",
            (
                "Can't use setTimeout in queries and mutations. Please consider using an action. "
                "See https://docs.convex.dev/functions/actions for more details."
            ),
        ),
        (
            "await fetch('https://example.com')",
            (
                "Can't use fetch() in queries and mutations. Please consider using an action. "
                "See https://docs.convex.dev/functions/actions for more details."
            ),
        ),
        ("await asyncio.get_running_loop().create_future()", "Returned promise will never resolve"),
        (
            "return ctx.db.query('tasks')",
            (
                "Return value is a Query. Results must be retrieved with `.collect()`, `.take(n), `.unique()`, "
                "or `.first()`."
            ),
        ),
        (
            "await ctx.db.query('tasks').take(1.5)",
            "Arg 1 `n` to `take` must be a non-negative integer",
        ),
        (
            "await ctx.db.query('_storage').first()",
            "System tables can only be accessed from db.system.query().",
        ),
        ("ctx.db.normalize_id('bad', 'x')", "no such table"),
    ],
)
def test_what_a_query_must_not_do_is_an_error_in_convexs_words(bench: Bench, body: str, message: str) -> None:
    bench.write(m=f"import asyncio\n@query\nasync def f(ctx, args):\n    {body}\n")
    error = bench.settled("query").error
    assert error is not None
    assert error.message == message


def test_a_query_has_no_way_to_write(bench: Bench) -> None:
    bench.write(m="@query\nasync def f(ctx, args):\n    await ctx.db.insert('tasks', {})\n")
    error = bench.settled("query").error
    assert error is not None
    assert (error.name, error.message) == (
        "AttributeError",
        "'DatabaseReader' object has no attribute 'insert'",
    )


def test_a_query_is_chained_once(bench: Bench) -> None:
    bench.write(
        m="""
        @query
        async def f(ctx, args):
            q = ctx.db.query("tasks").order("desc")
            q.limit(1)
            q.limit(2)
        """
    )
    error = bench.settled("query").error
    assert error is not None
    assert error.message == ("A query can only be chained once and can't be chained after iteration begins.")


def test_an_exception_shows_the_frames_of_the_backend_innermost_first(bench: Bench) -> None:
    bench.write(
        lib__deep="def fail():\n    raise ValueError('boom')\n",
        m="""
        from .lib.deep import fail
        @query
        async def f(ctx, args):
            fail()
        """,
    )
    error = bench.settled("query").error
    assert error is not None
    assert (error.name, error.message, error.data) == ("ValueError", "boom", None)
    assert [(frame.function, frame.file, frame.line) for frame in error.frames] == [
        ("fail", "backend/lib/deep.py", 4),
        ("f", "backend/m.py", 7),
    ]


def test_a_convex_error_carries_its_data(bench: Bench) -> None:
    bench.write(m="@query\nasync def f(ctx, args):\n    raise ConvexError({'code': 'full', 'n': Int64(1)})\n")
    error = bench.settled("query").error
    assert error is not None
    assert (error.name, error.data) == ("ConvexError", '{"code":"full","n":{"$integer":"AQAAAAAAAAA="}}')


def test_a_convex_error_of_a_called_function_is_caught_with_its_data(bench: Bench) -> None:
    bench.write(
        m="""
        @mutation
        async def f(ctx, args):
            try:
                await ctx.run_mutation(internal.m.g)
            except ConvexError as error:
                return error.data
        """
    )
    run, step = bench.start("mutation")
    assert isinstance(step, Waiting)
    assert step.calls[0].arguments == {"udfType": "mutation", "name": "m:g", "args": {}}
    answer = CallResult(step.calls[0].id, error="Uncaught ConvexError: x", error_data='{"code":"full"}')
    assert bench.host.resume(run, [answer], NOW_MS) == Settled('{"code":"full"}')


def test_a_result_that_convex_cannot_store_is_an_error_that_names_the_place(bench: Bench) -> None:
    bench.write(m="@query\nasync def f(ctx, args):\n    return {'a': [object]}\n")
    error = bench.settled("query").error
    assert error is not None
    assert "at path .a[0]" in error.message


def test_arguments_are_the_handlers_own_copy(bench: Bench) -> None:
    bench.write(m="@query\nasync def f(ctx, args):\n    args['list'].append(3)\n    return args['list']\n")
    for _ in range(2):
        assert bench.settled("query", {"list": [1, 2]}).value == "[1,2,3]"


def test_a_handler_that_loops_for_ever_is_ended_and_the_next_call_works(bench: Bench) -> None:
    bench.write(
        m="""
        @query
        async def f(ctx, args):
            while args["forever"]:
                pass
            return "fine"
        """
    )
    with pytest.raises(HostTimeout):
        bench.start("query", {"forever": True})
    assert bench.settled("query", {"forever": False}).value == '"fine"'


def test_sys_exit_in_a_handler_fails_the_function_only(bench: Bench) -> None:
    bench.write(m="import sys\n@query\nasync def f(ctx, args):\n    sys.exit(3)\n")
    error = bench.settled("query").error
    assert error is not None
    assert (error.name, error.message) == ("SystemExit", "3")


def test_calling_a_registered_function_directly_is_refused_with_the_remedy(bench: Bench) -> None:
    bench.write(
        m="""
        @query
        async def g(ctx, args): ...
        @query
        async def f(ctx, args):
            await g(ctx, {})
        """
    )
    error = bench.settled("query").error
    assert error is not None
    assert error.message == (
        "g is a registered query: it can't be called directly. Call `ctx.run_query(…)` with a reference to it, or "
        "move the shared code to a plain function."
    )


def test_passing_the_function_instead_of_a_reference_is_refused(bench: Bench) -> None:
    bench.write(
        m="""
        @internal_mutation
        async def g(ctx, args): ...
        @mutation
        async def f(ctx, args):
            await ctx.scheduler.run_after(0, g)
        """
    )
    error = bench.settled("mutation").error
    assert error is not None
    assert (
        "is not a function reference: pass `internal.module.function` or `api.module.function`"
        in error.message
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:\n", "backend/m.py:1:7: invalid syntax"),
        ("x = 1\nraise ValueError('no key')\n", "Failed to load backend/m.py:2: ValueError: no key"),
    ],
)
def test_a_module_that_does_not_load_is_an_error_with_its_place(
    bench: Bench, text: str, message: str
) -> None:
    (bench.folder / "m.py").write_text(text)
    with pytest.raises(ProjectError) as caught:
        bench.host.load()
    assert str(caught.value) == message


def test_deployments_do_not_share_module_state(tmp_path: Path) -> None:
    folder = tmp_path / "backend"
    folder.mkdir()
    (folder / "m.py").write_text(
        "from biconvex.sim.server import query\nseen = []\n"
        "@query\nasync def f(ctx, args):\n    seen.append(1)\n    return len(seen)\n"
    )
    for _ in range(2):
        host = PythonHost(folder)
        host.load()
        invocation = Invocation("m", "f", "query", "{}", NOW_MS, 1)
        assert host.start(invocation, lambda op, arguments: None)[1] == Settled("1")
        host.close()
    assert not [name for name in sys.modules if name.startswith("_biconvex_backend_") and name.endswith(".m")]
