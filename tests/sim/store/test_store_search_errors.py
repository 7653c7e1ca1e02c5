"""Text search: what is refused, and how far it goes (semantics §12.2, §7)."""

from __future__ import annotations

from typing import Any

import pytest
from search_kit import TOO_MANY, find, found, messages, say, search
from store_kit import NOW, error_of, store, table

# --- errors ----------------------------------------------------------------------------------------------

STAGED = {
    "searchIndexes": [{"indexDescriptor": "by_body", "searchField": "body", "filterFields": ["channel"]}],
    "stagedSearchIndexes": [{"indexDescriptor": "later", "searchField": "title", "filterFields": []}],
}
TEXT = {"type": "Search", "fieldPath": "body", "value": "tea"}


def eq(path: str, value: Any = 1) -> dict[str, Any]:
    return {"type": "Eq", "fieldPath": path, "value": value}


@pytest.mark.parametrize(
    ("index", "filters", "code", "message"),
    [
        ("none.by_body", [TEXT], "IndexNotFoundError", "Index none.by_body not found."),
        ("none.by_body", [], "IndexNotFoundError", "Index none.by_body not found."),
        ("t.none", [TEXT], "IndexNotFoundError", "Index t.none not found."),
        ("_storage.by_id", [TEXT], "IndexNotASearchIndexError", "Index _storage.by_id is not a search index"),
        ("t.by_n", [TEXT], "IndexNotASearchIndexError", "Index t.by_n is not a search index"),
        ("t.by_id", [TEXT], "IndexNotASearchIndexError", "Index t.by_id is not a search index"),
        (
            "t.later",
            [TEXT],
            "IndexStagedError",
            "Index t.later is currently staged and not available to query until it is enabled.",
        ),
        (
            "t.by_body",
            [eq("channel")],
            "MissingSearchFilterError",
            (
                "Search query against t.by_body does not contain any search filters. You must include a search filter like "
                '`q.search("field", searchText)`.'
            ),
        ),
        (
            "t.by_body",
            [{**TEXT, "fieldPath": "title"}],
            "IncorrectSearchField",
            (
                'Search query against t.by_body contains a search filter against "title", which doesn\'t match the indexed '
                '`searchField` "body".'
            ),
        ),
        (
            "t.by_body",
            [TEXT, TEXT],
            "DuplicateSearchFiltersError",
            'Search query against t.by_body contains multiple search filters against "body". Only one is allowed.',
        ),
        (
            "t.by_body",
            [TEXT, eq("a.b")],
            "IncorrectFilterFieldError",
            (
                'Search query against t.by_body contains an equality filter on "a.b" but that field isn\'t indexed for '
                "filtering in `filterFields`."
            ),
        ),
        (
            "t.by_body",
            [TEXT, *([eq("channel")] * 9)],
            "TooManyFilterConditionsInSearchQueryError",
            "Search query against t.by_body has too many filter conditions. Max: 8 Actual: 9",
        ),
    ],
)
def test_a_search_that_does_not_fit_its_index_is_refused(
    index: str, filters: list[dict[str, Any]], code: str, message: str
) -> None:
    target = store(table("t", {"by_n": ["n"]}, **STAGED))
    query = {"source": {"type": "Search", "indexName": index, "filters": filters}, "operators": []}
    transaction = target.begin(NOW)
    assert error_of(transaction.query(query).next) == (code, message)
    assert error_of(lambda: transaction.paginate(query, None)) == (code, message)


def test_a_search_for_the_empty_text_looks_at_nothing_else() -> None:
    query = search("", index="m.none", nonsense=1)
    assert find(messages(), query) == []


@pytest.mark.parametrize(
    ("filters", "problem"),
    [
        ("tea", "expected the filters of a search as an array"),
        ([{"type": "Gt"}], "expected a search expression: `Search` or `Eq`"),
        ([{"type": "Eq", "fieldPath": "channel"}], "missing field `value`"),
        (
            [{"type": "Search", "fieldPath": "body", "value": 7}],
            "expected the text to search for as a string",
        ),
    ],
)
def test_a_malformed_search_is_refused_when_the_query_starts(filters: Any, problem: str) -> None:
    query = {"source": {"type": "Search", "indexName": "m.by_body", "filters": filters}, "operators": []}
    expected = ("InvalidArgument", f"Invalid argument `query` for `queryStream`: {problem}")
    assert error_of(lambda: messages().begin(NOW).query(query)) == expected


# --- limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("matches", [1024, 1030])
def test_a_search_looks_at_1024_documents_and_fails_beyond(matches: int) -> None:
    target = messages()
    say(target, *(f"tea {n}" for n in range(matches)))
    transaction = target.begin(NOW)
    stream = transaction.query(search("tea"))
    newest = [f"tea {n}" for n in range(matches)][::-1][:1024]
    assert [document.value["body"] for document in (stream.next() for _ in range(1024)) if document] == newest
    assert error_of(stream.next) == TOO_MANY
    assert found(transaction, search("tea", {"limit": 1024})) == newest


def test_a_search_with_less_than_1024_matches_ends() -> None:
    target = messages()
    say(target, *(f"tea {n}" for n in range(1023)))
    assert len(find(target, search("tea"))) == 1023


def test_results_look_ahead_as_far_as_the_limits_allow() -> None:
    target = messages()
    say(target, *(f"tea {n}" for n in range(1030)))
    reader = target.begin(NOW, writable=False)
    stream = reader.query(search("tea"))
    assert stream.peek(5) == []
    assert stream.next() is not None
    assert len(stream.peek(2000)) == 1023
    assert reader.usage.documents_read == 1
    stream.consume(1023)
    assert reader.usage.documents_read == 1024
    assert error_of(stream.next) == TOO_MANY


def test_each_result_counts_as_a_document_read_by_its_id() -> None:
    target = messages()
    say(target, "tea 1", "tea 2", "tea 3")
    transaction = target.begin(NOW)
    found(transaction, search("tea", {"limit": 2}))
    usage = transaction.usage
    assert (usage.documents_read, usage.database_queries) == (2, 2)
