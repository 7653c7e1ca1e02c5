"""Text search: what is found, and in which order (semantics §12.2)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.values import Int64
from search_kit import find, messages, say, search
from store_kit import field, insert_all, literal, store, table, where

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
