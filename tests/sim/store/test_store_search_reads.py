"""What a transaction that searched depends on: the terms, the prefix and the filters (semantics §6.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim.store import Conflict, Transaction
from search_kit import messages, say, search
from store_kit import NOW, drain

Change = Callable[[Transaction, str], object]


def insert(**fields: Any) -> Change:
    return lambda transaction, _: transaction.insert("m", fields)


def patch(**fields: Any) -> Change:
    return lambda transaction, document_id: transaction.patch(document_id, fields)


def delete(transaction: Transaction, document_id: str) -> object:
    return transaction.delete(document_id)


def conflicts(query: dict[str, Any], change: Change) -> bool:
    """Whether a mutation that searched conflicts with a commit that changes the document "black tea" or inserts one."""
    target = messages()
    (document_id,) = say(target, "black tea", channel="a")
    searcher = target.begin(NOW)
    drain(searcher.query(query))
    searcher.insert("other", {})
    writer = target.begin(NOW)
    change(writer, document_id)
    target.commit(writer, NOW, "writer")
    is_current = target.is_current(searcher)
    if is_current:
        target.commit(searcher, NOW)
        return False
    with pytest.raises(Conflict) as caught:
        target.commit(searcher, NOW)
    assert (caught.value.table, caught.value.by) == ("m", "writer")
    return True


CHANGES = {
    "a new document with a token": (search("tea pot"), insert(body="green tea")),
    "a new document with a word that begins with the last token": (search("pot te"), insert(body="teas")),
    "a result that loses the token": (search("tea"), patch(body="coffee")),
    "a result that goes": (search("tea"), delete),
    "a result whose other fields change": (search("tea"), patch(other=1.0)),
    "a document that gains the token": (search("coffee"), patch(body="coffee")),
    "a new document that meets the filter": (search("tea", channel="a"), insert(body="tea", channel="a")),
    "a document that comes to meet the filter": (search("tea", channel="b"), patch(channel="b")),
    "a document that no longer meets it": (search("tea", channel="a"), patch(channel="b")),
    "any document, after a search for no token": (search("?!"), insert(body="coffee")),
    "any that meets the filter, after a search for no token": (
        search("?!", channel="b"),
        patch(channel="b"),
    ),
}


@pytest.mark.parametrize(("query", "change"), CHANGES.values(), ids=CHANGES.keys())
def test_a_commit_that_may_change_the_results_conflicts(query: dict[str, Any], change: Change) -> None:
    assert conflicts(query, change)


OTHER_CHANGES = {
    "a new document without a token": (search("tea"), insert(body="green coffee")),
    "a new document without text": (search("tea"), insert(body=7.0)),
    "a word that begins with a token before the last": (search("te pot"), insert(body="teas")),
    "a document that wasn't found and doesn't match": (search("milk"), patch(body="coffee")),
    "a new document that doesn't meet the filter": (
        search("tea", channel="a"),
        insert(body="tea", channel="b"),
    ),
    "one that only meets another filter": (search("tea", channel="b"), patch(channel="c")),
    "any document, after a search for the empty text": (search(""), insert(body="tea")),
    "no token and another filter": (search("?!", channel="b"), insert(body="tea", channel="c")),
}


@pytest.mark.parametrize(("query", "change"), OTHER_CHANGES.values(), ids=OTHER_CHANGES.keys())
def test_a_commit_that_can_not_change_the_results_does_not_conflict(
    query: dict[str, Any], change: Change
) -> None:
    assert not conflicts(query, change)


def test_each_search_of_a_transaction_stands_for_itself() -> None:
    target = messages()
    searcher = target.begin(NOW)
    drain(searcher.query(search("tea", channel="a")))
    drain(searcher.query(search("coffee", channel="b")))
    say(target, "tea", channel="b")
    say(target, "coffee", channel="a")
    assert target.is_current(searcher)
    say(target, "coffee", channel="b")
    assert not target.is_current(searcher)


def test_results_that_were_not_read_are_depended_on_only_by_their_terms() -> None:
    target = messages()
    oldest, _ = say(target, "tea 1", "tea 2")
    searcher = target.begin(NOW)
    drain(searcher.query(search("tea", {"limit": 1})))
    writer = target.begin(NOW)
    writer.delete(oldest)
    target.commit(writer, NOW)
    assert not target.is_current(searcher)


def test_a_query_that_has_searched_tells_of_its_table() -> None:
    searcher = messages().begin(NOW, writable=False)
    drain(searcher.query(search("tea")))
    assert searcher.reads.tables == ["m"]


def test_a_search_is_counted_as_no_index_range() -> None:
    searcher = messages().begin(NOW, writable=False)
    drain(searcher.query(search("tea")))
    assert (searcher.usage.database_queries, searcher.usage.documents_read) == (0, 0)
