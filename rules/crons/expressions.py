"""Cron expressions in Convex's dialect (semantics §9.3): five fields, in UTC.

The dialect is that of the parser in the backend (saffron), whose grammar this follows rule by rule: Sunday is 0 and 7
is an error, a bare `*` is a whole field, ranges may wrap, steps end before the size of the field.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass

__all__ = ["CronExpression", "read_expression"]

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LEAP_YEAR = 2024


@dataclass(frozen=True, slots=True)
class _Field:
    """One field: its name, its values, the names for values, and the forms that only it has."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    special: re.Pattern[str] | None = None

    @property
    def most(self) -> int:
        """The largest step."""
        return 6 if self.name == "day of week" else self.high - self.low


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31, special=re.compile(r"L(?:W|-(?P<offset>\d+)W?)?|(?P<day>\d+)W")),
    _Field("month", 1, 12, _MONTHS),
    _Field(
        "day of week", 0, 6, _DAYS, re.compile(r"L|(?P<day>\d+|[A-Za-z]{3})(?:L|#(?P<nth>\d+))", re.ASCII)
    ),
)

_ELEMENT = re.compile(r"(\*|\d+|[A-Za-z]{3})(?:-(\d+|[A-Za-z]{3}))?(?:/(\d+))?", re.ASCII)
_MOST_OFFSET, _MOST_NTH = 30, 5


@dataclass(frozen=True, slots=True)
class CronExpression:
    """A cron expression as it was read.

    `problem` says why Convex rejects it, None for a good one; then `values` has the values of each field that
    match, None for a field with a form that depends on the month, or a step over a range that wraps.
    """

    problem: str | None
    fields: tuple[str, ...] = ()
    values: tuple[frozenset[int] | None, ...] = ()

    @property
    def minutes(self) -> frozenset[int] | None:
        """The minutes of an hour at which it can match."""
        return self.values[0] if self.values else None


class _UnreadableError(Exception):
    """A field that the dialect doesn't have; says why."""


def read_expression(text: str) -> CronExpression:
    """Read a cron expression."""
    if text != text.strip(" \t"):
        return CronExpression("begins or ends with a space")
    if re.search(r"[^\S \t]", text):
        return CronExpression("has white space other than spaces and tabs")
    fields = tuple(re.split(r"[ \t]+", text))
    if len(fields) != len(_FIELDS):
        return CronExpression(f"has {len(fields)} fields instead of 5")
    try:
        values = tuple(_values(field, part) for field, part in zip(_FIELDS, fields, strict=True))
    except _UnreadableError as error:
        return CronExpression(str(error))
    if fields[4] == "*" and not _day_exists(values[2], values[3]):
        return CronExpression("never matches: none of its months has such a day")
    return CronExpression(None, fields, values)


def _day_exists(days: frozenset[int] | None, months: frozenset[int] | None) -> bool:
    """Tell whether a month has one of the days; February has 29."""
    if days is None or months is None:
        return True
    return any(min(days) <= monthrange(_LEAP_YEAR, month)[1] for month in months)


def _values(field: _Field, text: str) -> frozenset[int] | None:
    if text == "*":
        return frozenset(range(field.low, field.high + 1))
    if field.special and (found := field.special.fullmatch(text)):
        _check_special(field, found)
        return None
    elements = text.split(",")
    if elements[0].startswith("*") and not re.fullmatch(r"\*/\d+", elements[0], re.ASCII):
        raise _UnreadableError(f"has the {field.name} `{text}`: a `*` is the whole field, or `*/n`")
    found_values: set[int] = set()
    known = True
    for element in elements:
        values = _element(field, text, element)
        known = known and values is not None
        found_values.update(values or ())
    return frozenset(found_values) if known else None


def _check_special(field: _Field, found: re.Match[str]) -> None:
    groups = found.groupdict()
    if groups["day"] is not None:
        _value(field, found.group(), groups["day"])
    for name, most in (("offset", _MOST_OFFSET), ("nth", _MOST_NTH)):
        if groups.get(name) is not None and not 1 <= int(groups[name]) <= most:
            raise _UnreadableError(
                f"has the {field.name} `{found.group()}`: {groups[name]} is not within 1 to {most}"
            )


def _element(field: _Field, text: str, element: str) -> range | set[int] | None:
    """Give the values of one element of a list."""
    found = _ELEMENT.fullmatch(element)
    if found is None:
        raise _UnreadableError(f"has the {field.name} `{text}`, which is no cron syntax of Convex")
    first, last, step = found.groups()
    start = field.low if first == "*" else _value(field, text, first)
    end = _value(field, text, last) if last else start if step is None else field.high
    if step is None:
        return (
            range(start, end + 1)
            if start <= end
            else {*range(start, field.high + 1), *range(field.low, end + 1)}
        )
    if not 1 <= int(step) <= field.most:
        raise _UnreadableError(f"has the {field.name} `{text}`: its step is not within 1 to {field.most}")
    return range(start, end + 1, int(step)) if start <= end else None


def _value(field: _Field, text: str, written: str) -> int:
    if not written.isdigit():
        if written.upper() not in field.names:
            raise _UnreadableError(f"has the {field.name} `{text}`: there is no `{written}`")
        return field.names.index(written.upper()) + field.low
    if not field.low <= int(written) <= field.high:
        extra = ", and Sunday is 0" if field.names is _DAYS and int(written) == len(_DAYS) else ""
        raise _UnreadableError(
            f"has the {field.name} `{text}`: {written} is not within {field.low} to {field.high}{extra}"
        )
    return int(written)
