"""Pages and cursors (semantics §5.6)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from biconvex.sim.store import InvalidCursor, Page, Store, TransactionLimits
from store_kit import NOW, error_of, field, index, insert_all, literal, scan, store, table, where

HELP = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a "
    "selective index range expressions."
)
ODD = where({"$eq": [{"$mod": [field("n"), literal(2)]}, literal(1)]})


@pytest.fixture
def target() -> Store:
    target = store(table("t", {"by_n": ["n"]}))
    insert_all(target, "t", *({"n": float(n)} for n in range(10)))
    return target


def page(target: Store, query: dict[str, Any], cursor: str | None = None, **options: Any) -> Page:
    return target.begin(NOW).paginate(query, cursor, **options)


def numbers(found: Page) -> list[float]:
    return [document.value["n"] for document in found.documents]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("size", [1, 3, 5, 9, 10, 11])
def test_pages_cover_everything_once(target: Store, order: str, size: int) -> None:
    query = index("t.by_n", ("Gte", "n", 2), order=order)
    seen: list[float] = []
    cursor = None
    while True:
        found = page(target, query, cursor, page_size=size)
        seen += numbers(found)
        cursor = found.continue_cursor
        if found.is_done:
            break
    expected = [float(n) for n in range(2, 10)]
    assert seen == (expected if order == "asc" else expected[::-1])


def test_a_page_that_ends_with_the_last_row_is_not_done(target: Store) -> None:
    found = page(target, scan("t"), page_size=10)
    assert (len(found.documents), found.is_done) == (10, False)
    rest = page(target, scan("t"), found.continue_cursor, page_size=10)
    assert (rest.documents, rest.is_done) == ([], True)


def test_the_end_stays_the_end(target: Store) -> None:
    end = page(target, scan("t"), page_size=11).continue_cursor
    insert_all(target, "t", {"n": 10.0})
    found = page(target, scan("t"), end, page_size=5)
    assert (found.documents, found.is_done, found.continue_cursor) == ([], True, end)


def test_a_page_of_a_filter_goes_on_after_the_last_row_it_looked_at(target: Store) -> None:
    first = page(target, scan("t", ODD), page_size=2)
    second = page(target, scan("t", ODD), first.continue_cursor, page_size=9)
    assert (numbers(first), numbers(second), second.is_done) == ([1.0, 3.0], [5.0, 7.0, 9.0], True)


def test_an_end_cursor_bounds_the_page_whatever_its_size(target: Store) -> None:
    first = page(target, scan("t"), page_size=3)
    second = page(target, scan("t"), first.continue_cursor, page_size=4)
    insert_all(target, "t", {"n": 99.0})
    again = page(
        target,
        scan("t"),
        first.continue_cursor,
        end_cursor=second.continue_cursor,
        page_size=1,
        maximum_rows_read=1,
    )
    assert numbers(again) == [3.0, 4.0, 5.0, 6.0]
    assert (again.continue_cursor, again.is_done) == (second.continue_cursor, False)


def test_an_end_cursor_bounds_a_page_in_reverse(target: Store) -> None:
    query = scan("t", order="desc")
    first = page(target, query, page_size=3)
    second = page(target, query, first.continue_cursor, page_size=4)
    assert numbers(page(target, query, end_cursor=second.continue_cursor)) == [
        9.0,
        8.0,
        7.0,
        6.0,
        5.0,
        4.0,
        3.0,
    ]
    assert numbers(page(target, query, first.continue_cursor, end_cursor=second.continue_cursor)) == numbers(
        second
    )


def test_the_split_cursor_is_in_the_middle_of_what_was_read(target: Store) -> None:
    found = page(target, scan("t"), page_size=4)
    assert found.split_cursor is not None
    assert numbers(page(target, scan("t"), end_cursor=found.split_cursor)) == [0.0, 1.0, 2.0]
    assert numbers(page(target, scan("t"), found.split_cursor, end_cursor=found.continue_cursor)) == [3.0]


@pytest.mark.parametrize(("size", "splits"), [(1, False), (2, False), (3, True)])
def test_two_rows_are_not_split(target: Store, size: int, splits: bool) -> None:
    assert (page(target, scan("t"), page_size=size).split_cursor is not None) is splits


def test_maximum_rows_read_counts_the_rows_that_a_filter_drops(target: Store) -> None:
    found = page(target, scan("t", ODD), page_size=5, maximum_rows_read=5)
    assert (numbers(found), found.page_status, found.is_done) == ([1.0, 3.0], "SplitRequired", False)
    assert numbers(page(target, scan("t", ODD), found.continue_cursor, page_size=9)) == [5.0, 7.0, 9.0]


def test_maximum_bytes_read_ends_the_page_once_it_is_exceeded(target: Store) -> None:
    size = page(target, scan("t"), page_size=1).documents[0].size
    for limit, rows in ((1, 1), (size, 1), (size + 1, 2), (3 * size, 3)):
        found = page(target, scan("t"), page_size=9, maximum_bytes_read=limit)
        assert (len(found.documents), found.page_status) == (rows, "SplitRequired")


def test_a_page_that_read_three_quarters_of_its_limit_recommends_a_split(target: Store) -> None:
    assert page(target, scan("t"), page_size=6, maximum_rows_read=8).page_status is None
    assert page(target, scan("t"), page_size=7, maximum_rows_read=8).page_status == "SplitRecommended"


def test_a_long_page_recommends_a_split() -> None:
    target = store(table("t"))
    insert_all(target, "t", *({"n": 0.0} for _ in range(6_145)))
    assert page(target, scan("t"), page_size=6_144).page_status is None
    assert page(target, scan("t"), page_size=6_145).page_status == "SplitRecommended"


def test_a_read_limit_of_the_transaction_ends_the_page(target: Store) -> None:
    tx = target.begin(NOW, TransactionLimits(documents_read=3))
    found = tx.paginate(scan("t"), None, page_size=9)
    assert (numbers(found), found.page_status) == ([0.0, 1.0, 2.0], "SplitRequired")
    assert numbers(page(target, scan("t"), found.continue_cursor, page_size=2)) == [3.0, 4.0]
    assert error_of(lambda: tx.paginate(scan("t"), None, page_size=9)) == (
        "TooManyDocumentsRead",
        f"Too many documents read in a single function execution (limit: 3). {HELP}",
    )


def test_pages_of_a_transaction_are_counted(target: Store) -> None:
    tx = target.begin(NOW)
    tx.paginate(scan("t"), None, page_size=2)
    error_of(lambda: tx.paginate(scan("t"), None, page_size=0))
    assert tx.pages_read == 1


def test_a_page_sees_the_writes_of_its_own_transaction(target: Store) -> None:
    tx = target.begin(NOW)
    first = tx.paginate(index("t.by_n"), None, page_size=5)
    tx.insert("t", {"n": 4.5})
    tx.delete(first.documents[0].id)
    assert numbers(tx.paginate(index("t.by_n"), first.continue_cursor, page_size=2)) == [4.5, 5.0]


def test_a_page_of_a_table_that_does_not_exist_is_empty(target: Store) -> None:
    found = page(target, scan("nothing"))
    assert (found.documents, found.is_done) == ([], True)


def test_nothing_follows_a_limit_of_zero(target: Store) -> None:
    found = page(target, scan("t", {"limit": 0}))
    assert (found.documents, found.is_done) == ([], True)


DIFFERENT: dict[str, dict[str, Any]] = {
    "another table": scan("u"),
    "another order": scan("t", order="desc"),
    "another index": index("t.by_n"),
    "a filter": scan("t", ODD),
    "a range": index("t.by_creation_time", ("Gt", "_creationTime", 0)),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_a_cursor_of_another_query_is_refused(target: Store, case: str) -> None:
    cursor = page(target, scan("t"), page_size=2).continue_cursor
    for options in ({"cursor": cursor}, {"cursor": None, "end_cursor": cursor}):
        with pytest.raises(InvalidCursor) as caught:
            page(target, DIFFERENT[case], **options)
        assert caught.value.message == (
            "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a "
            "different query."
        )
        assert caught.value.data == {"isConvexSystemError": True, "paginationError": "InvalidCursor"}


def test_a_cursor_of_the_same_query_with_another_range_value_is_refused(target: Store) -> None:
    cursor = page(target, index("t.by_n", ("Gt", "n", 1)), page_size=2).continue_cursor
    with pytest.raises(InvalidCursor):
        page(target, index("t.by_n", ("Gt", "n", 2)), cursor)


def test_the_default_order_is_ascending_for_cursors_too(target: Store) -> None:
    cursor = page(target, scan("t"), page_size=2).continue_cursor
    assert numbers(page(target, scan("t", order="asc"), cursor, page_size=1)) == [2.0]


@pytest.mark.parametrize(
    "cursor", ["", "garbage", "%%%", "\ud800", "é", base64.b64encode(b"c1" + b"x" * 40).decode()]
)
def test_what_is_no_cursor_is_refused(target: Store, cursor: str) -> None:
    assert error_of(lambda: page(target, scan("t"), cursor)) == ("InvalidCursor", "Failed to parse cursor")


WRONG_SIZES: dict[str, tuple[dict[str, Any], str, str]] = {
    "no rows": (
        {"page_size": 0},
        "NoDocumentsForPagination",
        "Must request at least 1 document while paginating",
    ),
    "32,001 rows": ({"page_size": 32_001}, "PageSizeTooLarge", "Requested too many items: 32001"),
    "no rows to read": (
        {"maximum_rows_read": 0},
        "InvalidPaginationLimit",
        "maximumRowsRead and maximumBytesRead must be greater than 0",
    ),
    "no bytes to read": (
        {"maximum_bytes_read": 0},
        "InvalidPaginationLimit",
        "maximumRowsRead and maximumBytesRead must be greater than 0",
    ),
}


@pytest.mark.parametrize("case", WRONG_SIZES)
def test_a_page_of_impossible_size_is_refused(target: Store, case: str) -> None:
    options, code, message = WRONG_SIZES[case]
    assert error_of(lambda: page(target, scan("t"), **options)) == (code, message)


def test_what_is_wrong_with_the_query_of_a_page_is_told_of_queryPage(target: Store) -> None:  # noqa: N802
    assert error_of(lambda: page(target, {"operators": []})) == (
        "InvalidArgument",
        "Invalid argument `query` for `queryPage`: missing field `source`",
    )
