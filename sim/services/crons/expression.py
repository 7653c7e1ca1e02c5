"""Cron expressions in Convex's dialect (semantics §9.3), as recurrence rules of `dateutil`.

The dialect is that of the backend's parser (saffron): five fields in UTC, Sunday is 0 and 7 is an error, a bare `*`
is a whole field, ranges may wrap, a step is smaller than its field, and two restricted day fields are alternatives.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from biconvex.sim.kernel import NS_PER_SECOND
from dateutil.rrule import DAILY, FR, MO, SA, SU, TH, TU, WE, rrule, rruleset, weekday

__all__ = ["CronExpression", "read_cron_expression"]

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_WEEKDAYS: Final = (SU, MO, TU, WE, TH, FR, SA)
_WORKDAYS: Final = (MO, TU, WE, TH, FR)
_ELEMENT: Final = re.compile(r"(\*|\d+|[A-Za-z]{3})(?:-(\d+|[A-Za-z]{3}))?(?:/(\d+))?", re.ASCII)
_DAY_OF_MONTH: Final = re.compile(r"L(?:-(?P<offset>\d+))?(?P<last_workday>W)?|(?P<day>\d+)W", re.ASCII)
_DAY_OF_WEEK: Final = re.compile(r"L|(?P<day>\d+|[A-Za-z]{3})(?:L|#(?P<nth>\d+))", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTES_OF_DAY: Final = 24 * 60
_LEAP_YEAR: Final = 2024
_MOST_OFFSET: Final = 30
_MOST_NTH: Final = 5
_LAST: Final = -1


class CronExpression:
    """A schedule that can be asked for its next time."""

    def __init__(self, text: str, minutes: list[int], hours: list[int], days: list[dict[str, Any]]) -> None:
        """`minutes` and `hours` are sorted; `days` are alternatives, each with the conditions of a daily rule."""
        self.text = text
        self._minutes_of_day = [hour * 60 + minute for hour in hours for minute in minutes]
        self._days = days
        self._day_from = lru_cache(maxsize=4)(self._find_day)

    def after(self, time_ns: int) -> int:
        """The first time it matches after the minute that `time_ns` (ns since the epoch) lies in, in ns.

        Raises `OverflowError` when it matches nothing before the year 10000.
        """
        days, minute = divmod(time_ns // NS_PER_SECOND // 60 + 1, _MINUTES_OF_DAY)
        day = self._day_from(days)
        index = bisect_left(self._minutes_of_day, minute) if day == days else 0
        if index == len(self._minutes_of_day):
            day, index = self._day_from(days + 1), 0
        return (day * _MINUTES_OF_DAY + self._minutes_of_day[index]) * 60 * NS_PER_SECOND

    def _find_day(self, days: int) -> int:
        """The first day that matches, `days` days after the epoch or later, counted likewise."""
        start = _EPOCH + timedelta(days=days)
        matching = rruleset()
        for conditions in self._days:
            matching.rrule(rrule(DAILY, start, **conditions))
        found = next(iter(matching), None)
        if found is None:
            raise OverflowError(f"the cron expression {self.text!r} matches no time to come")
        return (found - _EPOCH).days


def read_cron_expression(text: str) -> CronExpression:
    """Read an expression; raises `ValueError` that says what the dialect doesn't have, or that it never matches."""
    if text != text.strip(" \t"):
        raise ValueError("it begins or ends with a space")
    parts = re.split(r"[ \t]+", text)
    if len(parts) != 5:
        raise ValueError(
            f"it has {len(parts)} fields instead of 5 (minute, hour, day of month, month, day of week)"
        )
    minutes = _values(parts[0], "minute", 0, 59)
    hours = _values(parts[1], "hour", 0, 23)
    months = _values(parts[3], "month", 1, 12, _MONTHS)
    in_month = list(_days_of_month(parts[2], months))
    in_week = _days_of_week(parts[4])
    if parts[4] == "*":
        _refuse_never(text, parts[2], months)
        days = in_month
    elif parts[2] == "*":
        days = [in_week]
    else:
        days = [*in_month, in_week]
    return CronExpression(text, minutes, hours, [{"bymonth": months, **rule} for rule in days])


def _days_of_month(text: str, months: list[int]) -> Iterator[dict[str, Any]]:
    """The days that the third field names, as alternative recurrence rules."""
    special = _DAY_OF_MONTH.fullmatch(text)
    if text == "*":
        yield {}
    elif special is None:
        yield {"bymonthday": _values(text, "day of month", 1, 31)}
    elif special["day"] is not None:
        yield from _nearest_workday(_number(text, "day of month", special["day"], 1, 31), months)
    else:
        offset = _number(text, "day of month", special["offset"], 1, _MOST_OFFSET) if special["offset"] else 0
        day = _LAST - offset
        if special["last_workday"]:
            yield from _nearest_workday(day, months)
        else:
            yield {"bymonthday": day}


def _nearest_workday(day: int, months: list[int]) -> Iterator[dict[str, Any]]:
    """The day itself when it is a workday, else the nearest one in the same month; from the end when negative."""
    yield {"bymonthday": day, "byweekday": _WORKDAYS}
    for length in (28, 29, 30, 31):
        from_start = day if day > 0 else length + 1 + day
        if not 1 <= from_start <= length:
            continue
        # Counted from the end, a day is in a month of this length alone when it is also this far from the start.
        on_saturday = from_start + 2 if from_start == 1 else from_start - 1
        on_sunday = from_start - 2 if from_start == length else from_start + 1
        yield from _only_in(length, months, on_saturday, MO if from_start == 1 else FR)
        yield from _only_in(length, months, on_sunday, FR if from_start == length else MO)


def _only_in(length: int, months: list[int], day: int, on: weekday) -> Iterator[dict[str, Any]]:
    """A day of the months that are `length` days long, when it falls on a weekday."""
    long = [month for month in months if month != 2 and monthrange(_LEAP_YEAR, month)[1] == length]
    if long:
        yield {"bymonth": long, "bymonthday": day, "byweekday": on}
    if 2 in months and length in (28, 29):
        # How far it is to the end of the year tells the Februaries apart.
        to_end = -(306 + length - day + 1)
        yield {"bymonth": 2, "bymonthday": day, "byyearday": to_end, "byweekday": on}


def _days_of_week(text: str) -> dict[str, Any]:
    if text == "*":
        return {}
    special = _DAY_OF_WEEK.fullmatch(text)
    if special is None:
        return {"byweekday": [_WEEKDAYS[day] for day in _values(text, "day of week", 0, 6, _DAYS)]}
    if special["day"] is None:
        return {"byweekday": SA}
    day = _WEEKDAYS[_number(text, "day of week", special["day"], 0, 6, _DAYS)]
    if special["nth"] is None:
        return _nth(day, _LAST)
    return _nth(day, _number(text, "day of week", special["nth"], 1, _MOST_NTH))


def _nth(day: weekday, nth: int) -> dict[str, Any]:
    """The nth such weekday of a month, the last one for -1."""
    if nth == _LAST:
        return {"byweekday": day, "bymonthday": range(-7, 0)}
    return {"byweekday": day, "bymonthday": range(7 * nth - 6, min(7 * nth, 31) + 1)}


def _values(text: str, field: str, low: int, high: int, names: tuple[str, ...] = ()) -> list[int]:
    """The values that a list of values, ranges and steps names."""
    if text == "*":
        return list(range(low, high + 1))
    found: set[int] = set()
    for index, element in enumerate(text.split(",")):
        match = _ELEMENT.fullmatch(element)
        # In later elements the dialect takes `*` for the lowest value.
        if match is None or (index == 0 and match[1] == "*" and (match[2] or not match[3])):
            raise ValueError(f"its {field} is {text!r}, which isn't one in Convex's dialect of cron")
        found.update(_element(match, text, field, low, high, names))
    return sorted(found)


def _element(
    match: re.Match[str], text: str, field: str, low: int, high: int, names: tuple[str, ...]
) -> list[int]:
    first, last, step = match.groups()
    start = low if first == "*" else _number(text, field, first, low, high, names)
    if last is None:
        last = first if step is None else str(high)
    end = start if last == first else _number(text, field, last, low, high, names)
    wrapped = [*range(start, high + 1), *range(low, end + 1)]
    values = list(range(start, end + 1)) if start <= end else wrapped
    every = 1 if step is None else _number(text, field, step, 1, high - low, what="step")
    return values[::every]


def _number(
    text: str, field: str, written: str, low: int, high: int, names: tuple[str, ...] = (), what: str = "value"
) -> int:
    """A number or name within its bounds."""
    if not written.isdigit():
        if written.upper() not in names:
            raise ValueError(f"its {field} is {text!r}, and there is no {written!r}")
        return names.index(written.upper()) + low
    number = int(written)
    if not low <= number <= high:
        sunday = " (Sunday is 0)" if names is _DAYS and number == len(_DAYS) else ""
        raise ValueError(
            f"its {field} is {text!r}, and the {what} {number} is not within {low} and {high}{sunday}"
        )
    return number


def _refuse_never(text: str, day_of_month: str, months: list[int]) -> None:
    if not re.fullmatch(r"[\d,/*-]+", day_of_month):
        return
    first = min(_values(day_of_month, "day of month", 1, 31))
    if all(first > monthrange(_LEAP_YEAR, month)[1] for month in months):
        raise ValueError(f'The cron spec "{text}" will never match any time')
