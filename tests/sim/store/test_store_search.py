"""Text search: what is found, and in which order (semantics §12.2)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.values import Int64, pending_from_json, to_json
from search_kit import find, found, messages, say, search
from store_kit import NOW, error_of, field, insert_all, literal, store, table, where

# --- tokens ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Hello, WORLD!", "world"),
        ("snake_case", "case"),
        ("it's", "it"),
        ("e-mail", "mail"),
        ("route 66", "66"),
        ("ÄRGER", "ärger"),
        ("ΟΔΟΣ", "οδοσ"),
        ("日本語 テスト", "日本語"),
        ("½ price", "½"),
        ("Ⓐ sign", "ⓐ"),
        ("हिन्दी", "दी"),
        ("x" * 31, "x" * 31),
    ],
)
def test_a_text_is_split_at_whatever_is_no_letter_or_number_and_case_is_ignored(
    text: str, query: str
) -> None:
    target = messages()
    say(target, text)
    assert find(target, search(query)) == [text]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("running", "run-time"),
        ("mice", "mouse"),
        ("हिन्दी", "ह x"),
        ("x" * 32, "x" * 32),
        ("é" * 16, "é" * 16),
    ],
)
def test_words_are_not_stemmed_and_those_of_32_bytes_or_more_are_dropped(text: str, query: str) -> None:
    target = messages()
    say(target, text)
    assert find(target, search(query)) == []


def test_a_document_matches_that_has_any_of_the_tokens() -> None:
    target = messages()
    say(target, "red apple", "green pear", "blue plum")
    assert find(target, search("plum red")) == ["red apple", "blue plum"][::-1]


def test_only_the_last_token_stands_for_words_that_begin_with_it() -> None:
    target = messages()
    say(target, "apple", "pears")
    assert find(target, search("app pear")) == ["pears"]
    assert find(target, search("pear app")) == ["apple"]


def test_tokens_after_the_sixteenth_are_ignored() -> None:
    target = messages()
    say(target, "sixteen", "seventeen")
    fillers = " ".join(f"w{n}" for n in range(15))
    assert find(target, search(f"{fillers} sixteen seventeen")) == ["sixteen"]


def test_a_prefix_stands_for_the_first_64_words_that_begin_with_it() -> None:
    target = messages()
    say(target, *(f"p{n:03}" for n in range(80)))
    assert sorted(find(target, search("p"))) == [f"p{n:03}" for n in range(64)]
    assert sorted(find(target, search("p079 p"))) == [f"p{n:03}" for n in range(63)] + ["p079"]


def test_filters_count_among_the_64_words() -> None:
    target = messages()
    say(target, *(f"p{n:03}" for n in range(80)), channel="a")
    assert len(find(target, search("p", channel="a"))) == 63


@pytest.mark.parametrize("text", ["", " ", "?!", "x" * 40])
def test_a_search_for_no_token_finds_nothing(text: str) -> None:
    target = messages()
    say(target, "hello")
    assert find(target, search(text)) == []


@pytest.mark.parametrize("body", [None, 7.0, ["hello"], {"hello": "hello"}, b"hello"])
def test_only_text_is_found(body: Any) -> None:
    target = messages()
    insert_all(target, "m", {"body": body}, {})
    assert find(target, search("hello")) == []


def test_a_search_field_may_be_within_an_object() -> None:
    target = store(
        table("m", searchIndexes=[{"indexDescriptor": "s", "searchField": "a.b", "filterFields": []}])
    )
    insert_all(target, "m", {"a": {"b": "deep"}, "body": "1"}, {"a": "deep", "body": "2"})
    query = {
        "type": "Search",
        "indexName": "m.s",
        "filters": [{"type": "Search", "fieldPath": "a.b", "value": "deep"}],
    }
    assert find(target, {"source": query, "operators": []}) == ["1"]


# --- relevance -------------------------------------------------------------------------------------------


def test_rare_words_weigh_more_than_common_ones() -> None:
    target = messages()
    say(target, "common one", "common two", "rare three")
    assert find(target, search("rare common"))[0] == "rare three"


def test_a_word_that_occurs_more_often_weighs_more() -> None:
    target = messages()
    say(target, "tea tea tea", "tea and milk", "water or wine")
    assert find(target, search("tea")) == ["tea tea tea", "tea and milk"]


def test_a_word_weighs_more_in_a_short_text() -> None:
    target = messages()
    say(target, "tea", "tea with quite some milk and sugar")
    assert find(target, search("tea")) == ["tea", "tea with quite some milk and sugar"]


def test_a_word_that_only_begins_with_the_token_weighs_half() -> None:
    target = messages()
    say(target, "tea", "teapot")
    assert find(target, search("tea")) == ["tea", "teapot"]


def test_among_equals_the_newest_comes_first() -> None:
    target = messages()
    say(target, "tea a", "tea b")
    say(target, "tea c")
    assert find(target, search("tea")) == ["tea c", "tea b", "tea a"]


def test_lengths_are_told_apart_only_roughly_beyond_40_words() -> None:
    target = messages()
    say(target, "tea " + "x " * 40, "tea " + "y " * 39, "tea " + "z " * 41)
    # 41 and 40 words count as 40, 42 as 42.
    assert [body[4] for body in find(target, search("tea"))] == ["y", "x", "z"]


# --- filters ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "json"),
    [("a", "a"), (1.0, 1.0), (Int64(1), {"$integer": "AQAAAAAAAAA="}), (None, None), ([1.0], [1.0])],
)
def test_a_filter_takes_what_equals_its_value_type_included(value: Any, json: Any) -> None:
    target = messages()
    for channel in ("a", 1.0, Int64(1), None, [1.0]):
        insert_all(target, "m", {"body": f"tea {channel!r}", "channel": channel})
    insert_all(target, "m", {"body": "tea without"})
    assert find(target, search("tea", channel=json)) == [f"tea {value!r}"]


def test_a_filter_for_undefined_takes_documents_without_the_field() -> None:
    target = messages()
    insert_all(target, "m", {"body": "tea a", "channel": None}, {"body": "tea b"})
    assert find(target, search("tea", channel={"$undefined": None})) == ["tea b"]


def test_every_filter_must_be_met() -> None:
    target = messages()
    say(target, "tea 1", channel="a", pinned=True)
    say(target, "tea 2", channel="a", pinned=False)
    say(target, "tea 3", channel="b", pinned=True)
    assert find(target, search("tea", channel="a", pinned=True)) == ["tea 1"]
    assert find(target, search("tea", channel="c", pinned=True)) == []


def test_filter_and_limit_apply_to_the_results() -> None:
    target = messages()
    say(target, "tea 1", "tea 2", "tea 3")
    not_3 = where({"$neq": [field("body"), literal("tea 3")]})
    assert find(target, search("tea", not_3, {"limit": 1})) == ["tea 2"]
    assert find(target, search("tea", {"limit": 1}, not_3)) == []


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

TOO_MANY = (
    "SearchQueryScannedTooManyDocumentsError",
    (
        "Search query scanned too many documents (fetched 1024). Consider using a smaller limit, paginating the query, or "
        "using a filter field to limit the number of documents pulled from the search index."
    ),
)


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


# --- what a transaction sees -----------------------------------------------------------------------------


def test_a_search_sees_the_transactions_own_writes() -> None:
    target = messages()
    first, second = say(target, "tea 1", "coffee 2")
    transaction = target.begin(NOW)
    assert found(transaction, search("tea")) == ["tea 1"]
    transaction.patch(second, {"body": "tea 2"})
    transaction.delete(first)
    transaction.insert("m", {"body": "tea 3"})
    assert found(transaction, search("tea")) == ["tea 3", "tea 2"]
    assert found(transaction, search("coffee")) == []
    assert found(transaction, search("te", channel={"$undefined": None})) == ["tea 3", "tea 2"]


def test_a_search_no_longer_sees_what_was_rolled_back() -> None:
    target = messages()
    (first,) = say(target, "tea 1")
    transaction = target.begin(NOW)
    assert found(transaction, search("tea")) == ["tea 1"]
    token = transaction.savepoint()
    transaction.delete(first)
    transaction.insert("m", {"body": "tea 2"})
    assert found(transaction, search("tea")) == ["tea 2"]
    transaction.rollback_to(token)
    assert found(transaction, search("tea")) == ["tea 1"]


def test_a_search_sees_its_snapshot_whatever_is_committed_later() -> None:
    target = messages()
    first, _ = say(target, "tea 1", "tea 2")
    reader = target.begin(NOW, writable=False)
    searched = target.begin(NOW, writable=False)
    assert found(searched, search("tea")) == ["tea 2", "tea 1"]
    writer = target.begin(NOW)
    writer.patch(first, {"body": "coffee 1"})
    writer.insert("m", {"body": "tea 3"})
    target.commit(writer, NOW)
    assert found(reader, search("tea")) == found(searched, search("tea")) == ["tea 2", "tea 1"]
    assert find(target, search("tea")) == ["tea 3", "tea 2"]
    assert find(target, search("coffee")) == ["coffee 1"]


def test_statistics_are_those_of_the_snapshot() -> None:
    # `rare` is rarer than `common` in the snapshot; what is committed later would turn it round.
    target = messages()
    say(target, "common a", "common b", "rare c")
    reader = target.begin(NOW, writable=False)
    say(target, *(f"rare {n}" for n in range(9)))
    assert found(reader, search("common rare"))[0] == "rare c"
    assert find(target, search("common rare"))[0] == "common b"


def test_a_deletion_by_two_transactions_is_seen_by_each_at_once() -> None:
    target = messages()
    (first,) = say(target, "tea")
    late = target.begin(NOW)
    assert found(late, search("tea")) == ["tea"]
    early = target.begin(NOW)
    early.delete(first)
    target.commit(early, NOW)
    assert found(late, search("tea")) == ["tea"]
    late.delete(first)
    assert found(late, search("tea")) == []


def test_a_result_that_is_written_to_before_it_is_read_can_not_be_read() -> None:
    target = messages()
    first, second = say(target, "tea 1", "tea 2")
    transaction = target.begin(NOW)
    stream = transaction.query(search("tea"))
    assert stream.next() is not None
    assert stream.peek(5) == []
    transaction.patch(second, {"body": "coffee"})
    transaction.patch(first, {"channel": "a"})
    assert error_of(stream.next) == (
        "SearchResultChanged",
        (
            f'Document "{first}" was found by the search of m.by_body, and this function changed it before it read it from '
            "the results. Convex fails there with an internal error: collect the results before you write to them."
        ),
    )


def test_a_result_that_the_transaction_has_written_is_read_as_it_is() -> None:
    target = messages()
    say(target, "x")
    transaction = target.begin(NOW)
    own = transaction.insert("m", {"body": "tea 1"})
    transaction.insert("m", {"body": "tea 2"})
    stream = transaction.query(search("tea"))
    assert stream.next() is not None
    transaction.patch(own, {"body": "coffee"})
    document = stream.next()
    assert document is not None
    assert document.value["body"] == "coffee"


# --- pages -----------------------------------------------------------------------------------------------


def test_pages_go_on_where_the_last_one_ended() -> None:
    target = messages()
    say(target, *(f"tea {n}" for n in range(5)))
    bodies, cursor, sizes = [], None, []
    while True:
        transaction = target.begin(NOW)
        page = transaction.paginate(search("tea"), cursor, page_size=2)
        bodies += [document.value["body"] for document in page.documents]
        sizes.append(len(page.documents))
        cursor = page.continue_cursor
        assert (page.split_cursor, page.page_status) == (None, None)
        if page.is_done:
            break
    assert (bodies, sizes) == ([f"tea {n}" for n in (4, 3, 2, 1, 0)], [2, 2, 1])
    assert target.begin(NOW).paginate(search("tea"), cursor).documents == []


def test_equals_are_neither_lost_nor_repeated_between_pages() -> None:
    target = messages()
    # Transactions that begin at once give equal creation times.
    writers = [target.begin(NOW) for _ in range(4)]
    for writer in writers:
        writer.insert("m", {"body": "tea"})
    for writer in writers:
        target.commit(writer, NOW)
    ids, cursor = [], None
    for _ in range(4):
        page = target.begin(NOW).paginate(search("tea"), cursor, page_size=1)
        ids += [document.id for document in page.documents]
        cursor = page.continue_cursor
    assert ids == sorted((document["_id"] for document in target.documents("m")), reverse=True)


def test_a_page_with_an_end_holds_all_up_to_it() -> None:
    target = messages()
    say(target, *(f"tea {n}" for n in range(5)))
    transaction = target.begin(NOW)
    end = transaction.paginate(search("tea"), None, page_size=3).continue_cursor
    page = transaction.paginate(search("tea"), None, end, page_size=1)
    assert [document.value["body"] for document in page.documents] == ["tea 4", "tea 3", "tea 2"]
    assert page.continue_cursor == end


def test_the_cursor_of_another_search_is_refused() -> None:
    target = messages()
    say(target, "tea 1", "tea 2")
    transaction = target.begin(NOW)
    cursor = transaction.paginate(search("tea"), None, page_size=1).continue_cursor
    assert error_of(lambda: transaction.paginate(search("te"), cursor))[0] == "InvalidCursor"


def test_a_page_of_more_than_three_quarters_of_a_search_should_be_split() -> None:
    target = messages()
    say(target, *(f"tea {n}" for n in range(1030)))
    transaction = target.begin(NOW)
    assert transaction.paginate(search("tea"), None, page_size=768).page_status is None
    page = transaction.paginate(search("tea"), None, page_size=769, maximum_rows_read=1)
    assert (len(page.documents), page.page_status, page.split_cursor) == (769, "SplitRecommended", None)


def test_pages_end_after_1024_results() -> None:
    target = messages()
    say(target, *(f"tea {n}" for n in range(1030)))
    transaction = target.begin(NOW)
    first = transaction.paginate(search("tea"), None, page_size=1000)
    second = transaction.paginate(search("tea"), first.continue_cursor, page_size=1000)
    assert (len(second.documents), second.is_done) == (24, True)
    assert error_of(lambda: transaction.paginate(search("tea"), None, page_size=1025)) == TOO_MANY


def test_a_filter_takes_a_document_that_waits_for_the_time_of_its_commit() -> None:
    target = messages()
    transaction = target.begin(NOW)
    transaction.insert("m", {"body": "tea", "channel": pending_from_json({"$commitTs": None})})
    assert found(transaction, search("tea")) == ["tea"]
    assert found(transaction, search("tea", channel="a")) == []
    commit = target.commit(transaction, NOW)
    (document,) = target.documents("m")
    assert document["channel"] == Int64(commit.ts)
    assert find(target, search("tea", channel=to_json(Int64(commit.ts)))) == ["tea"]
