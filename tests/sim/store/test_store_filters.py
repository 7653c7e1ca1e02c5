"""Filters: comparisons across types, arithmetic, connectives, and what cannot be computed (semantics §1.7)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.store import Store
from store_kit import (
    EVERY_TYPE,
    NOW,
    collect,
    error_of,
    field,
    insert_all,
    literal,
    scan,
    store,
    table,
    where,
)

ONE = {"$literal": {"$integer": "AQAAAAAAAAA="}}


@pytest.fixture
def target() -> Store:
    return store(table("t"))


FILTERS: dict[str, tuple[Any, list[int]]] = {
    "lt across types": ({"$lt": [field("a"), literal(False)]}, [0, 1, 2, 3, 4, 5, 6, 7, 16]),
    "gt across types": ({"$gt": [field("a"), literal("")]}, [11, 12, 13, 14, 15]),
    "gte": ({"$gte": [field("a"), literal([1])]}, [14, 15]),
    "lte": ({"$lte": [field("a"), literal(None)]}, [0, 16]),
    "eq is strict": ({"$eq": [field("a"), literal(7)]}, [5]),
    "neq": ({"$neq": [field("a"), literal(7)]}, [n for n in range(17) if n != 5]),
    "a missing field is undefined, not null": ({"$eq": [field("a"), literal({"$undefined": None})]}, [16]),
    "a path through no object is undefined": (
        {"$eq": [field("a.b.c"), literal({"$undefined": None})]},
        list(range(17)),
    ),
    "not": ({"$not": {"$eq": [field("n"), literal(3)]}}, [n for n in range(17) if n != 3]),
    "an empty and": ({"$and": []}, list(range(17))),
    "an empty or": ({"$or": []}, []),
    "and stops at the first false": ({"$and": [literal(False), literal(1)]}, []),
    "or stops at the first true": ({"$or": [literal(True), literal(1)]}, list(range(17))),
    "add": ({"$eq": [{"$add": [field("n"), literal(1)]}, literal(4)]}, [3]),
    "sub": ({"$eq": [{"$sub": [field("n"), literal(1)]}, literal(4)]}, [5]),
    "mul": ({"$eq": [{"$mul": [field("n"), literal(2)]}, literal(4)]}, [2]),
    "div": ({"$eq": [{"$div": [field("n"), literal(2)]}, literal(4)]}, [8]),
    "div by zero": (
        {"$eq": [{"$div": [field("n"), literal(0)]}, literal({"$float": "AAAAAAAA8H8="})]},
        list(range(1, 17)),
    ),
    "mod takes the sign of the dividend": (
        {"$eq": [{"$mod": [{"$neg": field("n")}, literal(4)]}, literal(-3)]},
        [3, 7, 11, 15],
    ),
    "integers": (
        {"$eq": [{"$div": [{"$neg": {"$add": [ONE, ONE]}}, ONE]}, literal({"$integer": "/v////////8="})]},
        list(range(17)),
    ),
}


@pytest.mark.parametrize("case", FILTERS)
def test_a_filter_selects(target: Store, case: str) -> None:
    insert_all(target, "t", *({"a": value, "n": float(n)} for n, value in enumerate(EVERY_TYPE)), {"n": 16.0})
    expression, expected = FILTERS[case]
    assert collect(target.begin(NOW), scan("t", where(expression))) == expected


LEAST = {"$literal": {"$integer": "AAAAAAAAAIA="}}
MINUS_ONE = {"$literal": {"$integer": "//////////8="}}
ZERO = {"$literal": {"$integer": "AAAAAAAAAAA="}}

EVAL_ERRORS: dict[str, tuple[Any, str]] = {
    "no boolean": (literal(1), "Cannot use value 1.0 (type Float64) as a Boolean"),
    "undefined as a boolean": (
        {"$and": [field("zz")]},
        "Cannot use value undefined (type undefined) as a Boolean",
    ),
    "null in not": ({"$not": literal(None)}, "Cannot use value null (type Null) as a Boolean"),
    "mixed numbers": (
        {"$add": [ONE, literal(1)]},
        "Cannot add 1 (type Int64) and 1.0 (type Float64)",
    ),
    "strings": (
        {"$sub": [literal("a"), literal("b")]},
        'Cannot subtract "a" (type String) and "b" (type String)',
    ),
    "overflow": (
        {"$mul": [LEAST, LEAST]},
        "Cannot multiply -9223372036854775808 and -9223372036854775808: the result is out of range for Int64",
    ),
    "division overflow": (
        {"$div": [LEAST, MINUS_ONE]},
        "Cannot divide -9223372036854775808 and -1: the result is out of range for Int64",
    ),
    "remainder overflow": (
        {"$mod": [LEAST, MINUS_ONE]},
        "Cannot mod -9223372036854775808 and -1: the result is out of range for Int64",
    ),
    "integer division by zero": ({"$div": [ONE, ZERO]}, "Cannot divide 1 by zero"),
    "integer remainder by zero": ({"$mod": [ONE, ZERO]}, "Cannot mod 1 by zero"),
    "negated least": (
        {"$neg": LEAST},
        "Cannot negate -9223372036854775808: the result is out of range for Int64",
    ),
    "negated string": ({"$neg": literal("a")}, 'Cannot negate "a" (type String)'),
}


@pytest.mark.parametrize("case", EVAL_ERRORS)
def test_what_cannot_be_computed_fails_the_query(target: Store, case: str) -> None:
    expression, message = EVAL_ERRORS[case]
    insert_all(target, "t", {})
    stream = target.begin(NOW).query(scan("t", where(expression)))
    assert error_of(stream.next) == ("EvalError", message)
