"""Convex's dialect of cron expressions, as the backend's parser has it (semantics §9.3)."""

from __future__ import annotations

import pytest
from biconvex.rules.crons.expressions import read_expression


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "0\t 0 1 1 0",
        "*/5,*/3 * * * *",
        "5,* * * * *",
        "5,*-30/5 * * * *",
        "50-10 22-2 * * *",
        "007 * * * *",
        "*/59 */23 */30 */11 */6",
        "5/2 * 1/3 JAN/2 mon/2",
        "* * 1-5,*/2 jan-Mar,12 SUN-2,SAT",
        "* * L * *",
        "* * LW * *",
        "* * L-30 * *",
        "* * L-3W * *",
        "* * 31W * *",
        "* * * * L",
        "* * * * 6L",
        "* * * * friL",
        "* * * * MON#5",
        "0 0 29 2 *",
        "0 0 30 2 MON",
        "0 0 30,1 2 *",
    ],
)
def test_what_convex_reads(text: str):
    assert read_expression(text).problem is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has 1 fields instead of 5"),
        ("0 0 9 * * *", "has 6 fields instead of 5"),
        ("@daily", "has 1 fields instead of 5"),
        (" 0 9 * * *", "begins or ends with a space"),
        ("0 9 * * *\n", "has white space other than spaces and tabs"),
        ("60 * * * *", "has the minute `60`: 60 is not within 0 to 59"),
        ("* 24 * * *", "has the hour `24`: 24 is not within 0 to 23"),
        ("* * 0 * *", "has the day of month `0`: 0 is not within 1 to 31"),
        ("* * * 13 *", "has the month `13`: 13 is not within 1 to 12"),
        ("* * * * 7", "has the day of week `7`: 7 is not within 0 to 6, and Sunday is 0"),
        ("* * * * MONDAY", "has the day of week `MONDAY`, which is no cron syntax of Convex"),
        ("* * * MON *", "has the month `MON`: there is no `MON`"),
        ("MON * * * *", "has the minute `MON`: there is no `MON`"),
        ("*/60 * * * *", "has the minute `*/60`: its step is not within 1 to 59"),
        ("* */24 * * *", "has the hour `*/24`: its step is not within 1 to 23"),
        ("* * */31 * *", "has the day of month `*/31`: its step is not within 1 to 30"),
        ("* * * * */7", "has the day of week `*/7`: its step is not within 1 to 6"),
        ("*/0 * * * *", "has the minute `*/0`: its step is not within 1 to 59"),
        ("*,5 * * * *", "has the minute `*,5`: a `*` is the whole field, or `*/n`"),
        ("*-30/5 * * * *", "has the minute `*-30/5`: a `*` is the whole field, or `*/n`"),
        ("* * ? * *", "has the day of month `?`, which is no cron syntax of Convex"),
        ("* * L,5 * *", "has the day of month `L,5`, which is no cron syntax of Convex"),
        ("* * 5,L * *", "has the day of month `5,L`, which is no cron syntax of Convex"),
        ("* * 32W * *", "has the day of month `32W`: 32 is not within 1 to 31"),
        ("* * L-31 * *", "has the day of month `L-31`: 31 is not within 1 to 30"),
        ("* * * * 1#6", "has the day of week `1#6`: 6 is not within 1 to 5"),
        ("* * * * l", "has the day of week `l`, which is no cron syntax of Convex"),
        ("0 0 30 2 *", "never matches: none of its months has such a day"),
        ("0 0 31 4,6 *", "never matches: none of its months has such a day"),
    ],
)
def test_what_convex_rejects(text: str, problem: str):
    assert read_expression(text).problem == problem


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("5 * * * *", {5}),
        ("*/20 * * * *", {0, 20, 40}),
        ("50/3 * * * *", {50, 53, 56, 59}),
        ("10-20/5,59 * * * *", {10, 15, 20, 59}),
        ("58-1 * * * *", {58, 59, 0, 1}),
        ("58-1/2 * * * *", None),
    ],
)
def test_the_minutes_of_an_expression(text: str, minutes: set[int] | None):
    assert read_expression(text).minutes == minutes
