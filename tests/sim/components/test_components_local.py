"""Components in the project's own folders: what is theirs, what others can reach, and how (semantics §12.4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError, UsageError
from component_kit import write_project
from counter_files import COUNTER

APP = {
    "convex.config.ts": """
        import { defineApp } from "convex/server";
        import { v } from "convex/values";
        import counter from "./counter/convex.config";
        const app = defineApp({ env: { SIZE: v.string() } });
        app.use(counter, { env: { STEP: app.env.SIZE, MODE: "fast" }, httpPrefix: "/counting" });
        app.use(counter, { name: "second" });
        export default app;
    """,
    "m.ts": """
        import { createFunctionHandle } from "convex/server";
        import { v } from "convex/values";
        import { api, components, internal } from "./_generated/api";
        import { action, internalMutation, mutation, query } from "./_generated/server";

        const pick = (reference: string) =>
          reference.split(".").reduce((part: any, name) => part[name], components as any);

        export const ask = query({
          args: { of: v.string(), args: v.optional(v.any()) },
          handler: async (ctx, { of, args }) => await ctx.runQuery(pick(of), args ?? {}),
        });
        export const tell = mutation({
          args: { of: v.string(), args: v.optional(v.any()) },
          handler: async (ctx, { of, args }) => await ctx.runMutation(pick(of), args ?? {}),
        });
        export const act = action({
          args: { kind: v.string(), of: v.string(), args: v.optional(v.any()) },
          handler: async (ctx, { kind, of, args }) => await (ctx as any)[kind](pick(of), args ?? {}),
        });
        export const schedule = mutation({
          args: { of: v.string(), args: v.any() },
          handler: async (ctx, { of, args }) => await ctx.scheduler.runAfter(1000, pick(of), args),
        });
        export const addBoth = mutation({
          args: { fail: v.boolean() },
          handler: async (ctx, { fail }) => {
            await ctx.db.insert("notes", { text: "before" });
            await ctx.runMutation(components.counter.public.add, { name: "a", count: 1 });
            await ctx.runMutation(components.second.public.add, { name: "a", count: 2 });
            if (fail) throw new Error("all or nothing");
          },
        });
        export const survive = mutation({
          args: {},
          handler: async (ctx) => {
            await ctx.runMutation(components.counter.public.add, { name: "kept", count: 1 });
            try {
              await ctx.runMutation(components.counter.public.addThenFail, { name: "lost" });
            } catch (error: any) {
              await ctx.db.insert("notes", { text: error.message });
            }
          },
        });
        export const note = internalMutation({
          args: { text: v.string() },
          handler: async (ctx, args) => {
            await ctx.db.insert("notes", args);
            return (await ctx.meta.getFunctionMetadata()).componentPath;
          },
        });
        export const whoAmI = query({
          args: {},
          handler: async (ctx) => [
            (await ctx.auth.getUserIdentity())?.subject ?? null,
            await ctx.runQuery(components.counter.public.whoAmI, {}),
          ],
        });
        export const handle = query({ args: {}, handler: async () => await createFunctionHandle(internal.m.note) });
        export const handleOf = query({
          args: { of: v.string() },
          handler: async (_ctx, { of }) => await createFunctionHandle(pick(of)),
        });
        export const run = mutation({
          args: { handle: v.string(), args: v.any() },
          handler: async (ctx, { handle, args }) => await ctx.runMutation(handle as any, args),
        });
        export const jobs = query({
          args: {},
          handler: async (ctx) => await ctx.db.system.query("_scheduled_functions").collect(),
        });
    """,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("local"), {**APP, **COUNTER})


@pytest.fixture
def convex(project: Path) -> Iterator[Deployment]:
    with Deployment(project, seed=3, env={"SIZE": "7", "SECRET": "hush"}) as deployment:
        yield deployment


def ask(convex: Deployment, of: str, **args: Any) -> Any:
    return convex.query("m:ask", {"of": of, "args": args})


def tell(convex: Deployment, of: str, **args: Any) -> Any:
    return convex.mutation("m:tell", {"of": of, "args": args})


def error_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(FunctionError) as caught:
        call(*args, **kwargs)
    return caught.value.message.partition("\n")[0]


# Tables and ids.


def test_each_instance_has_its_own_documents(convex: Deployment) -> None:
    assert tell(convex, "counter.public.add", name="a", count=5) == 5
    assert (ask(convex, "counter.public.count", name="a"), ask(convex, "second.public.count", name="a")) == (
        5,
        0,
    )
    assert convex.db.names == []
    assert [row["value"] for row in convex.component("counter").db.table("counters")] == [5]
    assert convex.component("second").db.table("counters") == []


def test_an_id_of_one_instance_means_nothing_in_another(convex: Deployment) -> None:
    tell(convex, "counter.public.add", name="a", count=5)
    found = ask(convex, "counter.public.idOf", name="a")
    assert ask(convex, "counter.public.byId", id=found)["value"] == 5
    assert ask(convex, "second.public.byId", id=found) is None


def test_an_id_of_a_table_that_the_component_has_not_is_refused(convex: Deployment) -> None:
    for name in ("one", "two", "three"):
        outside = convex.db.insert(name, {})
    with pytest.raises(FunctionError) as caught:
        tell(convex, "counter.public.see", id=outside)
    assert caught.value.message == (
        "Uncaught Error: ArgumentValidationError: Value does not match validator.\n"
        f'Path: .id\nValue: "{outside}"\nValidator: v.id("counters")\n    at async handler (../convex/m.ts:16:41)'
    )


def test_tests_insert_into_a_component_under_its_schema(convex: Deployment) -> None:
    convex.component("second").db.insert("counters", {"name": "a", "value": 3})
    assert ask(convex, "second.public.count", name="a") == 3
    with pytest.raises(FunctionError):
        convex.component("second").db.insert("counters", {"name": "a"})


# Transactions.


def test_the_app_and_its_components_commit_together(convex: Deployment) -> None:
    convex.mutation("m:addBoth", {"fail": False})
    assert [ask(convex, f"{name}.public.count", name="a") for name in ("counter", "second")] == [1, 2]
    assert convex.trace.count("commit", "m:addBoth") == 1


def test_a_failure_of_the_app_undoes_what_components_wrote(convex: Deployment) -> None:
    assert error_of(convex.mutation, "m:addBoth", {"fail": True}) == "Uncaught Error: all or nothing"
    assert [ask(convex, f"{name}.public.count", name="a") for name in ("counter", "second")] == [0, 0]
    assert convex.db.table("notes") == []


def test_a_failure_of_a_component_undoes_its_own_writes_and_jobs_and_can_be_caught(
    convex: Deployment,
) -> None:
    convex.mutation("m:survive")
    assert [row["name"] for row in convex.component("counter").db.table("counters")] == ["kept"]
    assert convex.component("counter").db.table("_scheduled_functions") == []
    assert convex.db.table("notes")[0]["text"].startswith("Uncaught Error: too late\n    at handler (../")


# Who may call what.


def test_clients_cannot_call_functions_of_components(convex: Deployment) -> None:
    assert error_of(convex.query, "public:count@counter", {"name": "a"}) == (
        "Could not find public function for 'public:count' in 'counter'. "
        "Clients can't call functions of components; a test can, with convex.component('counter')."
    )
    response = convex.fetch(
        "https://anonymous-biconvex.convex.cloud/api/query",
        method="POST",
        json={"path": "counter/public:count", "args": {"name": "a"}},
    )
    assert response.json()["status"] == "error"


def test_tests_call_any_function_of_a_component(convex: Deployment) -> None:
    counter = convex.component("counter")
    counter.mutation("public:hidden", {"name": "a"})
    assert counter.query("public:count", {"name": "a"}) == 1
    assert [function.path for function in counter.functions][:2] == [
        "public:about@counter",
        "public:add@counter",
    ]
    assert convex.component("counter/inner").query("m:about")["componentPath"] == "counter/inner"


def test_there_is_no_such_component(convex: Deployment) -> None:
    with pytest.raises(UsageError) as caught:
        convex.component("conter")
    assert str(caught.value) == (
        "There is no component 'conter'. The backend's are: 'counter', 'counter/inner', 'second', 'second/inner'."
    )


def test_references_to_what_is_not_there_fail_in_transactions(convex: Deployment) -> None:
    assert error_of(ask, convex, "nowhere.public.count") == (
        'Uncaught Error: Child component ComponentName(Identifier("nowhere")) not found'
    )
    assert error_of(ask, convex, "counter.public.nothing") == (
        'Uncaught Error: Child component ComponentName(Identifier("counter")) does not export '
        '[PathComponent("public"), PathComponent("nothing")]'
    )
    assert "does not export" in error_of(tell, convex, "counter.public.hidden", name="a")
    assert "does not export" in error_of(ask, convex, "counter.inner.m.about")


def test_references_to_what_is_not_there_fail_in_actions(convex: Deployment) -> None:
    def act(of: str) -> str:
        return error_of(convex.action, "m:act", {"kind": "runMutation", "of": of, "args": {"name": "a"}})

    assert act("nowhere.public.add") == "Uncaught Error: Couldn't resolve nowhere.public.add"
    assert act("counter.public.hidden") == "Uncaught Error: Couldn't resolve counter.public.hidden"


def test_arguments_and_kinds_are_checked_as_between_functions_of_the_app(convex: Deployment) -> None:
    assert error_of(ask, convex, "counter.public.count") == (
        "Uncaught Error: ArgumentValidationError: Object is missing the required field `name`. "
        "Consider wrapping the field validator in `v.optional(...)` if this is expected."
    )
    assert error_of(ask, convex, "counter.public.add", name="a", count=1) == (
        "Uncaught Error: Trying to execute public.js:add as Query, but it is defined as Mutation."
    )


def test_nobody_is_logged_in_inside_a_component(convex: Deployment) -> None:
    ann = convex.as_user(subject="ann")
    assert ann.query("m:whoAmI") == ["ann", None]
    assert ann.action("m:act", {"kind": "runAction", "of": "counter.public.whoAmIInAction"}) is None


def test_pages_are_for_the_app_alone(convex: Deployment) -> None:
    assert error_of(ask, convex, "counter.public.page") == (
        "Uncaught Error: Uncaught Error: paginate() is only supported in the app. "
        "Learn more at https://docs.convex.dev/components/authoring#pagination"
    )


def test_actions_call_components_in_transactions_of_their_own(convex: Deployment) -> None:
    for _ in range(2):
        added = {"kind": "runMutation", "of": "counter.public.add", "args": {"name": "a", "count": 1}}
        convex.action("m:act", added)
    asked = {"kind": "runQuery", "of": "counter.public.count", "args": {"name": "a"}}
    assert convex.action("m:act", asked) == 2
    assert convex.trace.count("commit", "public:add@counter") == 2


# Environment.


def test_a_component_sees_the_variables_it_declares_and_those_of_convex(convex: Deployment) -> None:
    assert ask(convex, "counter.public.environment") == {
        "step": "7",
        "mode": "fast",
        "secret": None,
        "cloud": "https://anonymous-biconvex.convex.cloud",
        "site": "https://anonymous-biconvex.convex.site/counting",
    }
    assert ask(convex, "second.public.environment") == {
        "step": None,
        "mode": None,
        "secret": None,
        "cloud": "https://anonymous-biconvex.convex.cloud",
        "site": "https://anonymous-biconvex.convex.site",
    }


def test_a_component_in_a_component_gets_what_that_was_given(convex: Deployment) -> None:
    inner = {"name": "m:about", "componentPath": "counter/inner", "passedOn": "7"}
    assert ask(convex, "counter.public.inner") == inner
    assert ask(convex, "second.public.inner") == {**inner, "componentPath": "second/inner", "passedOn": None}


# Handles.


def test_a_component_calls_the_app_by_a_handle(convex: Deployment) -> None:
    handle = convex.query("m:handle")
    assert handle.startswith("function://")
    assert handle.endswith("#m:note")
    assert tell(convex, "counter.public.call", handle=handle, args={"text": "hello"}) == ""
    assert [note["text"] for note in convex.db.table("notes")] == ["hello"]


def test_a_handle_reaches_an_internal_function_of_another_component(convex: Deployment) -> None:
    handle = ask(convex, "second.public.handleOfHidden")
    convex.mutation("m:run", {"handle": handle, "args": {"name": "a"}})
    tell(convex, "counter.public.call", handle=handle, args={"name": "a"})
    assert ask(convex, "second.public.count", name="a") == 2


def test_handles_are_the_same_in_every_deployment_of_a_backend(project: Path, convex: Deployment) -> None:
    with Deployment(project, seed=99, env={"SIZE": "1"}) as other:
        assert other.query("m:handle") == convex.query("m:handle")


def test_a_handle_of_nothing_is_not_found(convex: Deployment) -> None:
    made_up = convex.query("m:handle").replace("function://", "").partition("#")[0]
    wrong = convex.db.insert("one", {})
    assert error_of(convex.mutation, "m:run", {"handle": f"function://{wrong}", "args": {}}) == (
        "Uncaught Error: Function handle not found"
    )
    assert error_of(convex.mutation, "m:run", {"handle": "function://x", "args": {}}) == (
        "Uncaught Error: Invalid arguments for `runUdf`: Unable to decode ID: Invalid ID length 1"
    )
    convex.mutation("m:run", {"handle": f"function://{made_up}", "args": {"text": "without its name"}})
    assert error_of(convex.query, "m:handleOf", {"of": "counter.public.nothing"}).endswith(
        'PathComponent("nothing")]'
    )


# Scheduled functions and cron jobs.


def test_a_component_has_its_own_scheduled_functions(convex: Deployment) -> None:
    tell(convex, "counter.public.addLater", name="a", seconds=60)
    assert convex.query("m:jobs") == []
    jobs = convex.component("counter").db.table("_scheduled_functions")
    assert [(job["name"], job["state"]["kind"]) for job in jobs] == [("public.js:hidden", "pending")]
    convex.advance(seconds=60)
    assert ask(convex, "counter.public.count", name="a") == 1
    assert convex.component("counter").db.table("_scheduled_functions")[0]["state"] == {"kind": "success"}


def test_a_component_cancels_its_own_jobs_and_no_others(convex: Deployment) -> None:
    job = tell(convex, "counter.public.addLater", name="a", seconds=60)
    tell(convex, "second.public.cancel", id=job)
    assert convex.component("counter").db.table("_scheduled_functions")[0]["state"] == {"kind": "pending"}
    tell(convex, "counter.public.cancel", id=job)
    convex.advance(minutes=5)
    assert ask(convex, "counter.public.count", name="a") == 0


def test_the_app_schedules_a_function_of_a_component_as_its_own_job(convex: Deployment) -> None:
    convex.mutation("m:schedule", {"of": "counter.public.add", "args": {"name": "a", "count": 4}})
    assert [job["name"] for job in convex.query("m:jobs")] == ["public.js:add"]
    convex.advance(seconds=1)
    assert ask(convex, "counter.public.count", name="a") == 4
    assert convex.query("m:jobs")[0]["state"] == {"kind": "success"}


def test_a_component_schedules_a_function_of_the_app_by_its_handle(convex: Deployment) -> None:
    handle = convex.query("m:handle")
    tell(convex, "counter.public.callLater", handle=handle, args={"text": "later"})
    assert len(convex.component("counter").db.table("_scheduled_functions")) == 1
    convex.run_until_idle()
    assert [note["text"] for note in convex.db.table("notes")] == ["later"]


def test_scheduling_what_is_not_there_fails_at_once(convex: Deployment) -> None:
    assert "not found" in error_of(convex.mutation, "m:schedule", {"of": "nowhere.a.b", "args": {}})


def test_finished_jobs_of_a_component_are_deleted_after_a_week(convex: Deployment) -> None:
    tell(convex, "counter.public.addLater", name="a", seconds=60)
    convex.advance(days=7, minutes=2)
    assert convex.component("counter").db.table("_scheduled_functions") == []


def test_every_instance_runs_its_cron_jobs(convex: Deployment) -> None:
    convex.advance(hours=3, minutes=30)
    assert [ask(convex, f"{name}.public.count", name="ticks") for name in ("counter", "second")] == [4, 4]
    assert list(convex.crons) == ["tick@counter", "tick@second"]


# Files.


def test_files_of_a_component_are_its_own(convex: Deployment) -> None:
    stored = convex.action(
        "m:act", {"kind": "runAction", "of": "counter.public.store", "args": {"text": "hello"}}
    )
    url = ask(convex, "counter.public.fileUrl", id=stored)
    assert convex.fetch(url).body == b"hello"
    assert ask(convex, "second.public.fileUrl", id=stored) is None
    assert convex.db.table("_storage") == []
    assert len(convex.component("counter").db.table("_storage")) == 1


def test_an_upload_goes_to_the_component_that_gave_the_url(convex: Deployment) -> None:
    url = tell(convex, "counter.public.uploadUrl")
    stored = convex.fetch(url, method="POST", body="hello").json()["storageId"]
    assert ask(convex, "counter.public.fileUrl", id=stored) is not None
    assert ask(convex, "second.public.fileUrl", id=stored) is None


# HTTP.


def test_routes_of_a_mounted_component_answer_below_its_prefix(convex: Deployment) -> None:
    response = convex.as_user(subject="ann").fetch("/counting/hook", method="POST")
    assert response.json() == {
        "value": 1,
        "url": "https://anonymous-biconvex.convex.site/counting/hook",
        "identity": None,
    }
    assert convex.fetch("/counting/any/where").text == "counter: /counting/any/where"
    assert ask(convex, "second.public.count", name="hooks") == 0


def test_routes_that_are_not_mounted_do_not_answer(convex: Deployment) -> None:
    assert (convex.fetch("/hook", method="POST").status, convex.fetch("/counting/nothing").status) == (
        404,
        404,
    )
    assert convex.fetch("/counting/nothing").text == "No matching routes found"


# What is seen of it.


def test_the_trace_and_usage_name_functions_with_their_component(convex: Deployment) -> None:
    tell(convex, "counter.public.add", name="a", count=5)
    starts = [(event.subject, event.run) for event in convex.trace.events("start")]
    assert starts == [("m:tell", 1), ("public:add@counter", 2)]
    assert convex.trace.events("insert")[0].subject == "counters@counter"
    assert convex.usage["public:add@counter"].runs == 1


def test_a_subscription_follows_what_components_read(convex: Deployment) -> None:
    counts = convex.subscribe("m:ask", {"of": "counter.public.count", "args": {"name": "a"}})
    tell(convex, "second.public.add", name="a", count=1)
    tell(convex, "counter.public.add", name="a", count=5)
    assert list(counts) == [0, 5]


def test_a_stub_stands_in_for_a_function_of_a_component(convex: Deployment) -> None:
    stub = convex.stub("public:count@counter", returns=42)
    assert ask(convex, "counter.public.count", name="a") == 42
    assert ask(convex, "second.public.count", name="a") == 0
    assert stub.calls == [{"name": "a"}]
    stub.restore()
    assert ask(convex, "counter.public.count", name="a") == 0


def test_the_same_seed_gives_the_same_run(project: Path) -> None:
    digests = []
    for _ in range(2):
        with Deployment(project, seed=11, env={"SIZE": "7"}) as convex:
            tell(convex, "counter.public.addLater", name="a", seconds=60)
            convex.mutation("m:survive")
            convex.advance(hours=5)
            digests.append(convex.trace.digest)
    assert digests[0] == digests[1]
