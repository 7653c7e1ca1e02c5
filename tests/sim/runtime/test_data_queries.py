"""Reading by index: ranges, order, lazy iteration and how a query ends (semantics §1.6, §5.3 to §5.5)."""

from __future__ import annotations

from typing import Any

import data_kit as kit
import pytest
from biconvex.sim import Deployment, Int64

DOCS = "https://docs.convex.dev/using/indexes"
NOTHING = "missing"


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return kit.make(backend)


@pytest.fixture
def pairs(convex: Deployment) -> Deployment:
    """Documents with a and b from 0 to 2."""
    kit.write(convex, *(["insert", "things", {"a": a, "b": b}] for a in range(3) for b in range(3)))
    return convex


def values(convex: Deployment, query: dict[str, Any], *fields: str) -> list[Any]:
    """The fields of what a query collects; the value itself for one field."""
    found = kit.look(convex, ["collect", query])
    rows = [[document.get(field, NOTHING) for field in fields] for document in found]
    return [row[0] for row in rows] if len(fields) == 1 else rows


# Ranges.


@pytest.mark.parametrize(
    ("comparisons", "expected"),
    [
        ([], [[a, b] for a in range(3) for b in range(3)]),
        ([["eq", "a", 1]], [[1, 0], [1, 1], [1, 2]]),
        ([["eq", "a", 1], ["eq", "b", 2]], [[1, 2]]),
        ([["gt", "a", 1]], [[2, 0], [2, 1], [2, 2]]),
        ([["gte", "a", 1], ["lt", "a", 2]], [[1, 0], [1, 1], [1, 2]]),
        ([["lte", "a", 0]], [[0, 0], [0, 1], [0, 2]]),
        ([["eq", "a", 1], ["gt", "b", 0]], [[1, 1], [1, 2]]),
        ([["eq", "a", 1], ["gte", "b", 1], ["lte", "b", 1]], [[1, 1]]),
        ([["eq", "b", 2], ["eq", "a", 1]], [[1, 2]]),
        ([["gt", "b", 1], ["eq", "a", 1]], [[1, 2]]),
        ([["gt", "a", 2]], []),
        ([["gt", "a", 2], ["lt", "a", 1]], []),
        ([["eq", "a", Int64(1)]], []),
    ],
)
def test_a_range_selects_what_lies_in_it(
    pairs: Deployment, comparisons: list[Any], expected: list[Any]
) -> None:
    assert values(pairs, kit.query("things", "by_a_b", *comparisons), "a", "b") == expected


@pytest.mark.parametrize(
    ("comparisons", "message"),
    [
        (
            [["eq", "b", 1]],
            (
                "Tried to query index things.by_a_b but the query didn't use the index fields in order.\n"
                'Index fields: ["a", "b", "_creationTime"]\nQuery fields: ["b"]\nFirst incorrect field: "b"\n'
                f"For more information see {DOCS}."
            ),
        ),
        (
            [["eq", "c", 1]],
            (
                'The index range included a comparison with "c", but things.by_a_b with fields '
                f'["a", "b", "_creationTime"] doesn\'t index this field. For more information see {DOCS}.'
            ),
        ),
        (
            [["gt", "a", 1], ["lt", "b", 2]],
            (
                "Upper and lower bounds in `range` can only be applied to a single index field. This query against "
                'index things.by_a_b attempted to set a range bound on both "a" and "b". Consider using `filter` '
                f"instead. See {DOCS} for more info."
            ),
        ),
        (
            [["gt", "a", 1], ["gte", "a", 2]],
            'Already defined lower bound in index range. Can\'t add "a" >= 2.0.',
        ),
        (
            [["lt", "a", 1], ["lte", "a", 2]],
            'Already defined upper bound in index range. Can\'t add "a" <= 2.0.',
        ),
        (
            [["eq", "a", 1], ["eq", "a", 2]],
            'Already defined equality bound in index range. Can\'t add "a" == 1.0.',
        ),
        (
            [["eq", "a", 1], ["gt", "a", 0]],
            'Already defined inequality bound in index range. Can\'t add "a" == 1.0.',
        ),
        ([["eq", "", 1]], "Invalid argument `query` for `queryStream`: Empty path "),
    ],
)
def test_a_range_that_the_index_has_no_place_for_is_refused(
    convex: Deployment, comparisons: list[Any], message: str
) -> None:
    query = kit.query("things", "by_a_b", *comparisons)
    assert kit.error_of(convex, ["collect", query]) == f"Uncaught Error: {message}"


def test_undefined_in_a_range_stands_for_a_missing_field(convex: Deployment) -> None:
    kit.write(convex, *(["insert", "things", value] for value in ({"a": None}, {}, {"a": 0}, {"b": 1})))
    found = [
        values(convex, kit.query("things", "by_a", [op, "a"]), "a") for op in ("eq", "gt", "gte", "lt", "lte")
    ]
    missing, present = [NOTHING, NOTHING], [None, 0]
    assert found == [missing, present, missing + present, [], missing]


def test_a_bound_compares_across_types(convex: Deployment) -> None:
    everything = [None, Int64(9), 1.0, True, "x", b"x", [1.0], {"k": 1.0}]
    kit.write(convex, *(["insert", "things", {"a": value}] for value in everything))
    assert values(convex, kit.query("things", "by_a", ["gt", "a", 5]), "a") == [
        True,
        "x",
        b"x",
        [1.0],
        {"k": 1.0},
    ]
    assert values(convex, kit.query("things", "by_a", ["lt", "a", 1]), "a") == [None, Int64(9)]


def test_an_index_reaches_into_objects(convex: Deployment) -> None:
    kit.write(
        convex,
        *(
            ["insert", "things", value]
            for value in ({"deep": {"down": 2}}, {"deep": {"down": 1}}, {"deep": 5})
        ),
    )
    query = kit.query("things", "by_nested", ["gte", "deep.down", 1])
    assert values(convex, query, "deep") == [{"down": 1}, {"down": 2}]


def test_documents_of_equal_keys_are_in_order_of_creation_or_the_reverse(convex: Deployment) -> None:
    kit.write(convex, *(["insert", "things", {"a": 1, "n": n}] for n in range(5)))
    forwards = values(convex, kit.query("things", "by_a", ["eq", "a", 1]), "n")
    backwards = values(convex, kit.query("things", "by_a", ["eq", "a", 1], steps=[["order", "desc"]]), "n")
    assert (forwards, backwards) == ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0])


def test_every_table_has_indexes_by_id_and_by_creation_time(convex: Deployment) -> None:
    kit.write(convex, *(["insert", "fresh", {"n": n}] for n in range(3)))
    by_id = kit.look(convex, ["collect", kit.query("fresh", "by_id")])
    assert [document["_id"] for document in by_id] == sorted(document["_id"] for document in by_id)
    assert values(convex, kit.query("fresh", "by_creation_time"), "n") == [0, 1, 2]
    times = [document["_creationTime"] for document in convex.db.table("fresh")]
    assert values(convex, kit.query("fresh", "by_creation_time", ["gt", "_creationTime", times[0]]), "n") == [
        1,
        2,
    ]
    assert values(convex, kit.query("fresh", "by_id", ["eq", "_id", by_id[0]["_id"]]), "_id") == [
        by_id[0]["_id"]
    ]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (kit.query("things", "by_nothing"), "Index things.by_nothing not found."),
        (kit.query("nowhere", "by_id"), "Index nowhere.by_id not found."),
        (
            kit.query("things", steps=[["order", "sideways"]]),
            'Invalid argument `query` for `queryStream`: expected "asc" or "desc"',
        ),
        (
            kit.query("things", steps=[["order", "asc"], ["order", "desc"]]),
            "Queries may only specify order at most once",
        ),
        (
            kit.query("things", steps=[["filter", ["value", True]]] * 257),
            "Can't construct query with more than 256 operators",
        ),
        (
            kit.query("two words"),
            (
                "Invalid argument `query` for `queryStream`: Identifier two words has invalid character ' ': "
                "Identifiers can only contain alphanumeric characters or underscores"
            ),
        ),
    ],
)
def test_a_query_that_cannot_be_is_refused(convex: Deployment, query: dict[str, Any], message: str) -> None:
    assert kit.error_of(convex, ["collect", query]) == f"Uncaught Error: {message}"


def test_a_table_that_does_not_exist_is_empty(convex: Deployment) -> None:
    nowhere = kit.query("nowhere")
    ends = [
        ["collect", nowhere],
        ["first", nowhere],
        ["unique", nowhere],
        ["take", nowhere, 5],
        ["count", nowhere],
    ]
    assert [kit.look(convex, end) for end in ends] == [[], None, None, [], 0]


# How a query ends.


def test_first_take_and_unique_read_from_the_front(pairs: Deployment) -> None:
    newest = kit.query(steps=[["order", "desc"]])
    assert kit.look(pairs, ["first", newest])["b"] == 2
    assert [document["b"] for document in kit.look(pairs, ["take", newest, 2])] == [2, 1]
    only = kit.query("things", "by_a_b", ["eq", "a", 1], ["eq", "b", 1])
    assert kit.look(pairs, ["unique", only])["b"] == 1
    assert kit.look(pairs, ["take", newest, 0]) == []


@pytest.mark.parametrize("query", [kit.query(), kit.query("things", "by_a", ["eq", "a", 1])])
def test_unique_of_two_names_them(pairs: Deployment, query: dict[str, Any]) -> None:
    first, second = (document["_id"] for document in kit.look(pairs, ["take", query, 2]))
    assert kit.error_of(pairs, ["unique", query]) == (
        f"Uncaught Error: unique() query returned more than one result from table things:\n [{first}, {second}, ...]"
    )


@pytest.mark.parametrize("count", [-1, 1.5, float("inf"), float("nan"), "2", None, True])
def test_take_takes_a_count(convex: Deployment, count: Any) -> None:
    assert kit.error_of(convex, ["take", kit.query(), count]) == (
        "Uncaught TypeError: Arg 1 `n` to `take` must be a non-negative integer"
    )


def test_steps_apply_in_their_order(pairs: Deployment) -> None:
    is_two = ["filter", ["eq", ["field", "b"], 2]]
    assert values(pairs, kit.query(steps=[is_two, ["limit", 2]]), "a") == [0, 1]
    assert values(pairs, kit.query(steps=[["limit", 2], is_two]), "a") == []
