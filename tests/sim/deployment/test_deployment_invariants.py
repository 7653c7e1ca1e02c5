"""Invariants after every commit, conditions at rest, and calm phases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from biconvex.sim import InvariantError, InvariantViolation, StallError, UsageError, call
from biconvex.sim.kernel import Future
from exploring_kit import Make, counters, with_cron


def test_a_violation_names_commit_function_seed_and_time_and_tells_its_runs(backend: Make) -> None:
    convex, counter = counters(backend, seed=5)
    other = convex.db.insert("counters", {"n": 0})

    @convex.invariant
    def never_two(db):
        assert all(document["n"] < 2 for document in db.table("counters")), "two"

    convex.mutation("m:add", {"id": other, "by": 1})
    convex.action("m:addSlowly", {"id": counter, "by": 1})
    with pytest.raises(InvariantViolation) as caught:
        convex.action("m:addSlowly", {"id": counter, "by": 1})
    violation = caught.value
    assert (violation.invariant, violation.function, violation.seed) == ("never_two", "m:set", 5)
    commit = convex.trace.events("commit", "m:set")[-1]
    assert (violation.commit, violation.time_ms) == (commit.number, 1767225600000)
    lines = str(violation).splitlines()
    assert lines[:4] == [
        (
            f"The invariant `never_two` does not hold after the commit of m:set (event {commit.number}, run {commit.run}) "
            "at 2026-01-01 00:00:00.000 (seed 5): two"
        ),
        "",
        "The runs that led to it:",
        convex.trace.HEADER,
    ]
    told = [line.split()[4:6] for line in lines[4:]]
    assert told == [
        ["start", "m:addSlowly"], ["start", "m:get"], ["get", counter], ["end", "m:get"],
        ["start", "m:set"], ["patch", "counters"], ["end", "m:set"], ["commit", "m:set"], ["end", "m:addSlowly"],
        ["start", "m:addSlowly"], ["start", "m:get"], ["get", counter], ["end", "m:get"],
        ["start", "m:set"], ["patch", "counters"], ["end", "m:set"], ["commit", "m:set"],
    ]  # fmt: skip
    assert [event.subject for event in convex.trace.events("violation")] == ["never_two"]


def test_nothing_happens_after_the_commit_that_violates(backend: Make) -> None:
    convex, counter = counters(backend)

    @convex.invariant
    def stays(db):
        return all(document["n"] == 0 for document in db.table("counters"))

    with pytest.raises(InvariantViolation, match="it returned False"):
        convex.concurrently(*[call("m:add", {"id": counter, "by": 1})] * 3)
    assert convex.trace.last(1)[0].kind == "violation"
    assert convex.db.get(counter)["n"] == 1
    convex.close()


def test_an_invariant_is_asked_again_only_when_a_table_it_looked_at_has_changed(backend: Make) -> None:
    convex, counter = counters(backend)
    asked = []

    @convex.invariant
    def looks_elsewhere(db):
        asked.append("elsewhere")
        db.table("others")

    @convex.invariant
    def looks_at_one(db):
        asked.append("one")
        assert db.get(counter) is not None

    convex.mutation("m:add", {"id": counter, "by": 1})
    convex.mutation("m:whoami")
    assert asked == ["elsewhere", "one", "one"]


def test_an_invariant_that_is_not_true_yet_is_told_when_it_is_declared(backend: Make) -> None:
    convex, _ = counters(backend)
    with pytest.raises(
        InvariantViolation, match=r"^The invariant `is_one` does not hold when it was declared, at "
    ):

        @convex.invariant
        def is_one(db):
            assert db.table("counters")[0]["n"] == 1


@pytest.mark.parametrize("by", ["a call", "the test"])
def test_an_invariant_that_raises_is_reported_as_such(backend: Make, by: str) -> None:
    convex, counter = counters(backend)

    @convex.invariant
    def is_wrong(db):
        return sum(document["n"] for document in db.table("counters")) < 1 or db.table("counters")[0]["m"]

    def act() -> None:
        if by == "a call":
            convex.mutation("m:add", {"id": counter, "by": 1})
        else:
            convex.db.insert("counters", {"n": 1})

    with pytest.raises(InvariantError) as caught:
        act()
    assert str(caught.value).startswith(
        "The invariant `is_wrong` can't be evaluated: it raised KeyError: 'm' (test_deployment_invariants.py:"
    )


def test_an_invariant_that_neither_asserts_nor_answers_is_refused(backend: Make) -> None:
    convex, _ = counters(backend)
    with pytest.raises(InvariantError) as caught:
        convex.invariant(lambda db: db.table("nothing"))
    assert str(caught.value) == (
        "The invariant `<lambda>` answered []. It should assert, or return True or False."
    )


def test_what_must_hold_eventually_is_asked_when_the_system_is_idle(backend: Make) -> None:
    convex, counter = counters(backend)
    convex.eventually(lambda db: db.get(counter)["n"] == 2)
    convex.mutation("m:later", {"id": counter, "ms": 1000, "slowly": False})
    convex.mutation("m:later", {"id": counter, "ms": 2000, "slowly": True})
    convex.run_until_idle()
    convex.mutation("m:add", {"id": counter, "by": 1})
    with pytest.raises(InvariantViolation) as caught:
        convex.run_until_idle()
    assert str(caught.value).startswith(
        "The invariant `<lambda>` does not hold now that the system is idle, at 2026-01-01 00:00:02.000 (seed 0): it "
        "returned False"
    )
    assert caught.value.function is None


@pytest.mark.parametrize("within", ["25m", timedelta(minutes=25)])
def test_a_condition_with_time_left_may_come_true_by_itself(backend: Make, within: str | timedelta) -> None:
    convex = with_cron(backend)

    def three_runs(db):
        return len(db.table("runs")) == 3

    convex.eventually(three_runs, within=within)
    convex.calm()
    assert convex.now == 1767225600000 + 20 * 60_000


def test_a_condition_whose_time_is_up_is_violated(backend: Make) -> None:
    convex = with_cron(backend)
    convex.eventually(lambda db: len(db.table("runs")) == 3, within="15m")
    with pytest.raises(InvariantViolation, match=r"now that the system is idle, at 2026-01-01 00:15:00\.000"):
        convex.run_until_idle()


def test_a_time_that_is_none_is_refused(backend: Make) -> None:
    convex, _ = counters(backend)
    with pytest.raises(UsageError, match=r"^eventually\(…, within='soon'\): 'soon' isn't a duration"):
        convex.eventually(lambda _db: True, within="soon")


def test_after_a_faulty_phase_the_system_converges_in_calm(backend: Make) -> None:
    for seed in range(5):
        convex, counter = counters(backend, seed=seed, faults={"conflict": 0.6, "late_job": 0.5})
        convex.eventually(lambda db, counter=counter: db.get(counter)["n"] == 4)
        for _ in range(4):
            convex.mutation("m:later", {"id": counter, "ms": 100, "slowly": False})
        convex.advance(seconds=1)
        convex.calm()
        assert convex.fault_rates == {}


def test_a_violation_is_the_same_with_the_same_seed(backend: Make) -> None:
    found = []
    for _ in range(2):
        convex, counter = counters(backend, seed=3, faults="swarm")

        @convex.invariant
        def small(db):
            assert all(document["n"] < 3 for document in db.table("counters"))

        calls = [call("m:add", {"id": counter, "by": 1})] * 40
        with pytest.raises(InvariantViolation) as caught:
            convex.concurrently(*calls)
        found.append((str(caught.value), convex.trace.digest))
    assert found[0] == found[1]


async def never(*_args: object, **_named: object) -> None:
    await Future[None]()


def test_work_that_nothing_can_finish_is_a_stall_that_says_what_waits(
    backend: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    convex, counter = counters(backend)
    convex.mutation("m:later", {"id": counter, "ms": 0, "slowly": True})
    monkeypatch.setattr(convex._runtime, "action", never)
    with pytest.raises(StallError) as caught:
        convex.calm()
    [job] = convex.db.table("_scheduled_functions")
    assert str(caught.value) == (
        f"Scheduled work is left, and nothing that could finish it. What waits: scheduled function {job['_id']}."
    )


def test_a_call_that_can_never_end_is_a_stall_that_says_what_waits_for_what(
    backend: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    convex, counter = counters(backend)
    monkeypatch.setattr(convex._runtime, "action", never)
    with pytest.raises(StallError) as caught:
        convex.concurrently(call("m:addSlowly", {"id": counter, "by": 1}))
    assert str(caught.value) == (
        "The calls can't end: nothing is left that could finish calls, which waits for "
        f"call('m:addSlowly', {{'id': '{counter}', 'by': 1}}); call('m:addSlowly', {{'id': '{counter}', 'by': 1}})"
    )
