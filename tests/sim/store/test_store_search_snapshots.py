"""Text search: what a transaction sees of it, and its pages (semantics §5.3, §5.6, §12.2)."""

from __future__ import annotations

from biconvex.sim.values import Int64, pending_from_json, to_json
from search_kit import TOO_MANY, find, found, messages, say, search
from store_kit import NOW, error_of

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
