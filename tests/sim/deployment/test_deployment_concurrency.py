"""Calls side by side, and clients."""

from __future__ import annotations

import pytest
from biconvex.sim import ConvexError, FunctionError, StallError, UsageError, call, request
from exploring_kit import Make, counters

SEEDS = range(30)


def test_outcomes_come_in_the_order_of_the_calls_with_values_or_errors(backend: Make) -> None:
    convex, counter = counters(backend)
    outcomes = convex.concurrently(
        call("m:add", {"id": counter, "by": 1}),
        call("m:refuse"),
        call("m:get", {"id": counter}),
        call("m:nowhere"),
        call("m:add", {"id": counter}),
        request("/hook", method="POST", json={"id": counter, "by": 1}),
        call("m:whoami", as_user="ada"),
        convex.as_user(subject="bob").call("m:whoami"),
        convex.as_admin().call("m:set", {"id": counter, "n": 7}),
    )
    assert [outcome.ok for outcome in outcomes] == [
        True, False, True, False, False, True, True, True, True
    ]  # fmt: skip
    assert isinstance(outcomes[1].error, ConvexError)
    assert outcomes[1].error.data == "no"
    assert str(outcomes[3].error) == "Could not find public function for 'm:nowhere'. Did you mean 'm:held'?"
    assert str(outcomes[4].error).startswith(
        "ArgumentValidationError: Object is missing the required field `by`."
    )
    assert outcomes[5].value.status == 200
    assert (outcomes[6].value, outcomes[7].value) == ("ada", "bob")
    with pytest.raises(ConvexError):
        outcomes[1].result()
    assert outcomes[6].result() == "ada"


def test_mutations_side_by_side_conflict_and_lose_nothing(backend: Make) -> None:
    conflicts = 0
    for seed in range(4):
        convex, counter = counters(backend, seed=seed)
        outcomes = convex.concurrently(*[call("m:add", {"id": counter, "by": 1})] * 4)
        assert sorted(outcome.result() for outcome in outcomes) == [1, 2, 3, 4]
        assert convex.query("m:get", {"id": counter}) == 4
        conflicts += convex.trace.count("conflict")
    assert conflicts > 0


def test_actions_side_by_side_lose_updates_with_some_seeds_and_with_some_not(backend: Make) -> None:
    found = set()
    for seed in SEEDS:
        convex, counter = counters(backend, seed=seed)
        convex.concurrently(*[call("m:addSlowly", {"id": counter, "by": 1})] * 2)
        found.add(convex.query("m:get", {"id": counter}))
    assert found == {1, 2}


def test_the_same_seed_interleaves_in_the_same_way(backend: Make) -> None:
    digests = []
    for seed in (3, 3, 4):
        convex, counter = counters(backend, seed=seed)
        convex.concurrently(*[call("m:addSlowly", {"id": counter, "by": 1})] * 3)
        digests.append(convex.trace.digest)
    assert digests[0] == digests[1] != digests[2]


def test_what_is_no_call_is_refused(backend: Make) -> None:
    convex, _ = counters(backend)
    with pytest.raises(UsageError) as caught:
        convex.concurrently("m:get")  # type: ignore[arg-type]
    assert str(caught.value) == (
        'concurrently takes calls that are not run yet, call("module:function", {…}) or request("/path"); got \'m:get\''
    )
    client = convex.client()
    with pytest.raises(UsageError, match="^m:get was given arguments that aren't Convex values: "):
        convex.concurrently(client.call("m:create"), call("m:create"), call("m:get", {"id": object()}))
    assert convex.trace.count("call") == 0
    client.mutation("m:create")  # nothing is left that it would wait for


def test_a_client_calls_its_own_deployment_alone(backend: Make) -> None:
    convex, _ = counters(backend)
    other, _ = counters(backend)
    with pytest.raises(UsageError) as caught:
        other.concurrently(convex.client().call("m:create"))
    assert str(caught.value) == "call('m:create') is by a client of another deployment"


def test_no_calls_are_no_outcomes(backend: Make) -> None:
    convex, _ = counters(backend)
    assert convex.concurrently() == []


def test_a_call_shows_how_it_was_written() -> None:
    assert repr(call("m:get", {"id": "x"}, as_user="ada")) == "call('m:get', {'id': 'x'}, as_user='ada')"
    assert repr(call("m:create")) == "call('m:create')"
    assert repr(request("/hook", method="POST", json=[1])) == "request('/hook', method='POST', json=[1])"


# --- clients -----------------------------------------------------------------------------------------------


def test_a_client_calls_as_its_user(backend: Make) -> None:
    convex, counter = counters(backend)
    client = convex.client(as_user={"subject": "ada"})
    assert client.mutation("m:whoami") == "ada"
    assert convex.client().mutation("m:whoami") is None
    assert client.query("m:get", {"id": counter}) == 0
    assert client.action("m:addSlowly", {"id": counter, "by": 2}) == 2
    assert client.run("m:add", {"id": counter, "by": 2}) == 4
    with pytest.raises(ConvexError, match="no"):
        client.mutation("m:refuse")
    with pytest.raises(FunctionError, match=r"^Could not find public function for 'm:set'\. It is internal"):
        client.mutation("m:set", {"id": counter, "n": 1})
    with pytest.raises(FunctionError, match="Trying to execute m.js:get as Mutation"):
        client.mutation("m:get", {"id": counter})


def test_mutations_of_a_client_run_in_their_order_and_never_conflict_with_each_other(backend: Make) -> None:
    for seed in SEEDS:
        convex, counter = counters(backend, seed=seed)
        client = convex.client()
        outcomes = convex.concurrently(*[client.call("m:add", {"id": counter, "by": 1}) for _ in range(4)])
        assert [outcome.value for outcome in outcomes] == [1, 2, 3, 4]
        assert convex.trace.count("conflict") == 0


def test_a_mutation_that_fails_does_not_hold_up_those_after_it(backend: Make) -> None:
    convex, counter = counters(backend)
    client = convex.client()
    outcomes = convex.concurrently(client.call("m:refuse"), client.call("m:add", {"id": counter, "by": 1}))
    assert [outcome.ok for outcome in outcomes] == [False, True]


def test_mutations_of_two_clients_come_in_any_order(backend: Make) -> None:
    found = set()
    for seed in SEEDS:
        convex, counter = counters(backend, seed=seed)
        calls = [convex.client().call("m:add", {"id": counter, "by": 1}) for _ in range(2)]
        found.add(tuple(outcome.value for outcome in convex.concurrently(*calls)))
    assert found == {(1, 2), (2, 1)}


def test_actions_of_one_client_run_side_by_side(backend: Make) -> None:
    found = set()
    for seed in SEEDS:
        convex, counter = counters(backend, seed=seed)
        client = convex.client()
        convex.concurrently(*[client.call("m:addSlowly", {"id": counter, "by": 1}) for _ in range(2)])
        found.add(convex.query("m:get", {"id": counter}))
    assert found == {1, 2}


def test_a_client_subscribes(backend: Make) -> None:
    convex, counter = counters(backend)
    client = convex.client()
    subscription = client.subscribe("m:get", {"id": counter})
    client.mutation("m:add", {"id": counter, "by": 1})
    assert list(subscription) == [0, 1]


def test_a_mutation_whose_answer_was_lost_is_sent_again_and_not_run_twice(backend: Make) -> None:
    lost = set()
    for seed in SEEDS:
        convex, counter = counters(backend, seed=seed, faults={"lost_connection": 0.5})
        started = convex.now
        assert convex.client().mutation("m:add", {"id": counter, "by": 1}) == 1
        assert convex.query("m:get", {"id": counter}) == 1
        faults = convex.trace.events("fault", "lost_connection")
        assert convex.now - started >= 500 * len(faults)
        lost |= {event.detail["when"] for event in faults}
    assert lost == {"before", "after"}


def test_an_action_whose_connection_was_lost_fails_and_may_have_run_all_the_same(backend: Make) -> None:
    found = set()
    for seed in SEEDS:
        convex, counter = counters(backend, seed=seed)
        with convex.faults({"lost_connection": 1}), pytest.raises(FunctionError) as caught:
            convex.client().action("m:addSlowly", {"id": counter, "by": 1})
        assert str(caught.value) == "Connection lost while action was in flight"
        found.add(convex.query("m:get", {"id": counter}))
    assert found == {0, 1}


def test_a_connection_that_is_always_lost_is_a_stall_that_says_who_waits(backend: Make) -> None:
    convex, counter = counters(backend, faults={"lost_connection": 1})
    with pytest.raises(StallError) as caught:
        convex.client().mutation("m:add", {"id": counter, "by": 1})
    assert str(caught.value) == (
        "client 1 waits for an answer from m:add, and was struck by the fault `lost_connection` 200 times in a row: its "
        "rate is 1, and nobody gives up here. Choose a lower one."
    )
