"""The JavaScript host: how a run is stepped, and how it ends (protocol, semantics §1, §6.4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from biconvex.sim.hosts.protocol import CallResult, Invocation, Settled, Syscall, Waiting
from biconvex.sim.values import DeveloperError

MODULES = {
    "m": """
        export const echo = query(async (ctx, args) => args);
        export const nothing = query(async () => {});
        export const get = query(async (ctx, { id }) => await ctx.db.get(id));
        export const insert = mutation(async (ctx, args) => await ctx.db.insert("tasks", { title: "a", n: 1n }));
        export const both = query(async (ctx) => await Promise.all([ctx.db.get("a"), ctx.db.get("b")]));
        export const collect = query(async (ctx) => (await ctx.db.query("tasks").collect()).map((task) => task.n));
        export const take = query(async (ctx) => (await ctx.db.query("tasks").take(2)).map((task) => task.n));
        export const two = query(async (ctx) => {
            const [one, other] = [ctx.db.query("a").order("asc"), ctx.db.query("b").order("asc")];
            return [(await one.next()).value.n, (await other.next()).value.n, (await one.next()).value.n];
        });
        export const withGet = query(async (ctx) => {
            const stream = ctx.db.query("tasks").order("asc");
            await stream.next();
            const [, second] = await Promise.all([ctx.db.get("a"), stream.next()]);
            return second.value.n;
        });
        export const early = query(async (ctx) => {
            for await (const task of ctx.db.query("tasks")) return task.n;
        });
        export const dangling = mutation(async (ctx) => {
            void ctx.db.insert("tasks", {}).then(() => ctx.db.insert("logs", {}));
            return "done";
        });
        export const failing = mutation(async (ctx) => {
            void ctx.db.insert("tasks", {});
            throw new Error("boom");
        });
        export const never = query(async () => await new Promise(() => {}));
        export const unhandled = mutation(async (ctx) => {
            void Promise.reject(new Error("nobody looks"));
            return "fine";
        });
        export const unhandledCall = mutation(async (ctx) => {
            void ctx.db.delete("k1");
            return "fine";
        });
        export const handledLater = query(async (ctx) => {
            const failed = Promise.reject(new Error("late"));
            await null;
            return await failed.catch((error) => error.message);
        });
        export const caught = mutation(async (ctx) => {
            try {
                await ctx.db.delete("k1");
            } catch (error) {
                return { message: error.message, isError: error instanceof Error, data: error.data ?? null };
            }
        });
        export const normalize = query(async (ctx, { id }) => {
            try {
                return ctx.db.normalizeId("tasks", id);
            } catch (error) {
                return error.message;
            }
        });
        export const work = action(async (ctx) => {
            void ctx.runMutation(internal.m.insert, {});
            void fetch("https://example.com/");
            setTimeout(() => {}, 1000);
            return "early";
        });
        export const steps = action(async (ctx) => {
            const times = [Date.now()];
            await new Promise((resolve) => setTimeout(resolve, 1500));
            times.push(Date.now());
            return [times[1] - times[0], await ctx.runQuery(api.m.get, { id: "a" })];
        });
        export const builder = query(async (ctx) => ctx.db.query("tasks"));
    """,
}


def row(n: int) -> str:
    return json.dumps({"n": n})


def first(n: int, *ahead: int, done: bool = False) -> CallResult:
    return CallResult(
        0, f'{{"value":{row(n)},"done":false}}', rows=tuple(row(k) for k in ahead), rows_done=done
    )


END = CallResult(0, '{"value":null,"done":true}')


def test_arguments_and_results_cross_as_convex_json(backend: Any) -> None:
    value = {
        "big": {"$integer": "AQAAAAAAAAA="},
        "bytes": {"$bytes": "AAE="},
        "zero": {"$float": "AAAAAAAAAIA="},
    }
    assert backend.run("echo", value).value == value


def test_undefined_is_returned_as_null(backend: Any) -> None:
    assert backend.run("nothing").value is None


def test_a_run_waits_for_a_syscall_and_ends_with_its_result(backend: Any) -> None:
    host = backend.host
    run, step = host.start(Invocation("m", "get", "query", '{"id":"k1"}', 0, 1), lambda op, arguments: None)
    assert step == Waiting((Syscall(1, "1.0/get", {"id": "k1", "isSystem": False, "version": "1.48.0"}),))
    assert host.resume(run, [CallResult(1, '{"_id":"k1"}')], 0) == Settled('{"_id":"k1"}')


def test_a_write_passes_its_value_as_json(backend: Any) -> None:
    outcome = backend.run("insert", kind="mutation", answer=lambda call: '{"_id":"k1"}')
    assert outcome.calls == [
        Syscall(
            1, "1.0/insert", {"table": "tasks", "value": {"n": {"$integer": "AQAAAAAAAAA="}, "title": "a"}}
        )
    ]
    assert outcome.value == "k1"


def test_calls_made_together_wait_together_in_order(backend: Any) -> None:
    outcome = backend.run("both", answer=lambda call: json.dumps(call.arguments["id"]))
    assert [call.arguments["id"] for call in outcome.steps[0].calls] == ["a", "b"]
    assert outcome.value == ["a", "b"]


def test_a_call_can_be_answered_before_the_others(backend: Any) -> None:
    host = backend.host
    run, _ = host.start(Invocation("m", "both", "query", "{}", 0, 1), lambda op, arguments: None)
    assert host.resume(run, [CallResult(2, '"b"')], 0) == Waiting(())
    assert host.resume(run, [CallResult(1, '"a"')], 0) == Settled('["a","b"]')


def test_a_query_travels_with_its_first_row(backend: Any) -> None:
    answers = iter([first(1), END])
    outcome = backend.run("collect", answer=lambda call: next(answers))
    query = {"source": {"type": "FullTableScan", "tableName": "tasks", "order": None}, "operators": []}
    assert [call.arguments for call in outcome.calls] == [{"queryId": 0, "query": query}, {"queryId": 0}]
    assert outcome.value == [1]


def test_rows_that_came_ahead_are_handed_out_without_a_call_and_counted(backend: Any) -> None:
    answers = iter([first(1, 2, 3), END])
    outcome = backend.run("collect", answer=lambda call: next(answers))
    assert outcome.value == [1, 2, 3]
    assert [step.consumed for step in outcome.steps] == [{}, {"0": 2}, {}]


def test_the_end_of_a_query_that_came_ahead_counts_as_one_more(backend: Any) -> None:
    outcome = backend.run("collect", answer=lambda call: first(1, 2, done=True))
    assert outcome.value == [1, 2]
    assert outcome.settled.consumed == {"0": 2}


def test_rows_are_not_handed_out_past_the_limit_of_a_query(backend: Any) -> None:
    outcome = backend.run("take", answer=lambda call: first(1, 2, done=True))
    assert outcome.value == [1, 2]
    assert outcome.calls[0].arguments["query"]["operators"] == [{"limit": 2}]


def test_queries_are_numbered_in_their_run(backend: Any) -> None:
    outcome = backend.run("two", answer=lambda call: first(10 * call.arguments["queryId"], 1))
    assert [call.arguments["queryId"] for call in outcome.calls] == [0, 1]
    assert outcome.value == [0, 10, 1]


def test_a_row_that_came_ahead_waits_its_turn_behind_other_calls(backend: Any) -> None:
    answers = iter([first(1, 2), first(2)])
    outcome = backend.run("withGet", answer=lambda call: next(answers) if "query" in call.op else "null")
    assert outcome.ops == ["1.0/queryStreamNext", "1.0/get", "1.0/queryStreamNext"]
    assert outcome.value == 2


def test_leaving_a_loop_ends_its_query(backend: Any) -> None:
    outcome = backend.run("early", answer=lambda call: first(5, 6))
    assert (outcome.value, outcome.settled.consumed) == (5, {})


def test_a_mutation_ends_when_its_last_call_has(backend: Any) -> None:
    outcome = backend.run("dangling", kind="mutation", answer=lambda call: '{"_id":"k1"}')
    assert [call.arguments["table"] for call in outcome.calls] == ["tasks", "logs"]
    assert outcome.value == "done"


def test_a_mutation_that_fails_ends_at_once(backend: Any) -> None:
    outcome = backend.run("failing", kind="mutation")
    assert len(outcome.steps) == 1
    assert outcome.error == "Error: boom"


def test_a_promise_that_nothing_can_resolve_is_an_error(backend: Any) -> None:
    assert backend.run("never").error == "Error: Returned promise will never resolve"


def test_a_rejection_that_nobody_handles_fails_the_function(backend: Any) -> None:
    assert backend.run("unhandled", kind="mutation").error == "Error: nobody looks"


def test_a_failed_call_that_nobody_awaits_fails_the_function(backend: Any) -> None:
    outcome = backend.run("unhandledCall", kind="mutation", answer=lambda call: CallResult(0, error="gone"))
    assert outcome.error == "Error: gone"


def test_a_rejection_that_is_handled_in_the_same_step_is_fine(backend: Any) -> None:
    assert backend.run("handledLater").value == "late"


def test_an_error_of_a_call_can_be_caught(backend: Any) -> None:
    outcome = backend.run("caught", kind="mutation", answer=lambda call: CallResult(0, error="not found"))
    assert outcome.value == {"message": "not found", "isError": True, "data": None}


def test_a_convex_error_of_a_call_keeps_its_data(backend: Any) -> None:
    failed = CallResult(0, error="Uncaught ConvexError", error_data='{"code":{"$integer":"AQAAAAAAAAA="}}')
    outcome = backend.run("caught", kind="mutation", answer=lambda call: failed)
    assert outcome.value == {
        "message": "Uncaught ConvexError",
        "isError": True,
        "data": {"code": {"$integer": "AQAAAAAAAAA="}},
    }


def test_a_synchronous_syscall_is_answered_within_the_step(backend: Any) -> None:
    asked = []

    def sync(op: str, arguments: Any) -> Any:
        asked.append((op, arguments))
        return {"id": "k1"}

    assert backend.run("normalize", {"id": "abc"}, sync=sync).value == "k1"
    assert asked == [("1.0/db/normalizeId", {"table": "tasks", "idString": "abc"})]


def test_an_error_of_a_synchronous_syscall_can_be_caught(backend: Any) -> None:
    def sync(op: str, arguments: Any) -> Any:
        raise DeveloperError("Bad", "no such table")

    assert backend.run("normalize", {"id": "abc"}, sync=sync).value == "no such table"


def test_a_bug_of_the_answerer_leaves_the_host_usable(backend: Any) -> None:
    def sync(op: str, arguments: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        backend.run("normalize", {"id": "abc"}, sync=sync)
    assert backend.run("echo", {"a": 1}).value == {"a": 1}


def test_an_action_ends_at_once_and_names_what_was_under_way(backend: Any) -> None:
    outcome = backend.run("work", kind="action")
    assert outcome.value == "early"
    assert outcome.settled.dangling == ("mutation", "fetch")


def test_an_action_waits_in_virtual_time(backend: Any) -> None:
    outcome = backend.run("steps", kind="action", answer=lambda call: '"found"')
    assert outcome.ops == ["sleep", "1.0/actions/query"]
    assert outcome.calls[0].arguments == {"ms": 1500}
    assert outcome.value == [1500, "found"]


def test_a_query_builder_cannot_be_returned(backend: Any) -> None:
    assert backend.run("builder").error == (
        "Error: Return value is a Query. Results must be retrieved with `.collect()`, `.take(n), `.unique()`, or "
        "`.first()`."
    )


def test_runs_of_one_deployment_take_turns(backend: Any) -> None:
    host = backend.host
    runs = [
        host.start(Invocation("m", "get", "query", f'{{"id":"{name}"}}', 0, 1), lambda op, arguments: None)
        for name in "abc"
    ]
    ended = [host.resume(run, [CallResult(1, f'"{run}"')], 0) for run, _ in reversed(runs)]
    assert ended == [Settled(f'"{run}"') for run, _ in reversed(runs)]


def test_an_abandoned_run_is_forgotten(backend: Any) -> None:
    host = backend.host
    run, _ = host.start(Invocation("m", "get", "query", '{"id":"a"}', 0, 1), lambda op, arguments: None)
    host.abandon(run)
    host.abandon(run)
    assert backend.run("echo", {"a": 1}).value == {"a": 1}
