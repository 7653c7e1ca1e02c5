"""Filters: what expressions compute for a document, and what they can't (semantics §1.7)."""

from __future__ import annotations

import math
from typing import Any

import data_kit as kit
import pytest
from biconvex.sim import Deployment, Int64

A = ["field", "a"]
HOLDS = [{"a": 1.0}]
FAILS: list[Any] = []


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return kit.make(backend)


def filtered(convex: Deployment, condition: Any) -> list[Any]:
    """The documents that pass, without their system fields."""
    found = kit.look(convex, ["collect", kit.query(steps=[["filter", condition]])])
    return [{name: field for name, field in document.items() if name[0] != "_"} for document in found]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (["eq", A, 1], True),
        (["eq", A, Int64(1)], False),
        (["neq", A, Int64(1)], True),
        (["eq", A, kit.MISSING], False),
        (["eq", ["field", "b"], kit.MISSING], True),
        (["eq", ["field", "b"], None], False),
        (["eq", ["field", "a.b"], kit.MISSING], True),
        (["lt", kit.MISSING, None], True),
        (["lt", None, Int64(5)], True),
        (["lt", Int64(2**62), -math.inf], True),
        (["gt", math.nan, math.inf], True),
        (["eq", math.nan, math.nan], True),
        (["eq", 0.0, -0.0], False),
        (["lt", -0.0, 0.0], True),
        (["lt", math.inf, False], True),
        (["lt", False, True], True),
        (["lt", True, ""], True),
        (["lt", "\uffff", "\U00010000"], True),
        (["lt", "z", ["value", b""]], True),
        (["lt", ["value", b"\xff"], ["value", []]], True),
        (["lt", ["value", [5]], ["value", {}]], True),
        (["eq", ["value", {"x": [1]}], ["value", {"x": [1.0]}]], True),
        (["lte", A, 1], True),
        (["gte", A, 1], True),
        (["eq", ["add", A, 2], 3], True),
        (["eq", ["sub", Int64(1), Int64(3)], Int64(-2)], True),
        (["eq", ["mul", 2.5, 2], 5], True),
        (["eq", ["div", 1, 0], math.inf], True),
        (["eq", ["div", Int64(-7), Int64(2)], Int64(-3)], True),
        (["eq", ["mod", -7, 3], -1], True),
        (["eq", ["mod", Int64(-7), Int64(3)], Int64(-1)], True),
        (["eq", ["mod", 1, 0], math.nan], True),
        (["eq", ["neg", A], -1], True),
        (["eq", ["neg", 0.0], -0.0], True),
        (["not", ["eq", A, 2]], True),
        (["and"], True),
        (["or"], False),
        (["and", ["eq", A, 1], ["gt", A, 0], True], True),
        (["or", ["eq", A, 5], ["eq", A, 1]], True),
        (["and", False, ["value", 5]], False),
        (["or", True, ["value", 5]], True),
        (["value", True], True),
    ],
)
def test_a_condition_is_computed_as_in_the_backend(convex: Deployment, condition: Any, holds: bool) -> None:
    kit.write(convex, ["insert", "things", {"a": 1}])
    assert filtered(convex, condition) == (HOLDS if holds else FAILS)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (A, "Cannot use value 1.0 (type Float64) as a Boolean"),
        (["value", None], "Cannot use value null (type Null) as a Boolean"),
        (["field", "b"], "Cannot use value undefined (type undefined) as a Boolean"),
        (["not", "x"], 'Cannot use value "x" (type String) as a Boolean'),
        (["and", True, 1], "Cannot use value 1.0 (type Float64) as a Boolean"),
        (["or", 1, True], "Cannot use value 1.0 (type Float64) as a Boolean"),
        (["eq", ["add", A, Int64(1)], 2], "Cannot add 1.0 (type Float64) and 1 (type Int64)"),
        (["eq", ["sub", "x", "y"], 2], 'Cannot subtract "x" (type String) and "y" (type String)'),
        (["eq", ["mul", True, 2], 2], "Cannot multiply true (type Boolean) and 2.0 (type Float64)"),
        (["eq", ["div", Int64(1), Int64(0)], 2], "Cannot divide 1 by zero"),
        (["eq", ["neg", None], 2], "Cannot negate null (type Null)"),
        (
            ["eq", ["add", Int64(2**63 - 1), Int64(1)], 2],
            "Cannot add 9223372036854775807 and 1: the result is out of range for Int64",
        ),
        (
            ["eq", ["field", "no name"], 1],
            (
                "Invalid argument `query` for `queryStream`: Identifier no name has invalid character ' ': "
                "Identifiers can only contain alphanumeric characters or underscores"
            ),
        ),
        (["eq", ["field", ""], 1], "Invalid argument `query` for `queryStream`: Empty path "),
    ],
)
def test_what_cannot_be_computed_fails_the_function(convex: Deployment, condition: Any, message: str) -> None:
    kit.write(convex, ["insert", "things", {"a": 1}])
    failure = kit.failure_of(lambda: filtered(convex, condition))
    assert failure == f"Uncaught Error: {message}"


def test_a_filter_that_nothing_reaches_computes_nothing(convex: Deployment) -> None:
    assert filtered(convex, ["neg", "x"]) == []


def test_a_failing_filter_is_met_only_where_it_is_reached(convex: Deployment) -> None:
    kit.write(convex, ["insert", "things", {"a": 1}], ["insert", "things", {"a": "x"}])
    bad_for_text = kit.query(steps=[["filter", ["gt", ["add", A, 1], 0]]])
    assert kit.look(convex, ["first", bad_for_text])["a"] == 1
    assert kit.error_of(convex, ["collect", bad_for_text]) == (
        'Uncaught Error: Cannot add "x" (type String) and 1.0 (type Float64)'
    )


def test_a_dotted_field_reads_into_objects_only(convex: Deployment) -> None:
    kit.write(
        convex,
        *(["insert", "things", {"a": value}] for value in ({"b": 1}, [{"b": 1}], "b", {"b": {"c": 1}})),
    )
    assert filtered(convex, ["eq", ["field", "a.b"], 1]) == [{"a": {"b": 1}}]
    assert filtered(convex, ["eq", ["field", "a.b.c"], 1]) == [{"a": {"b": {"c": 1}}}]


def test_system_fields_can_be_asked_for(convex: Deployment) -> None:
    made = kit.write(convex, ["insert", "things", {"a": 1}], ["insert", "things", {"a": 2}])
    assert filtered(convex, ["eq", ["field", "_id"], made[1]]) == [{"a": 2}]
    first = convex.db.table("things")[0]["_creationTime"]
    assert filtered(convex, ["gt", ["field", "_creationTime"], first]) == [{"a": 2}]


def test_rows_that_a_filter_drops_are_depended_on(convex: Deployment) -> None:
    kit.write(convex, ["insert", "things", {"a": 1}])
    dropped = convex.subscribe("m:look", {"ops": [["collect", kit.query(steps=[["filter", ["eq", A, 9]]])]]})
    made = convex.db.table("things")[0]["_id"]
    kit.write(convex, ["patch", made, {"a": 9}])
    assert [len(results[0]) for results in dropped] == [0, 1]


@pytest.mark.parametrize("language", ["python"])
def test_a_condition_in_python_has_no_truth_of_its_own(backend: Any) -> None:
    convex = backend(
        typescript="",
        python="""
        @query(args={})
        async def mixed(ctx, args):
            return await ctx.db.query("things").filter(lambda q: q.eq(1, 1) and q.eq(2, 2)).collect()
        """,
    )
    assert kit.failure_of(lambda: convex.query("m:mixed")) == (
        "Uncaught TypeError: a filter expression has no truth value: combine them with q.and_(…), q.or_(…), q.not_(…)"
    )
