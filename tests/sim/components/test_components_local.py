"""Components in the project's own folders: what is theirs, what others can reach, and how (semantics §12.4)."""

from __future__ import annotations

from pathlib import Path

import pytest
from biconvex.sim import Costs, Deployment, FunctionError, Limits, UsageError
from component_kit import ask, error_of, tell

# Tables and ids.


def test_each_instance_has_its_own_documents(counting: Deployment) -> None:
    assert tell(counting, "counter.public.add", name="a", count=5) == 5
    assert (
        ask(counting, "counter.public.count", name="a"),
        ask(counting, "second.public.count", name="a"),
    ) == (
        5,
        0,
    )
    assert counting.db.names == []
    assert [row["value"] for row in counting.component("counter").db.table("counters")] == [5]
    assert counting.component("second").db.table("counters") == []


def test_an_id_of_one_instance_means_nothing_in_another(counting: Deployment) -> None:
    tell(counting, "counter.public.add", name="a", count=5)
    found = ask(counting, "counter.public.idOf", name="a")
    assert ask(counting, "counter.public.byId", id=found)["value"] == 5
    assert ask(counting, "second.public.byId", id=found) is None


def test_an_id_of_a_table_that_the_component_has_not_is_refused(counting: Deployment) -> None:
    for name in ("one", "two", "three"):
        outside = counting.db.insert(name, {})
    with pytest.raises(FunctionError) as caught:
        tell(counting, "counter.public.see", id=outside)
    assert caught.value.message == (
        "Uncaught Error: ArgumentValidationError: Value does not match validator.\n"
        f'Path: .id\nValue: "{outside}"\nValidator: v.id("counters")\n    at async handler (../convex/m.ts:16:41)'
    )


def test_tests_insert_into_a_component_under_its_schema(counting: Deployment) -> None:
    counting.component("second").db.insert("counters", {"name": "a", "value": 3})
    assert ask(counting, "second.public.count", name="a") == 3
    with pytest.raises(FunctionError):
        counting.component("second").db.insert("counters", {"name": "a"})


# Transactions.


def test_the_app_and_its_components_commit_together(counting: Deployment) -> None:
    counting.mutation("m:addBoth", {"fail": False})
    assert [ask(counting, f"{name}.public.count", name="a") for name in ("counter", "second")] == [1, 2]
    assert counting.trace.count("commit", "m:addBoth") == 1


def test_a_failure_of_the_app_undoes_what_components_wrote(counting: Deployment) -> None:
    assert error_of(counting.mutation, "m:addBoth", {"fail": True}) == "Uncaught Error: all or nothing"
    assert [ask(counting, f"{name}.public.count", name="a") for name in ("counter", "second")] == [0, 0]
    assert counting.db.table("notes") == []


def test_a_failure_of_a_component_undoes_its_own_writes_and_jobs_and_can_be_caught(
    counting: Deployment,
) -> None:
    counting.mutation("m:survive")
    assert [row["name"] for row in counting.component("counter").db.table("counters")] == ["kept"]
    assert counting.component("counter").db.table("_scheduled_functions") == []
    assert counting.db.table("notes")[0]["text"].startswith("Uncaught Error: too late\n    at handler (../")


# Who may call what.


def test_clients_cannot_call_functions_of_components(counting: Deployment) -> None:
    assert error_of(counting.query, "public:count@counter", {"name": "a"}) == (
        "Could not find public function for 'public:count' in 'counter'. "
        "Clients can't call functions of components; a test can, with convex.component('counter')."
    )
    response = counting.fetch(
        "https://anonymous-biconvex.convex.cloud/api/query",
        method="POST",
        json={"path": "counter/public:count", "args": {"name": "a"}},
    )
    assert response.json()["status"] == "error"


def test_tests_call_any_function_of_a_component(counting: Deployment) -> None:
    counter = counting.component("counter")
    counter.mutation("public:hidden", {"name": "a"})
    assert counter.query("public:count", {"name": "a"}) == 1
    assert [function.path for function in counter.functions][:2] == [
        "public:about@counter",
        "public:add@counter",
    ]
    assert counting.component("counter/inner").query("m:about")["componentPath"] == "counter/inner"


def test_a_function_of_a_component_that_is_misspelt_is_told_with_the_nearest(counting: Deployment) -> None:
    assert error_of(counting.component("counter").query, "public:cout") == (
        'Couldn\'t find "cout" in module "public.js". Did you mean \'public:count@counter\'?'
    )
    assert error_of(counting.as_admin().query, "public:count@conter") == (
        "Could not find public function for 'public:count' in 'conter'. There is no such component."
    )


def test_there_is_no_such_component(counting: Deployment) -> None:
    with pytest.raises(UsageError) as caught:
        counting.component("conter")
    assert str(caught.value) == (
        "There is no component 'conter'. The backend's are: 'counter', 'counter/inner', 'second', 'second/inner'."
    )


def test_references_to_what_is_not_there_fail_in_transactions(counting: Deployment) -> None:
    assert error_of(ask, counting, "nowhere.public.count") == (
        'Uncaught Error: Child component ComponentName(Identifier("nowhere")) not found'
    )
    assert error_of(ask, counting, "counter.public.nothing") == (
        'Uncaught Error: Child component ComponentName(Identifier("counter")) does not export '
        '[PathComponent("public"), PathComponent("nothing")]'
    )
    assert "does not export" in error_of(tell, counting, "counter.public.hidden", name="a")
    assert "does not export" in error_of(ask, counting, "counter.inner.m.about")


def test_references_to_what_is_not_there_fail_in_actions(counting: Deployment) -> None:
    def act(of: str) -> str:
        return error_of(counting.action, "m:act", {"kind": "runMutation", "of": of, "args": {"name": "a"}})

    assert act("nowhere.public.add") == "Uncaught Error: Couldn't resolve nowhere.public.add"
    assert act("counter.public.hidden") == "Uncaught Error: Couldn't resolve counter.public.hidden"


def test_arguments_and_kinds_are_checked_as_between_functions_of_the_app(counting: Deployment) -> None:
    assert error_of(ask, counting, "counter.public.count") == (
        "Uncaught Error: ArgumentValidationError: Object is missing the required field `name`. "
        "Consider wrapping the field validator in `v.optional(...)` if this is expected."
    )
    assert error_of(ask, counting, "counter.public.add", name="a", count=1) == (
        "Uncaught Error: Trying to execute public.js:add as Query, but it is defined as Mutation."
    )


def test_nobody_is_logged_in_inside_a_component(counting: Deployment) -> None:
    ann = counting.as_user(subject="ann")
    assert ann.query("m:whoAmI") == ["ann", None]
    assert ann.action("m:act", {"kind": "runAction", "of": "counter.public.whoAmIInAction"}) is None


def test_pages_are_for_the_app_alone(counting: Deployment) -> None:
    assert error_of(ask, counting, "counter.public.page") == (
        "Uncaught Error: Uncaught Error: paginate() is only supported in the app. "
        "Learn more at https://docs.convex.dev/components/authoring#pagination"
    )


def test_actions_call_components_in_transactions_of_their_own(counting: Deployment) -> None:
    for _ in range(2):
        added = {"kind": "runMutation", "of": "counter.public.add", "args": {"name": "a", "count": 1}}
        counting.action("m:act", added)
    asked = {"kind": "runQuery", "of": "counter.public.count", "args": {"name": "a"}}
    assert counting.action("m:act", asked) == 2
    assert counting.trace.count("commit", "public:add@counter") == 2


# Environment.


def test_a_component_sees_the_variables_it_declares_and_those_of_convex(counting: Deployment) -> None:
    assert ask(counting, "counter.public.environment") == {
        "step": "7",
        "mode": "fast",
        "secret": None,
        "cloud": "https://anonymous-biconvex.convex.cloud",
        "site": "https://anonymous-biconvex.convex.site/counting",
    }
    assert ask(counting, "second.public.environment") == {
        "step": None,
        "mode": None,
        "secret": None,
        "cloud": "https://anonymous-biconvex.convex.cloud",
        "site": "https://anonymous-biconvex.convex.site",
    }


def test_a_component_in_a_component_gets_what_that_was_given(counting: Deployment) -> None:
    inner = {"name": "m:about", "componentPath": "counter/inner", "passedOn": "7"}
    assert ask(counting, "counter.public.inner") == inner
    assert ask(counting, "second.public.inner") == {
        **inner,
        "componentPath": "second/inner",
        "passedOn": None,
    }


# Handles.


def test_a_component_calls_the_app_by_a_handle(counting: Deployment) -> None:
    handle = counting.query("m:handle")
    assert handle.startswith("function://")
    assert handle.endswith("#m:note")
    assert tell(counting, "counter.public.call", handle=handle, args={"text": "hello"}) == ""
    assert [note["text"] for note in counting.db.table("notes")] == ["hello"]


def test_a_handle_reaches_an_internal_function_of_another_component(counting: Deployment) -> None:
    handle = ask(counting, "second.public.handleOfHidden")
    counting.mutation("m:run", {"handle": handle, "args": {"name": "a"}})
    tell(counting, "counter.public.call", handle=handle, args={"name": "a"})
    assert ask(counting, "second.public.count", name="a") == 2


def test_handles_are_the_same_in_every_deployment_of_a_backend(
    counting_app: Path, counting: Deployment
) -> None:
    with Deployment(counting_app, seed=99, env={"SIZE": "1"}) as other:
        assert other.query("m:handle") == counting.query("m:handle")


def test_a_handle_of_nothing_is_not_found(counting: Deployment) -> None:
    made_up = counting.query("m:handle").replace("function://", "").partition("#")[0]
    wrong = counting.db.insert("one", {})
    assert error_of(counting.mutation, "m:run", {"handle": f"function://{wrong}", "args": {}}) == (
        "Uncaught Error: Function handle not found"
    )
    assert error_of(counting.mutation, "m:run", {"handle": "function://x", "args": {}}) == (
        "Uncaught Error: Invalid arguments for `runUdf`: Unable to decode ID: Invalid ID length 1"
    )
    counting.mutation("m:run", {"handle": f"function://{made_up}", "args": {"text": "without its name"}})
    assert error_of(counting.query, "m:handleOf", {"of": "counter.public.nothing"}).endswith(
        'PathComponent("nothing")]'
    )


# What is seen of it.


def test_the_trace_and_usage_name_functions_with_their_component(counting: Deployment) -> None:
    tell(counting, "counter.public.add", name="a", count=5)
    starts = [(event.subject, event.run) for event in counting.trace.events("start")]
    assert starts == [("m:tell", 1), ("public:add@counter", 2)]
    assert counting.trace.events("insert")[0].subject == "counters@counter"
    assert counting.usage["public:add@counter"].runs == 1


def test_findings_name_functions_with_their_component(counting: Deployment) -> None:
    counting.action("m:act", {"kind": "runAction", "of": "counter.public.careless"})
    assert [(finding.rule, finding.function) for finding in counting.findings] == [
        ("floating-promise", "public:careless@counter")
    ]


def test_a_subscription_follows_what_components_read(counting: Deployment) -> None:
    counts = counting.subscribe("m:ask", {"of": "counter.public.count", "args": {"name": "a"}})
    tell(counting, "second.public.add", name="a", count=1)
    tell(counting, "counter.public.add", name="a", count=5)
    assert list(counts) == [0, 5]


def test_a_stub_stands_in_for_a_function_of_a_component(counting: Deployment) -> None:
    stub = counting.stub("public:count@counter", returns=42)
    assert ask(counting, "counter.public.count", name="a") == 42
    assert ask(counting, "second.public.count", name="a") == 0
    assert stub.calls == [{"name": "a"}]
    stub.restore()
    assert ask(counting, "counter.public.count", name="a") == 0


def test_the_same_seed_gives_the_same_run(counting_app: Path) -> None:
    digests = []
    for _ in range(2):
        with Deployment(counting_app, seed=11, env={"SIZE": "7"}) as counting:
            tell(counting, "counter.public.addLater", name="a", seconds=60)
            counting.mutation("m:survive")
            counting.advance(hours=5)
            digests.append(counting.trace.digest)
    assert digests[0] == digests[1]


# Limits and conflicts.


def test_a_component_that_calls_itself_for_ever_is_stopped_at_the_depth_allowed(counting: Deployment) -> None:
    handle = ask(counting, "counter.public.handleTo", name="call")
    args: dict[str, object] = {}
    for _ in range(10):
        args = {"handle": handle, "args": args}
    with pytest.raises(FunctionError, match="Cross component call depth limit exceeded"):
        tell(counting, "counter.public.call", **args)


def test_what_components_read_and_write_counts_to_the_limits_of_the_whole(counting_app: Path) -> None:
    with Deployment(counting_app, env={"SIZE": "7"}, limits=Limits(documents_written=2)) as counting:
        assert error_of(counting.mutation, "m:addBoth", {"fail": False}) == (
            "Uncaught Error: Uncaught Error: Too many writes in a single function execution (limit: 2)"
        )


def test_time_that_components_take_is_counted_once(counting_app: Path) -> None:
    costs = Costs(document_written_ms=10)
    with Deployment(counting_app, env={"SIZE": "7"}, costs=costs) as counting:
        start = counting.now
        counting.mutation("m:addBoth", {"fail": False})
        assert counting.now - start == 30


def test_two_mutations_that_meet_in_a_component_conflict_and_one_goes_again(counting_app: Path) -> None:
    conflicts = 0
    for seed in range(6):
        with Deployment(counting_app, env={"SIZE": "7"}, seed=seed) as counting:
            tell(counting, "counter.public.add", name="a", count=0)
            for _ in range(4):
                counting.mutation(
                    "m:schedule", {"of": "counter.public.add", "args": {"name": "a", "count": 1}}
                )
            counting.run_until_idle()
            assert ask(counting, "counter.public.count", name="a") == 4
            conflicts += counting.trace.count("conflict", "public:add@counter")
    assert conflicts > 0


def test_a_conflict_in_a_component_names_its_table_as_the_component_does(counting_app: Path) -> None:
    with Deployment(counting_app, env={"SIZE": "7"}, limits=Limits(mutation_retries=0), seed=1) as counting:
        tell(counting, "counter.public.add", name="a", count=0)
        outcomes = counting.action("m:race", {"times": 8})
        assert any(
            outcome.startswith(
                'Documents read from or written to the "counters" table changed while this mutation'
            )
            for outcome in outcomes
        )
