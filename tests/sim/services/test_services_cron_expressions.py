"""The dialect of cron expressions, and when they match (semantics §9.3)."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

import pytest
from biconvex.sim.services.crons import read_cron_expression
from hypothesis import given, settings
from hypothesis import strategies as st

START = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday


def times(text: str, count: int, start: datetime = START) -> list[str]:
    """The next times after a start."""
    expression = read_cron_expression(text)
    time_ns = int(start.timestamp()) * 10**9
    found = []
    for _ in range(count):
        time_ns = expression.after(time_ns)
        found.append(datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*/25 * * * *", ["2026-01-01 00:25", "2026-01-01 00:50", "2026-01-01 01:00"]),
        ("50-10/20 * * * *", ["2026-01-01 00:10", "2026-01-01 00:50", "2026-01-01 01:10"]),
        ("5/30 22-0 * * *", ["2026-01-01 00:05", "2026-01-01 00:35", "2026-01-01 22:05"]),
        ("5,* 0 * * *", ["2026-01-01 00:05", "2026-01-02 00:00", "2026-01-02 00:05"]),
        ("0 9 * * MON-wed", ["2026-01-05 09:00", "2026-01-06 09:00", "2026-01-07 09:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 0 31 * *", ["2026-01-31 00:00", "2026-03-31 00:00"]),
        ("0 0 13 * FRI", ["2026-01-02 00:00", "2026-01-09 00:00", "2026-01-13 00:00"]),
        ("0 0 */10 * 1", ["2026-01-05 00:00", "2026-01-11 00:00", "2026-01-12 00:00"]),
        ("0 0 L * *", ["2026-01-31 00:00", "2026-02-28 00:00"]),
        ("0 0 L-3 * *", ["2026-01-28 00:00", "2026-02-25 00:00"]),
        ("0 0 LW * *", ["2026-01-30 00:00", "2026-02-27 00:00"]),
        ("0 0 * * L", ["2026-01-03 00:00", "2026-01-10 00:00"]),
        ("0 0 * * 5L", ["2026-01-30 00:00", "2026-02-27 00:00"]),
        ("0 0 * * MON#5", ["2026-03-30 00:00", "2026-06-29 00:00"]),
    ],
)
def test_an_expression_matches_at_these_times(text: str, expected: list[str]) -> None:
    assert times(text, len(expected)) == expected


def nearest_workday(year: int, month: int, day: int) -> int | None:
    """The workday that is nearest to a day, in the same month, by looking at a calendar."""
    length = monthrange(year, month)[1]
    if day > length:
        return None
    weekday = datetime(year, month, day).weekday()
    if weekday == 5:
        return day - 1 if day > 1 else 3
    if weekday == 6:
        return day + 1 if day < length else day - 2
    return day


@given(day=st.integers(1, 31), month=st.integers(0, 12 * 40))
@settings(max_examples=60, deadline=None)
def test_the_nearest_workday_stays_within_its_month(day: int, month: int) -> None:
    year, month = 2020 + month // 12, month % 12 + 1
    first = datetime(year, month, 1, tzinfo=UTC)
    found = [read_cron_expression(f"0 0 {day}W * *"), read_cron_expression(f"0 0 {day}W {month} *")]
    expected = nearest_workday(year, month, day)
    if expected is None:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        expected = nearest_workday(year, month, day)
        del found[1]
    for expression in found:
        matched = expression.after(int((first - timedelta(minutes=1)).timestamp()) * 10**9)
        assert datetime.fromtimestamp(matched / 1e9, UTC) == datetime(year, month, expected or 0, tzinfo=UTC)


@given(
    minute=st.sampled_from(["*", "*/7", "3,50", "55-5"]),
    hour=st.sampled_from(["*", "0", "23-1", "*/5"]),
    day=st.sampled_from(["*", "1", "28-2", "*/9", "L", "15W"]),
    weekday=st.sampled_from(["*", "0", "MON-FRI", "3#2", "6L"]),
    offsets=st.lists(st.integers(0, 60 * 24 * 50), min_size=1, max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_what_comes_next_does_not_depend_on_what_was_asked_before(
    minute: str, hour: str, day: str, weekday: str, offsets: list[int]
) -> None:
    text = f"{minute} {hour} {day} * {weekday}"
    used = read_cron_expression(text)
    for offset in offsets:
        time_ns = int((START + timedelta(minutes=offset)).timestamp()) * 10**9
        assert used.after(time_ns) == read_cron_expression(text).after(time_ns) > time_ns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" * * * * *", "it begins or ends with a space"),
        ("@daily", "it has 1 fields instead of 5 (minute, hour, day of month, month, day of week)"),
        ("0 0 0 * * *", "it has 6 fields instead of 5 (minute, hour, day of month, month, day of week)"),
        ("*/60 * * * *", "its minute is '*/60', and the step 60 is not within 1 and 59"),
        ("* */24 * * *", "its hour is '*/24', and the step 24 is not within 1 and 23"),
        ("60 * * * *", "its minute is '60', and the value 60 is not within 0 and 59"),
        ("*,5 * * * *", "its minute is '*,5', which isn't one in Convex's dialect of cron"),
        ("* * 0 * *", "its day of month is '0', and the value 0 is not within 1 and 31"),
        ("* * L,5 * *", "its day of month is 'L,5', which isn't one in Convex's dialect of cron"),
        ("* * L-31 * *", "its day of month is 'L-31', and the value 31 is not within 1 and 30"),
        ("* * * FOO *", "its month is 'FOO', and there is no 'FOO'"),
        ("* * * * SUN#6", "its day of week is 'SUN#6', and the value 6 is not within 1 and 5"),
        ("* * ? * *", "its day of month is '?', which isn't one in Convex's dialect of cron"),
        ("0 0 31 4,6 *", 'The cron spec "0 0 31 4,6 *" will never match any time'),
    ],
)
def test_what_the_dialect_does_not_have_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read_cron_expression(text)


def test_an_expression_that_never_matches_again_says_so() -> None:
    with pytest.raises(OverflowError, match="matches no time to come"):
        read_cron_expression("0 0 L-30 2 *").after(0)
