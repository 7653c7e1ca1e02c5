"""Queries: order, index ranges, filters, limits, laziness, and their errors (semantics §1.6, §1.7, §5.3 to §5.5)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.store import Store, Transaction
from biconvex.sim.values import InternalError
from store_kit import (
    EVERY_TYPE,
    NOW,
    collect,
    drain,
    error_of,
    field,
    index,
    insert_all,
    literal,
    scan,
    store,
    table,
    where,
)

SEE_INDEXES = "https://docs.convex.dev/using/indexes"


@pytest.fixture
def target() -> Store:
    return store(
        table("t", {"by_a_b": ["a", "b"], "by_deep": ["x.y"]}),
        table("s", searchIndexes=[{"indexDescriptor": "find", "searchField": "body", "filterFields": []}]),
    )


def with_values(target: Store, *values: Any) -> Transaction:
    """A transaction on documents that have these as `a`, and their places as `n`."""
    documents = [{"a": value, "n": float(place)} for place, value in enumerate(values)]
    insert_all(target, "t", *documents)
    return target.begin(NOW)


def test_a_table_is_scanned_in_creation_order_or_the_reverse(target: Store) -> None:
    tx = with_values(target, "c", "a", "b")
    assert collect(tx, scan("t"), "a") == ["c", "a", "b"]
    assert collect(tx, scan("t", order="asc"), "a") == ["c", "a", "b"]
    assert collect(tx, scan("t", order="desc"), "a") == ["b", "a", "c"]


def test_an_index_orders_by_its_fields_then_by_creation(target: Store) -> None:
    insert_all(
        target, "t", *({"a": a, "b": b, "n": float(n)} for n, (a, b) in enumerate(["yx", "xy", "xx", "xy"]))
    )
    tx = target.begin(NOW)
    assert collect(tx, index("t.by_a_b")) == [2.0, 1.0, 3.0, 0.0]
    assert collect(tx, index("t.by_a_b", order="desc")) == [0.0, 3.0, 1.0, 2.0]


def test_by_id_orders_by_id(target: Store) -> None:
    ids = insert_all(target, "t", *({} for _ in range(9)))
    tx = target.begin(NOW)
    assert collect(tx, index("t.by_id"), "_id") == sorted(ids)
    middle = sorted(ids)[4]
    assert collect(tx, index("t.by_id", ("Gt", "_id", middle)), "_id") == sorted(ids)[5:]
    assert collect(tx, index("t.by_id", ("Eq", "_id", middle)), "_id") == [middle]
    assert collect(tx, index("t.by_id", ("Lte", "_id", middle), order="desc"), "_id") == sorted(ids)[4::-1]


def test_by_creation_time_takes_a_range(target: Store) -> None:
    tx = with_values(target, "a", "b", "c")
    times = collect(tx, scan("t"), "_creationTime")
    assert collect(tx, index("t.by_creation_time", ("Gt", "_creationTime", times[0])), "a") == ["b", "c"]
    assert collect(tx, index("t.by_creation_time", ("Lte", "_creationTime", times[1])), "a") == ["a", "b"]


RANGES: dict[str, tuple[list[tuple[str, str, Any]], list[int]]] = {
    "eq is strict about types": ([("Eq", "a", 7)], [5]),
    "eq tells zeros apart": ([("Eq", "a", 0)], [4]),
    "eq finds NaN": ([("Eq", "a", {"$float": "AAAAAAAA+H8="})], [7]),
    "gt includes greater types": ([("Gt", "a", 7)], [6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
    "gte": ([("Gte", "a", True)], [9, 10, 11, 12, 13, 14, 15]),
    "lt includes lesser types": ([("Lt", "a", 0)], [16, 0, 1, 2, 3]),
    "lte": ([("Lte", "a", 0)], [16, 0, 1, 2, 3, 4]),
    "eq undefined finds missing fields": ([("Eq", "a", {"$undefined": None})], [16]),
    "gt undefined finds present fields": ([("Gt", "a", {"$undefined": None})], list(range(16))),
    "between": ([("Gte", "a", ""), ("Lt", "a", [])], [10, 11, 12]),
    "the upper bound first": ([("Lt", "a", []), ("Gte", "a", "")], [10, 11, 12]),
    "a contradiction is empty": ([("Gt", "a", "z"), ("Lt", "a", "a")], []),
    "nothing between a value and itself": ([("Gt", "a", "b"), ("Lt", "a", "b")], []),
    "eq and an inequality on the next field": ([("Eq", "a", 7), ("Gt", "b", {"$undefined": None})], []),
    "eq in any order": ([("Eq", "b", {"$undefined": None}), ("Eq", "a", 7)], [5]),
    "eq after an inequality": ([("Gte", "b", {"$undefined": None}), ("Eq", "a", 7)], [5]),
    "all the fields of an index": (
        [("Eq", "a", 7), ("Eq", "b", {"$undefined": None}), ("Gt", "_creationTime", 0)],
        [5],
    ),
}


@pytest.mark.parametrize("case", RANGES)
def test_a_range_selects(target: Store, case: str) -> None:
    insert_all(target, "t", *({"a": value, "n": float(n)} for n, value in enumerate(EVERY_TYPE)), {"n": 16.0})
    range_, expected = RANGES[case]
    tx = target.begin(NOW)
    assert collect(tx, index("t.by_a_b", *range_)) == expected
    assert collect(tx, index("t.by_a_b", *range_, order="desc")) == expected[::-1]


def test_a_string_does_not_select_those_it_begins(target: Store) -> None:
    tx = with_values(target, "a", "a\0", "a\0b", "ab", "")
    assert collect(tx, index("t.by_a_b", ("Eq", "a", "a")), "a") == ["a"]
    assert collect(tx, index("t.by_a_b", ("Gt", "a", "a")), "a") == ["a\0", "a\0b", "ab"]
    assert collect(tx, index("t.by_a_b", ("Lte", "a", "a")), "a") == ["", "a"]


def test_an_index_reaches_into_objects(target: Store) -> None:
    insert_all(target, "t", {"x": {"y": 2.0}}, {"x": 3.0}, {"x": {"y": 1.0}}, {})
    tx = target.begin(NOW)
    assert collect(tx, index("t.by_deep"), "x") == [3.0, None, {"y": 1.0}, {"y": 2.0}]


WRONG_RANGES: dict[str, tuple[list[tuple[str, str, Any]], str, str]] = {
    "two lower bounds": (
        [("Gt", "a", 1), ("Gte", "a", 2)],
        "AlreadyDefinedBound",
        'Already defined lower bound in index range. Can\'t add "a" >= 2.0.',
    ),
    "two upper bounds": (
        [("Lt", "a", 1), ("Lte", "b", "x")],
        "AlreadyDefinedBound",
        'Already defined upper bound in index range. Can\'t add "b" <= "x".',
    ),
    "two equalities": (
        [("Eq", "a", 1), ("Eq", "a", 2)],
        "AlreadyDefinedBound",
        'Already defined equality bound in index range. Can\'t add "a" == 1.0.',
    ),
    "an equality and an inequality": (
        [("Eq", "a", {"$undefined": None}), ("Lt", "a", 2)],
        "AlreadyDefinedBound",
        'Already defined inequality bound in index range. Can\'t add "a" == undefined.',
    ),
    "bounds on two fields": (
        [("Gt", "a", 1), ("Lt", "b", 2)],
        "BoundsOnMultipleFields",
        (
            "Upper and lower bounds in `range` can only be applied to a single index field. This query against index "
            't.by_a_b attempted to set a range bound on both "a" and "b". Consider using `filter` instead. '
            f"See {SEE_INDEXES} for more info."
        ),
    ),
    "the second field alone": (
        [("Eq", "b", 1)],
        "InvalidIndexRange",
        (
            "Tried to query index t.by_a_b but the query didn't use the index fields in order.\n"
            'Index fields: ["a", "b", "_creationTime"]\n'
            'Query fields: ["b"]\n'
            'First incorrect field: "b"\n'
            f"For more information see {SEE_INDEXES}."
        ),
    ),
    "an inequality before an equality": (
        [("Gt", "a", 1), ("Eq", "b", 1)],
        "InvalidIndexRange",
        (
            "Tried to query index t.by_a_b but the query didn't use the index fields in order.\n"
            'Index fields: ["a", "b", "_creationTime"]\n'
            'Query fields: ["b", "a"]\n'
            'First incorrect field: "b"\n'
            f"For more information see {SEE_INDEXES}."
        ),
    ),
    "a field that is not indexed": (
        [("Eq", "c.d", 1)],
        "FieldNotInIndex",
        (
            'The index range included a comparison with "c.d", but t.by_a_b with fields ["a", "b", "_creationTime"] '
            f"doesn't index this field. For more information see {SEE_INDEXES}."
        ),
    ),
    "an inequality on a field that is not indexed": (
        [("Eq", "a", 1), ("Gt", "c", 1)],
        "FieldNotInIndex",
        (
            'The index range included a comparison with "c", but t.by_a_b with fields ["a", "b", "_creationTime"] '
            f"doesn't index this field. For more information see {SEE_INDEXES}."
        ),
    ),
}


@pytest.mark.parametrize("case", WRONG_RANGES)
def test_a_wrong_range_is_refused(target: Store, case: str) -> None:
    range_, code, message = WRONG_RANGES[case]
    assert error_of(lambda: target.begin(NOW).query(index("t.by_a_b", *range_))) == (code, message)


INVALID = "Invalid argument `query` for `queryStream`: "

WRONG_QUERIES: dict[str, tuple[Any, str, str]] = {
    "an unknown index": (index("t.by_z"), "IndexNotFoundError", "Index t.by_z not found."),
    "an index of an unknown table": (
        index("none.by_id"),
        "IndexNotFoundError",
        "Index none.by_id not found.",
    ),
    "a search index": (index("s.find"), "IndexNotADatabaseIndex", "Index s.find is not a database index"),
    "a private system table": (
        index("_cron_jobs.by_id"),
        "IndexNotFoundError",
        "Index _cron_jobs.by_id not found.",
    ),
    "an order of its own": (scan("t", order="up"), "InvalidArgument", INVALID + 'expected "asc" or "desc"'),
    "a table that is no identifier": (
        scan("a b"),
        "InvalidArgument",
        INVALID
        + "Identifier a b has invalid character ' ': Identifiers can only contain alphanumeric characters or "
        "underscores",
    ),
    "an index name without a table": (
        index("by_a"),
        "InvalidArgument",
        INVALID + "Insufficient components in index name by_a",
    ),
    "an index name of three parts": (
        index("t.by_a.b"),
        "InvalidArgument",
        INVALID + "Too many components in index name t.by_a.b",
    ),
    "257 operators": (
        scan("t", *({"limit": 1} for _ in range(257))),
        "InvalidArgument",
        INVALID + "Query has too many operators: 257",
    ),
    "no source": ({"operators": []}, "InvalidArgument", INVALID + "missing field `source`"),
    "no object": ([], "InvalidArgument", INVALID + "expected a query as an object"),
    "a limit that is no number": (
        scan("t", {"limit": -1}),
        "InvalidArgument",
        INVALID + "expected a query operator: `filter` or `limit`",
    ),
    "an unknown filter operator": (
        scan("t", where({"$pow": [1, 2]})),
        "InvalidArgument",
        INVALID + "unknown filter operator `$pow`",
    ),
    "a filter on an empty path": (
        scan("t", where(field(".."))),
        "InvalidArgument",
        INVALID + "Empty path ..",
    ),
}


@pytest.mark.parametrize("case", WRONG_QUERIES)
def test_a_wrong_query_is_refused(target: Store, case: str) -> None:
    query, code, message = WRONG_QUERIES[case]
    assert error_of(lambda: target.begin(NOW).query(query)) == (code, message)


def test_256_operators_are_fine(target: Store) -> None:
    assert collect(with_values(target, 1.0), scan("t", *({"limit": 1} for _ in range(256)))) == [0.0]


def test_a_table_that_does_not_exist_is_empty(target: Store) -> None:
    assert collect(target.begin(NOW), scan("nothing")) == []
    assert target.begin(NOW).count("nothing") == 0


def test_operators_apply_in_their_order(target: Store) -> None:
    tx = with_values(target, *map(float, range(10)))
    odd = where({"$eq": [{"$mod": [field("n"), literal(2)]}, literal(1)]})
    assert collect(tx, scan("t", odd, {"limit": 3})) == [1.0, 3.0, 5.0]
    assert collect(tx, scan("t", {"limit": 3}, odd)) == [1.0]
    assert collect(tx, scan("t", {"limit": 5}, {"limit": 2})) == [0.0, 1.0]
    assert collect(tx, scan("t", {"limit": 0})) == []


# Laziness.


def test_a_transaction_reads_its_own_writes(target: Store) -> None:
    ids = insert_all(target, "t", *({"a": a, "n": float(n)} for n, a in enumerate("bbac")))
    tx = target.begin(NOW)
    assert collect(tx, index("t.by_a_b", ("Eq", "a", "b"))) == [0.0, 1.0]
    tx.patch(ids[0], {"a": "c"})
    tx.delete(ids[1])
    tx.insert("t", {"a": "b", "n": 4.0})
    tx.patch(ids[2], {"a": "b"})
    assert collect(tx, index("t.by_a_b", ("Eq", "a", "b"))) == [2.0, 4.0]
    assert collect(tx, index("t.by_a_b", order="desc")) == [3.0, 0.0, 4.0, 2.0]
    assert sorted(collect(tx, index("t.by_id"))) == [0.0, 2.0, 3.0, 4.0]
    assert tx.count("t") == 4


def test_writes_beyond_the_fetched_page_are_seen_while_iterating(target: Store) -> None:
    ids = insert_all(target, "t", *({"n": float(n)} for n in range(150)))
    tx = target.begin(NOW)
    stream = tx.query(scan("t"))
    stream.next()
    tx.patch(ids[50], {"n": -1.0})
    tx.patch(ids[120], {"n": -2.0})
    rest = [document.value["n"] for document in drain(stream)]
    assert rest == [float(n) if n != 120 else -2.0 for n in range(1, 150)]


def test_a_limit_is_the_size_of_the_first_page(target: Store) -> None:
    ids = insert_all(target, "t", *({"n": float(n)} for n in range(5)))
    tx = target.begin(NOW)
    stream = tx.query(scan("t", {"limit": 2}))
    stream.next()
    assert [document.id for document in stream.peek(10)] == ids[1:2]


def test_peeking_consumes_nothing_and_shows_only_what_is_fetched(target: Store) -> None:
    ids = insert_all(target, "t", *({"n": float(n)} for n in range(5)))
    tx = target.begin(NOW)
    stream = tx.query(scan("t"))
    assert stream.peek(3) == []
    stream.next()
    assert [document.id for document in stream.peek(2)] == ids[1:3]
    assert not stream.done_ahead
    assert [document.id for document in stream.peek(9)] == ids[1:]
    assert stream.done_ahead
    assert tx.usage.documents_read == 1
    stream.consume(3)
    assert tx.usage.documents_read == 4
    assert [document.id for document in drain(stream)] == ids[4:]
    assert tx.usage.documents_read == 5


def test_rows_that_a_filter_drops_count_when_the_next_one_is_consumed(target: Store) -> None:
    tx = with_values(target, *map(float, range(10)))
    stream = tx.query(scan("t", where({"$eq": [{"$mod": [field("n"), literal(3)]}, literal(0)]})))
    stream.next()
    assert [document.value["n"] for document in stream.peek(9)] == [3.0, 6.0, 9.0]
    assert tx.usage.documents_read == 1
    stream.consume(1)
    assert tx.usage.documents_read == 4
    stream.consume(2, end=True)
    assert tx.usage.documents_read == 10


def test_an_error_ahead_is_met_only_when_it_is_reached(target: Store) -> None:
    tx = with_values(target, 1.0, 2.0, "x", 4.0)
    stream = tx.query(scan("t", where({"$gt": [{"$add": [field("a"), literal(1)]}, literal(0)]})))
    stream.next()
    assert len(stream.peek(9)) == 1
    assert not stream.done_ahead
    stream.consume(1)
    assert error_of(stream.next) == ("EvalError", 'Cannot add "x" (type String) and 1.0 (type Float64)')
    assert tx.usage.documents_read == 3


def test_more_rows_than_were_peeked_at_cannot_be_consumed(target: Store) -> None:
    stream = with_values(target, 1.0, 2.0).query(scan("t"))
    stream.next()
    stream.peek(1)
    with pytest.raises(InternalError, match="a host handed out more rows of a query than it was given"):
        stream.consume(2)
