"""Vector search: the documents nearest to a vector (semantics §12.3)."""

from __future__ import annotations

import math
from typing import Any

import pytest
from biconvex.sim.store import Store
from hypothesis import given, settings
from hypothesis import strategies as st
from search_kit import VECTORS, messages
from store_kit import NOW, error_of, insert_all, store, table


def query(
    vector: list[Any], limit: Any = None, expressions: Any = None, index: str = "m.by_embedding"
) -> dict[str, Any]:
    return {"indexName": index, "vector": vector, "limit": limit, "expressions": expressions}


def eq(name: str, value: Any) -> dict[str, Any]:
    return {"$eq": [{"$field": name}, {"$literal": value}]}


def nearest(target: Store, *arguments: Any, **options: Any) -> list[str]:
    """The names of the documents that a search finds, in its order."""
    names = {document["_id"]: document["name"] for document in target.documents("m")}
    return [names[match.id] for match in target.vector_search(query(*arguments, **options))]


def compass() -> Store:
    target = messages()
    places = {"east": [2.0, 0.0], "north": [0.0, 3.0], "west": [-1.0, 0.0], "northeast": [5.0, 5.0]}
    insert_all(target, "m", *({"name": name, "embedding": vector} for name, vector in places.items()))
    return target


def test_documents_are_found_by_the_cosine_of_the_angle_best_first() -> None:
    target = compass()
    assert nearest(target, [1, 0]) == ["east", "northeast", "north", "west"]
    scores = [match.score for match in target.vector_search(query([10, 0]))]
    assert scores == [1.0, 0.7071067690849304, 0.0, -1.0]


def test_as_many_are_found_as_asked_for_and_ten_by_default() -> None:
    target = messages()
    insert_all(target, "m", *({"name": str(n), "embedding": [1.0, float(n)]} for n in range(300)))
    assert nearest(target, [1, 0], 2) == ["0", "1"]
    assert len(nearest(target, [1, 0])) == 10
    assert len(nearest(target, [1, 0], 256)) == 256
    assert nearest(target, [1, 0], 0) == []


def test_among_equals_the_greatest_id_comes_first() -> None:
    target = messages()
    ids = insert_all(target, "m", *({"embedding": [1.0, 1.0]} for _ in range(5)))
    assert [match.id for match in target.vector_search(query([1, 1]))] == sorted(ids, reverse=True)


@pytest.mark.parametrize(
    "embedding", [None, [], [1.0], [1.0, 2.0, 3.0], [1.0, None], [True, False], {"a": 1.0}, "xy", b"xy"]
)
def test_only_vectors_of_the_right_length_are_in_the_index(embedding: Any) -> None:
    target = messages()
    insert_all(target, "m", {"embedding": embedding}, {})
    assert target.vector_search(query([1, 1])) == []


def test_the_index_follows_what_is_committed() -> None:
    target = compass()
    ids = {document["name"]: document["_id"] for document in target.documents("m")}
    assert nearest(target, [1, 0], 1) == ["east"]
    transaction = target.begin(NOW)
    transaction.delete(ids["east"])
    transaction.patch(ids["north"], {"embedding": [1.0, 0.1]})
    transaction.patch(ids["west"], {"embedding": "gone"})
    transaction.insert("m", {"name": "south", "embedding": [0.0, -1.0]})
    assert nearest(target, [1, 0], 1) == ["east"]
    target.commit(transaction, NOW)
    assert nearest(target, [1, 0]) == ["north", "northeast", "south"]


def test_a_zero_vector_is_at_a_right_angle_to_everything() -> None:
    target = messages()
    insert_all(
        target, "m", {"name": "zero", "embedding": [0.0, -0.0]}, {"name": "one", "embedding": [1.0, 0.0]}
    )
    assert [match.score for match in target.vector_search(query([1, 1]))] == [0.7071067690849304, 0.0]
    assert [match.score for match in target.vector_search(query([0, 0]))] == [0.0, 0.0]


def test_a_vector_beyond_single_precision_has_no_direction() -> None:
    target = messages()
    insert_all(
        target,
        "m",
        {"name": "huge", "embedding": [1e30, 1.0]},
        {"name": "endless", "embedding": [math.inf, 0.0]},
    )
    huge, endless = sorted(target.vector_search(query([1, 1])), key=lambda match: math.isnan(match.score))
    assert huge.score == 0.0
    assert math.isnan(endless.score)


# --- filters ---------------------------------------------------------------------------------------------


def films() -> Store:
    target = store(
        table("m", vectorIndexes=[{**VECTORS, "filterFields": ["genre", "year"]}]),
    )
    films = [("a", "comedy", 1999.0), ("b", "drama", 1999.0), ("c", "comedy", 2001.0), ("d", None, 2001.0)]
    values = [
        {"name": name, "genre": genre, "year": year, "embedding": [1.0, n / 10]}
        for n, (name, genre, year) in enumerate(films)
    ]
    insert_all(target, "m", *values, {"name": "e", "embedding": [1.0, 1.0]})
    return target


@pytest.mark.parametrize(
    ("expressions", "names"),
    [
        (None, "abcde"),
        (eq("genre", "comedy"), "ac"),
        (eq("genre", None), "d"),
        (eq("genre", {"$undefined": None}), "e"),
        (eq("genre", 7), ""),
        ({"$or": [eq("genre", "comedy"), eq("genre", "drama")]}, "abc"),
        ({"$or": [eq("genre", "drama"), eq("year", 2001.0)]}, "bcd"),
        ({"$or": [{"$or": [eq("genre", "drama")]}, eq("genre", "drama")]}, "b"),
        ({"$or": []}, "abcde"),
    ],
)
def test_a_filter_takes_what_meets_one_of_its_conditions(expressions: Any, names: str) -> None:
    assert nearest(films(), [1, 0], expressions=expressions) == list(names)


# --- errors ----------------------------------------------------------------------------------------------

NOT_EQ_AND_OR = ("InvalidVectorSearchFilter", "Filters should be a combination of `q.eq` and `q.or`.")
NOT_FINITE = (
    "InvalidArgument",
    (
        "Invalid argument `vector` for `vectorSearch`: expected an array of finite numbers, but the one at index 1 is "
        "none"
    ),
)
NOT_FIELD_AND_VALUE = (
    "InvalidVectorSearchFilter",
    "`q.eq` must take a field path as its first argument and a value as its second",
)


@pytest.mark.parametrize(
    ("search", "error"),
    [
        (query([1]), ("VectorDimensionsMismatch", "Expected a vector with dimensions 2, received 1.")),
        (
            query([0] * 4097),
            ("VectorDimensionsMismatch", "Expected a vector with dimensions 4096, received 4097."),
        ),
        (
            query([1, 1], 257),
            ("VectorLimitTooLargeError", "Vector queries can fetch at most 256 results, requested 257."),
        ),
        (
            query([1, 1], expressions=eq("title", "x")),
            (
                "IncorrectVectorFilterField",
                (
                    'Vector query against m.by_embedding contains a filter on "title" but that field isn\'t indexed for '
                    "filtering in `filterFields`."
                ),
            ),
        ),
        (
            query([1, 1], expressions={"$or": [eq("genre", n) for n in range(65)]}),
            (
                "TooManyElementsInVectorQueryError",
                "Vector query against m.by_embedding has too many conditions. Max: 64 Actual: 65",
            ),
        ),
        (query([1, 1], expressions={"$and": [eq("genre", "x")]}), NOT_EQ_AND_OR),
        (query([1, 1], expressions={"$literal": True}), NOT_EQ_AND_OR),
        (query([1, 1], expressions={"$or": [{"$literal": True}]}), NOT_EQ_AND_OR),
        (query([1, 1], expressions={"$eq": [{"$literal": 1}, {"$field": "genre"}]}), NOT_FIELD_AND_VALUE),
        (query([1, 1], index="m.none"), ("IndexNotFoundError", "Index m.none not found.")),
        (
            query([1, 1], index="m.by_body"),
            ("IndexNotAVectorIndexError", "Index m.by_body is not a vector index"),
        ),
        (
            query([1, 1], index="m.by_id"),
            ("IndexNotAVectorIndexError", "Index m.by_id is not a vector index"),
        ),
        (
            query([1, 1], index="m"),
            ("IndexNotEnoughNameComponents", "Insufficient components in index name m"),
        ),
        (
            query([1, 1], -1),
            (
                "InvalidArgument",
                "Invalid argument `limit` for `vectorSearch`: expected a whole number from 1 to 256, got -1",
            ),
        ),
        (
            query([1, 1], 1.5),
            (
                "InvalidArgument",
                "Invalid argument `limit` for `vectorSearch`: expected a whole number from 1 to 256, got 1.5",
            ),
        ),
        (query([1, None]), NOT_FINITE),
        (query([1, "x"]), NOT_FINITE),
        (query([1, True]), NOT_FINITE),
        (query([1, math.nan]), NOT_FINITE),
        (query([1, 10**400]), NOT_FINITE),
    ],
)
def test_a_search_that_does_not_fit_its_index_is_refused(
    search: dict[str, Any], error: tuple[str, str]
) -> None:
    assert error_of(lambda: messages().vector_search(search)) == error


def test_64_conditions_are_not_too_many_and_the_same_one_counts_once() -> None:
    conditions = [eq("genre", n) for n in range(64)]
    assert messages().vector_search(query([1, 1], expressions={"$or": conditions + conditions})) == []


def test_a_staged_index_can_not_be_searched() -> None:
    target = store(table("m", stagedVectorIndexes=[VECTORS]))
    assert error_of(lambda: target.vector_search(query([1, 1]))) == (
        "IndexStagedError",
        "Index m.by_embedding is currently staged and not available to query until it is enabled.",
    )


def test_a_table_that_there_is_not_has_no_vectors() -> None:
    assert messages().vector_search(query([1, 1], 1000, index="none.none")) == []


# --- beside a model --------------------------------------------------------------------------------------

numbers = st.floats(-100, 100, width=32)
vectors = st.lists(numbers, min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(vectors, st.sampled_from("xyz")), max_size=12),
    vectors,
    st.sets(st.sampled_from("xyz")),
    st.integers(1, 5),
)
def test_a_search_finds_what_the_formula_says(
    rows: list[tuple[list[float], str]], vector: list[float], genres: set[str], limit: int
) -> None:
    target = store(table("m", vectorIndexes=[{**VECTORS, "dimensions": 3}]))
    ids = (
        insert_all(target, "m", *({"embedding": row, "genre": genre} for row, genre in rows)) if rows else []
    )
    expected = {
        key: cosine(row, vector)
        for key, (row, genre) in zip(ids, rows, strict=True)
        if not genres or genre in genres
    }
    expressions = {"$or": [eq("genre", genre) for genre in sorted(genres)]}
    found = target.vector_search(query(vector, limit, expressions))
    assert len(found) == min(limit, len(expected))
    assert found == sorted(found, key=lambda match: (match.score, match.id), reverse=True)
    for match in found:
        assert match.score == pytest.approx(expected.pop(match.id), abs=1e-6)
    assert all(score <= found[-1].score + 1e-6 for score in expected.values())


def cosine(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(unit(left), unit(right), strict=True))


def unit(vector: list[float]) -> list[float]:
    """The vector in length 1, unless it is so short that it stays as it is."""
    length = math.hypot(*vector)
    return vector if length**2 < 2**-23 else [number / length for number in vector]
