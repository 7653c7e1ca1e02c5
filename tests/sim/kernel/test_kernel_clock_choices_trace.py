"""Virtual time, seeded choices and the trace's digest."""

from __future__ import annotations

import pytest
from biconvex.sim.kernel import Choices, Clock, Trace, duration_ns, parse_duration
from hypothesis import given
from hypothesis import strategies as st


def test_time_never_goes_back() -> None:
    clock = Clock(1_000)
    with pytest.raises(ValueError, match=r"^virtual time can't go back from 1000 to 999 ns$"):
        clock.move_to(999)


def test_date_now_rounds_down_to_whole_milliseconds() -> None:
    assert Clock(1_999_999).now_ms == 1


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("250ms", 250_000_000),
        ("90s", 90 * 10**9),
        ("1h30m", 5_400 * 10**9),
        ("2d 12h", 216_000 * 10**9),
        ("0.5s", 5 * 10**8),
    ],
)
def test_durations_are_read_as_people_write_them(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "5", "m5", "5 minutes", "-5m", "1h;2m", "5mm"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="isn't a duration: write it like 30s, 5m, 1h30m, 2d"):
        parse_duration(text)


@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf")])
def test_a_duration_is_finite_and_not_negative(amount: float) -> None:
    with pytest.raises(ValueError, match="a duration must be finite and not negative"):
        duration_ns(seconds=amount)


@given(st.integers(), st.text())
def test_a_child_depends_on_the_seed_and_its_name_alone(seed: int, name: str) -> None:
    disturbed = Choices(seed)
    disturbed.child("another").bits(64)
    disturbed.bits(64)
    assert Choices(seed).child(name).bits(64) == disturbed.child(name).bits(64)


def test_children_of_different_names_differ() -> None:
    root = Choices(7)
    assert root.child("ids").bits(64) != root.child("backoff").bits(64)


def draw_some(choices: Choices) -> list[object]:
    return [choices.below(10), choices.chance(0.5), choices.fraction(), choices.child("x").below(7)]


def test_decisions_are_those_of_the_seed_unless_something_else_decides() -> None:
    assert draw_some(Choices(7).decisions("turns")) == draw_some(Choices(7).child("turns"))


@given(st.integers())
def test_recorded_decisions_replay_a_run_whatever_the_seed(seed: int) -> None:
    made: list[int] = []

    def record(_bound: int, seeded: int) -> int:
        made.append(seeded)
        return seeded

    seen = draw_some(Choices(7, record).decisions("turns"))
    assert seen == draw_some(Choices(7).child("turns"))
    assert draw_some(Choices.replaying(seed, made).decisions("turns")) == seen


def test_without_more_decisions_the_simplest_ones_are_made() -> None:
    choices = Choices.replaying(7, [12]).decisions("turns")
    assert draw_some(choices) == [9, False, 0.0, 0]


def test_what_is_certain_is_no_decision() -> None:
    choices = Choices(7, lambda bound, seeded: pytest.fail("nothing was to be decided")).decisions("turns")
    assert [choices.below(1), choices.chance(0), choices.chance(1)] == [0, False, True]


def test_what_is_merely_random_stays_with_the_seed() -> None:
    replaying, seeded = Choices.replaying(7, [1, 2, 3]), Choices(7)
    assert replaying.child("ids").octets(8) == seeded.child("ids").octets(8)


def test_equal_traces_have_equal_digests_and_any_difference_shows() -> None:
    def trace(kind: str = "insert", at: int = 5) -> str:
        made = Trace(Clock(at))
        made.record(kind, "messages", 1, {"b": 1, "a": 2})
        return made.digest

    assert trace() == trace()
    assert len({trace(), trace("delete"), trace(at=6)}) == 3


def test_a_trace_reads_as_fixed_columns() -> None:
    trace = Trace(Clock(1_767_225_600_123_456_789))
    trace.record("commit", "messages:send", 3, [["messages", "id"]])
    assert str(trace) == (
        "number  virtual time (UTC)         run  kind          subject and detail\n"
        '     1  2026-01-01 00:00:00.123      3  commit        messages:send  [["messages","id"]]\n'
        "\nkinds:\n"
        "  commit        what a mutation wrote takes effect"
    )


def test_the_last_events_keep_their_numbers() -> None:
    trace = Trace(Clock())
    for name in "abcd":
        trace.record("log", name)
    assert [(event.number, event.subject) for event in trace.last(2)] == [(3, "c"), (4, "d")]
