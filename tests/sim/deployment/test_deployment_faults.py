"""Faults: each of them, in both languages, and how they are switched."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from biconvex.sim import Faults, FunctionError, StallError, UsageError, call, request
from biconvex.sim.faults import FAULT_NAMES
from exploring_kit import Make, counters, with_cron

ROOT = Path(__file__).parents[3]
CHARGE = "https://api.example.com/charge"


def test_a_forced_conflict_is_retried_and_shows_in_the_trace(backend: Make) -> None:
    convex, counter = counters(backend, seed=1)
    with convex.faults(Faults(conflict=0.5)):
        for expected in range(1, 9):
            assert convex.mutation("m:add", {"id": counter, "by": 1}) == expected
    faults = convex.trace.events("fault", "conflict")
    assert 0 < len(faults) == convex.trace.count("conflict")
    assert faults[0].detail == {"at": "m:add", "table": "counters"}


def test_a_mutation_that_always_conflicts_fails_in_convexs_words(backend: Make) -> None:
    convex, counter = counters(backend, faults=Faults(conflict=1))
    with pytest.raises(FunctionError) as caught:
        convex.mutation("m:add", {"id": counter, "by": 1})
    assert str(caught.value) == (
        'Documents read from or written to the "counters" table changed while this mutation was being run and on every '
        "subsequent retry. See https://docs.convex.dev/error#1"
    )
    assert convex.trace.count("fault") == 5


def test_a_mutation_that_only_inserts_or_only_reads_has_no_conflict(backend: Make) -> None:
    convex, _ = counters(backend, faults=Faults(conflict=1))
    convex.mutation("m:create")
    convex.mutation("m:whoami")
    assert convex.trace.count("fault") == 0


def test_a_scheduled_mutation_that_always_conflicts_is_a_stall(backend: Make) -> None:
    convex, counter = counters(backend)
    convex.mutation("m:later", {"id": counter, "ms": 0, "slowly": False})
    with convex.faults({"conflict": 1}), pytest.raises(StallError) as caught:
        convex.run_until_idle()
    assert str(caught.value) == (
        "m:add waits for a commit without conflict, and was struck by the fault `conflict` 200 times in a row: its rate "
        "is 1, and nobody gives up here. Choose a lower one."
    )


@pytest.mark.parametrize("fault", ["crash_before", "crash_after"])
def test_an_action_that_crashes_at_its_first_operation_tells_its_caller_nothing(
    backend: Make, fault: str
) -> None:
    convex, counter = counters(backend)
    with convex.faults({fault: 1}), pytest.raises(FunctionError) as caught:
        convex.action("m:addSlowly", {"id": counter, "by": 1})
    assert str(caught.value) == "Your request couldn't be completed. Try again later."
    assert caught.value.code == "InternalServerError"
    assert convex.query("m:get", {"id": counter}) == 0


def test_a_crash_may_come_at_any_operation_before_it_or_after(backend: Make) -> None:
    found = set()
    for seed in range(40):
        convex, counter = counters(backend, seed=seed, faults={"crash_before": 0.2, "crash_after": 0.2})
        try:
            convex.action("m:addSlowly", {"id": counter, "by": 1})
        except FunctionError:
            fault = convex.trace.events("fault")[-1]
            where = fault.detail.get("before") or fault.detail.get("after")
            found.add((fault.subject, where, convex.db.table("counters")[0]["n"]))
    assert found == {
        ("crash_before", "1.0/actions/query", 0),
        ("crash_after", "1.0/actions/query", 0),
        ("crash_before", "1.0/actions/mutation", 0),
        ("crash_after", "1.0/actions/mutation", 1),
    }


def test_a_scheduled_action_that_crashes_has_failed_and_is_not_run_again(backend: Make) -> None:
    convex, counter = counters(backend, faults={"crash_after": 1})
    convex.mutation("m:later", {"id": counter, "ms": 0, "slowly": True})
    convex.run_until_idle()
    states = [job["state"] for job in convex.db.table("_scheduled_functions")]
    assert states == [{"kind": "failed", "error": "Transient error while executing action"}]
    assert len(convex.trace.runs("m:addSlowly")) == 1


def test_an_http_action_that_crashes_is_an_error_of_the_server(backend: Make) -> None:
    convex, counter = counters(backend, faults={"crash_after": 1})
    response = convex.fetch("/hook", method="POST", json={"id": counter, "by": 1})
    assert response.status == 500
    assert convex.db.table("counters")[0]["n"] == 1


def test_a_scheduled_function_may_be_late(backend: Make) -> None:
    convex, counter = counters(backend, faults=Faults(late_job=1, late_job_ms=5000))
    convex.mutation("m:later", {"id": counter, "ms": 1000, "slowly": False})
    convex.run_until_idle()
    [fault] = convex.trace.events("fault", "late_job")
    assert 0 < fault.detail["late_ms"] <= 5000
    [run] = convex.trace.runs("m:add")
    assert run.started_ms == 1767225600000 + 1000 + fault.detail["late_ms"]


def test_a_cron_job_may_be_late(backend: Make) -> None:
    convex = with_cron(backend, faults=Faults(late_cron=1, late_cron_ms=5000))
    convex.advance(minutes=11)
    late = [event.detail["late_ms"] for event in convex.trace.events("fault", "late_cron")]
    at = [run["at"] - 1767225600000 for run in convex.db.table("runs")]
    assert at == [late[0], 600_000 + late[1]]


def test_a_run_of_a_cron_job_may_be_left_out(backend: Make) -> None:
    convex = with_cron(backend, faults={"skipped_cron": 1})
    convex.advance(minutes=25)
    assert convex.db.table("runs") == []
    assert convex.crons["count"].skipped == 3
    convex.calm()
    convex.advance(minutes=10)
    assert len(convex.db.table("runs")) == 1


def test_module_state_lasts_or_is_gone(backend: Make) -> None:
    convex, _ = counters(backend)
    assert [convex.mutation("m:remembered") for _ in range(3)] == [1, 2, 3]
    with convex.faults({"fresh_isolate": 1}):
        assert [convex.mutation("m:remembered") for _ in range(3)] == [1, 1, 1]
    assert convex.mutation("m:remembered") == 2


def test_a_run_under_way_keeps_its_module_state_while_others_get_theirs(backend: Make) -> None:
    convex, counter = counters(backend, faults={"fresh_isolate": 1})
    outcomes = convex.concurrently(*[call("m:held", {"id": counter})] * 3)
    assert [outcome.result() for outcome in outcomes] == [[1, 2]] * 3


def test_http_actions_are_found_in_a_fresh_context(backend: Make) -> None:
    convex, counter = counters(backend, faults={"fresh_isolate": 1})
    for expected in ("1", "2"):
        assert convex.fetch("/hook", method="POST", json={"id": counter, "by": 1}).text == expected


@pytest.mark.parametrize(
    ("fault", "answer", "arrived"),
    [
        ("lost_request", "failed", 0),
        ("lost_response", "failed", 1),
        ("unavailable", 503, 0),
        ("duplicated_request", 200, 2),
    ],
)
def test_the_internet_may_fail_in_these_ways(backend: Make, fault: str, answer: object, arrived: int) -> None:
    convex, _ = counters(backend, faults={fault: 1})
    route = convex.outbound.on("POST", CHARGE, json={})
    assert convex.action("m:ask") == answer
    assert len(route.requests) == arrived
    assert [event.subject for event in convex.trace.events("fault")] == [fault]


@pytest.mark.parametrize(("fault", "most_ms"), [("slow_response", 3000), ("reordered_response", 100)])
def test_a_reply_may_be_late(backend: Make, fault: str, most_ms: int) -> None:
    convex, _ = counters(backend, faults={fault: 1, "slow_response_ms": 3000})
    convex.outbound.on("POST", CHARGE, json={})
    before = convex.now
    assert convex.action("m:ask") == 200
    assert 0 < convex.now - before == convex.trace.events("fault")[0].detail["late_ms"] <= most_ms


def test_replies_overtake_each_other(backend: Make) -> None:
    orders = set()
    for seed in range(12):
        convex, _ = counters(backend, seed=seed, faults={"reordered_response": 0.5})
        convex.outbound.on("POST", CHARGE, json={})
        convex.concurrently(call("m:ask"), call("m:ask"))
        asked = [event.run for event in convex.trace.events("request")]
        orders.add([event.run for event in convex.trace.events("reply")] == asked)
    assert orders == {True, False}


# --- webhooks ----------------------------------------------------------------------------------------------


def test_webhooks_are_delivered_in_order_while_nothing_goes_wrong(backend: Make) -> None:
    convex, counter = counters(backend)
    hooks = [request("/hook", method="POST", json={"id": counter, "by": by}) for by in (1, 10, 100)]
    assert [response.text for response in convex.deliver(*hooks)] == ["1", "11", "111"]


def test_a_webhook_may_come_twice_at_once_or_later(backend: Make) -> None:
    together = set()
    for seed in range(12):
        convex, counter = counters(backend, seed=seed, faults={"repeated_webhook": 1})
        hooks = [request("/hook", method="POST", json={"id": counter, "by": 1}) for _ in range(2)]
        assert len(convex.deliver(*hooks)) == 2
        assert convex.db.table("counters")[0]["n"] == 4
        kinds = [event.kind for event in convex.trace if event.kind in {"http", "http end"}]
        together.add("http,http," in ",".join(kinds))
    assert together == {True, False}


def test_webhooks_may_come_out_of_order(backend: Make) -> None:
    firsts = set()
    for seed in range(12):
        convex, counter = counters(backend, seed=seed, faults={"reordered_webhook": 0.5})
        hooks = [request("/hook", method="POST", json={"id": counter, "by": by}) for by in (1, 10, 100)]
        responses = convex.deliver(*hooks)
        assert convex.db.table("counters")[0]["n"] == 111
        firsts.add(responses[0].text)
    assert len(firsts) > 1


def test_only_requests_are_delivered(backend: Make) -> None:
    convex, _ = counters(backend)
    with pytest.raises(UsageError) as caught:
        convex.deliver("/hook")  # type: ignore[arg-type]
    assert (
        str(caught.value) == 'deliver takes requests, request("/hook", method="POST", json=…); got \'/hook\''
    )


# --- the plan ----------------------------------------------------------------------------------------------


def test_the_clock_may_start_just_before_an_edge(backend: Make) -> None:
    starts = set()
    for seed in range(30):
        convex, _ = counters(backend, seed=seed, faults={"clock_edge": 1})
        assert convex.trace.count("fault", "clock_edge") == 1
        starts.add(datetime.fromtimestamp(convex.now / 1000, UTC).isoformat(timespec="milliseconds"))
    assert starts == {
        "2026-01-01T23:59:58.500+00:00",
        "2026-01-31T23:59:58.500+00:00",
        "2026-12-31T23:59:58.500+00:00",
        "2028-02-28T23:59:58.500+00:00",
        "2028-02-29T23:59:58.500+00:00",
    }


def test_a_start_that_is_given_stays(backend: Make) -> None:
    start = datetime(2027, 5, 5, tzinfo=UTC)
    convex, _ = counters(backend, start=start, faults={"clock_edge": 1})
    assert convex.now == start.timestamp() * 1000


def test_a_swarm_draws_its_rates_from_the_seed_and_leaves_about_half_at_nothing(backend: Make) -> None:
    rates = [counters(backend, seed=seed, faults="swarm")[0].fault_rates for seed in (1, 1, 2)]
    assert rates[0] == rates[1] != rates[2]
    drawn = [len(counters(backend, seed=seed, faults="swarm")[0].fault_rates) for seed in range(20)]
    assert 0.35 < sum(drawn) / 20 / len(FAULT_NAMES) < 0.65


def test_what_is_given_in_a_swarm_stands(backend: Make) -> None:
    convex, _ = counters(backend, faults=Faults.swarm(conflict=0, crash_before=0.25))
    assert "conflict" not in convex.fault_rates
    assert convex.fault_rates["crash_before"] == 0.25


def test_nothing_goes_wrong_unless_it_is_asked_for(backend: Make) -> None:
    convex, counter = counters(backend, faults=Faults())
    plain, same = counters(backend)
    for deployment, known in ((convex, counter), (plain, same)):
        deployment.mutation("m:add", {"id": known, "by": 1})
        deployment.action("m:addSlowly", {"id": known, "by": 1})
    assert convex.fault_rates == {}
    assert convex.trace.digest == plain.trace.digest


def test_faults_hold_for_a_block_and_then_what_held_before(backend: Make) -> None:
    convex, _ = counters(backend, faults={"conflict": 0.5})
    with convex.faults({"crash_after": 0.25}):
        assert convex.fault_rates == {"crash_after": 0.25}
    assert convex.fault_rates == {"conflict": 0.5}
    convex.calm()
    assert convex.fault_rates == {}


def test_one_more_fault_does_not_change_when_the_others_strike(backend: Make) -> None:
    found = []
    for more in ({}, {"fresh_isolate": 0.5}):
        convex, counter = counters(backend, seed=5, faults={"conflict": 0.4} | more)
        for _ in range(6):
            convex.mutation("m:add", {"id": counter, "by": 1})
        found.append([run.started_ms for run in convex.trace.runs("m:add")])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"conflct": 1}, "faults: there is no fault 'conflct' (did you mean 'conflict'?)"),
        (
            {"conflict": 2},
            'faults: conflict=2: a rate is a number from 0 to 1 or "swarm"; times are positive',
        ),
        (
            {"late_job_ms": 0},
            'faults: late_job_ms=0: a rate is a number from 0 to 1 or "swarm"; times are positive',
        ),
        ("often", "faults are Faults(…), \"swarm\", or a dict of fields; got 'often'"),
        ({"weather": 1}, f"faults: there is no fault 'weather'; there are {', '.join(FAULT_NAMES)}"),
    ],
)
def test_faults_that_make_no_sense_are_told(given: object, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Faults.of(given)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_the_document_about_faults_has_every_one() -> None:
    text = (ROOT / "docs/how-to/find-races-and-crashes.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == set(Faults.model_fields)
