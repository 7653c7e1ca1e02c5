"""Pages: cursors, ends, splits and limits (semantics §5.6)."""

from __future__ import annotations

from typing import Any

import data_kit as kit
import pytest
from biconvex.sim import ConvexError, Deployment

BY_A = kit.query("things", "by_a")
EVEN = kit.query(steps=[["filter", ["eq", ["mod", ["field", "a"], 2], 0]]])


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made = kit.make(backend)
    kit.write(made, *(["insert", "things", {"a": a}] for a in range(10)))
    return made


def page(
    convex: Deployment, query: dict[str, Any], cursor: str | None = None, count: float = 4, **options: Any
) -> Any:
    return kit.look(convex, ["paginate", query, {"numItems": count, "cursor": cursor, **options}])


def values(found: Any) -> list[Any]:
    return [document["a"] for document in found["page"]]


def walk(convex: Deployment, query: dict[str, Any], count: int) -> list[tuple[list[Any], bool]]:
    """Every page from the first to the last: its values, and whether it says that it is the last."""
    pages, cursor = [], None
    while not pages or not pages[-1][1]:
        found = page(convex, query, cursor, count)
        pages.append((values(found), found["isDone"]))
        cursor = found["continueCursor"]
    return pages


def test_pages_follow_each_other_to_the_end(convex: Deployment) -> None:
    assert walk(convex, BY_A, 4) == [([0, 1, 2, 3], False), ([4, 5, 6, 7], False), ([8, 9], True)]


def test_a_page_that_ends_with_the_last_row_does_not_know_it(convex: Deployment) -> None:
    assert walk(convex, BY_A, 5) == [([0, 1, 2, 3, 4], False), ([5, 6, 7, 8, 9], False), ([], True)]


def test_pages_in_descending_order(convex: Deployment) -> None:
    backwards = kit.query("things", "by_a", steps=[["order", "desc"]])
    assert [found for found, _ in walk(convex, backwards, 6)] == [[9, 8, 7, 6, 5, 4], [3, 2, 1, 0]]


def test_a_page_of_a_filter_is_as_long_as_asked_for(convex: Deployment) -> None:
    assert walk(convex, EVEN, 3) == [([0, 2, 4], False), ([6, 8], True)]


def test_after_the_end_there_is_nothing_more(convex: Deployment) -> None:
    last = page(convex, BY_A, count=20)
    again = page(convex, BY_A, last["continueCursor"])
    assert (last["isDone"], again["isDone"], values(again)) == (True, True, [])
    assert again["continueCursor"] == last["continueCursor"] != ""


def test_a_page_has_exactly_these_fields(convex: Deployment) -> None:
    found = page(convex, kit.query("things", "by_a", ["lt", "a", 2]))
    cursor = found.pop("continueCursor")
    assert isinstance(cursor, str)
    assert found == {
        "page": convex.db.table("things")[:2],
        "isDone": True,
        "splitCursor": None,
        "pageStatus": None,
    }


def test_a_page_with_an_end_holds_everything_up_to_it_whatever_its_size(convex: Deployment) -> None:
    end = page(convex, BY_A, count=6)["continueCursor"]
    kit.write(convex, ["insert", "things", {"a": 2.5}])
    found = page(convex, BY_A, count=1, endCursor=end)
    assert (values(found), found["continueCursor"] == end, found["isDone"]) == (
        [0, 1, 2, 2.5, 3, 4, 5],
        True,
        False,
    )


def test_the_split_cursor_parts_a_page_in_its_middle(convex: Deployment) -> None:
    found = page(convex, BY_A, count=6)
    split, end = found["splitCursor"], found["continueCursor"]
    halves = [page(convex, BY_A, None, endCursor=split), page(convex, BY_A, split, endCursor=end)]
    assert [values(half) for half in halves] == [[0, 1, 2, 3], [4, 5]]


def test_rows_that_a_filter_drops_count_to_the_most_that_may_be_read(convex: Deployment) -> None:
    found = page(convex, EVEN, count=5, maximumRowsRead=3)
    assert (values(found), found["pageStatus"], found["isDone"]) == ([0, 2], "SplitRequired", False)
    assert values(page(convex, EVEN, found["continueCursor"], count=5)) == [4, 6, 8]


def test_at_least_one_row_is_read(convex: Deployment) -> None:
    found = page(convex, BY_A, maximumRowsRead=1)
    assert (values(found), found["pageStatus"]) == ([0], "SplitRequired")


def test_bytes_end_a_page_once_they_are_too_many(convex: Deployment) -> None:
    found = page(convex, BY_A, maximumBytesRead=100)
    assert (values(found), found["pageStatus"]) == ([0, 1], "SplitRequired")


def test_a_page_near_its_limit_recommends_a_split(convex: Deployment) -> None:
    assert page(convex, BY_A, count=4, maximumRowsRead=5)["pageStatus"] == "SplitRecommended"
    assert page(convex, BY_A, count=4, maximumRowsRead=6)["pageStatus"] is None


def test_a_cursor_that_is_missing_is_the_first(convex: Deployment) -> None:
    found = kit.look(convex, ["paginate", BY_A, {"numItems": 2}])
    assert values(found) == [0, 1]


def test_a_page_sees_what_its_mutation_wrote(convex: Deployment) -> None:
    _, found = kit.write(
        convex, ["insert", "things", {"a": -1}], ["paginate", BY_A, {"numItems": 2, "cursor": None}]
    )
    assert values(found) == [-1, 0]


def test_a_page_of_a_table_that_does_not_exist_is_the_last(convex: Deployment) -> None:
    found = page(convex, kit.query("nowhere"))
    assert (found["page"], found["isDone"]) == ([], True)


@pytest.mark.parametrize(
    "other",
    [
        kit.query("things", "by_a_b"),
        kit.query("things", "by_a", steps=[["order", "desc"]]),
        kit.query("things", "by_a", ["gt", "a", 0]),
        kit.query("things", "by_a", steps=[["filter", True]]),
        kit.query("others"),
    ],
)
def test_a_cursor_of_another_query_is_an_error_that_clients_know(
    convex: Deployment, other: dict[str, Any]
) -> None:
    cursor = page(convex, BY_A)["continueCursor"]
    with pytest.raises(ConvexError) as caught:
        page(convex, other, cursor)
    assert caught.value.data == {"isConvexSystemError": True, "paginationError": "InvalidCursor"}
    assert caught.value.message.startswith(
        "Uncaught ConvexError: InvalidCursor: Tried to run a query starting from a cursor, but it looks like this "
        "cursor is from a different query.\n    at "
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"numItems": 0}, "Must request at least 1 document while paginating"),
        ({"numItems": -1}, "`options.numItems` must be a positive number. Received `-1`."),
        ({}, "`options.numItems` must be a positive number. Received `undefined`."),
        ({"numItems": "x"}, "`options.numItems` must be a positive number. Received `x`."),
        ({"numItems": 32_001}, "Requested too many items: 32001"),
        (
            {"numItems": 1.5},
            "Invalid arguments for `queryPage`: invalid type: floating point `1.5`, expected usize",
        ),
        ({"numItems": float("nan")}, "Invalid arguments for `queryPage`: invalid type: null, expected usize"),
        (
            {"numItems": 1, "maximumRowsRead": 0},
            "maximumRowsRead and maximumBytesRead must be greater than 0",
        ),
        (
            {"numItems": 1, "maximumBytesRead": 0},
            "maximumRowsRead and maximumBytesRead must be greater than 0",
        ),
        (
            {"numItems": 1, "maximumRowsRead": -1},
            "Invalid arguments for `queryPage`: invalid value: integer `-1`, expected usize",
        ),
        ({"numItems": 1, "cursor": "garbage"}, "Failed to parse cursor"),
        ({"numItems": 1, "cursor": ""}, "Failed to parse cursor"),
        ({"numItems": 1, "endCursor": "garbage"}, "Failed to parse cursor"),
        (
            {"numItems": 1, "cursor": 5},
            "Invalid arguments for `queryPage`: invalid type: integer `5`, expected a string",
        ),
    ],
)
def test_options_that_make_no_page_are_refused(
    convex: Deployment, options: dict[str, Any], message: str
) -> None:
    assert (
        kit.error_of(convex, ["paginate", BY_A, {"cursor": None, **options}]) == f"Uncaught Error: {message}"
    )


def test_a_function_reads_one_page(convex: Deployment) -> None:
    one = ["paginate", BY_A, {"numItems": 1, "cursor": None}]
    assert kit.error_of(convex, one, one) == (
        "Uncaught Error: This query or mutation function ran multiple paginated queries. Convex only supports a "
        "single paginated query in each function."
    )


def test_each_nested_call_may_read_a_page_of_its_own(convex: Deployment) -> None:
    one = ["paginate", BY_A, {"numItems": 1, "cursor": None}]
    results = kit.write(convex, one, ["run_query", [one]], ["run_query", [one]])
    assert [values(found) for found in (results[0], results[1][0], results[2][0])] == [[0], [0], [0]]
