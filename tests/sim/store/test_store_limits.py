"""What counts, and what happens at the limits (semantics §5.8, §7)."""

from __future__ import annotations

from typing import Any

import pytest
from biconvex.sim.store import Store, Transaction, TransactionLimits, TransactionUsage
from biconvex.sim.store.limits import format_bytes
from store_kit import (
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

HELP = (
    "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a "
    "selective index range expressions."
)


@pytest.fixture
def target() -> Store:
    target = store(table("t", {"by_n": ["n"]}))
    insert_all(target, "t", *({"n": float(n)} for n in range(10)))
    return target


@pytest.fixture
def ids(target: Store) -> list[str]:
    return [document["_id"] for document in target.documents("t")]


@pytest.fixture
def size(target: Store, ids: list[str]) -> int:
    document = target.begin(NOW).get(ids[0])
    assert document is not None
    return document.size


def usage(tx: Transaction, **expected: int) -> tuple[TransactionUsage, TransactionUsage]:
    return tx.usage, TransactionUsage(**expected)


def test_the_size_of_a_document_includes_its_system_fields(size: int) -> None:
    fields = {"_creationTime": 9, "_id": 2 + 32, "n": 9}
    assert size == 2 + sum(len(name) + 1 + value for name, value in fields.items())


def test_a_get_counts_each_time_but_is_one_query(target: Store, ids: list[str], size: int) -> None:
    tx = target.begin(NOW)
    tx.get(ids[0])
    tx.get(ids[0])
    found, expected = usage(tx, documents_read=2, bytes_read=2 * size, database_queries=1)
    assert found == expected


def test_a_get_of_nothing_is_a_query_without_a_document(target: Store, ids: list[str]) -> None:
    tx = target.begin(NOW)
    tx.delete(ids[0])
    target.commit(tx, NOW)
    tx = target.begin(NOW)
    tx.get(ids[0])
    found, expected = usage(tx, database_queries=1)
    assert found == expected


def test_rows_dropped_by_a_filter_count(target: Store, size: int) -> None:
    tx = target.begin(NOW)
    collect(tx, scan("t", where({"$eq": [field("n"), literal(3)]})))
    found, expected = usage(tx, documents_read=10, bytes_read=10 * size, database_queries=1)
    assert found == expected


def test_a_limit_reads_no_more_than_it_returns(target: Store, size: int) -> None:
    tx = target.begin(NOW)
    collect(tx, scan("t", {"limit": 2}))
    found, expected = usage(tx, documents_read=2, bytes_read=2 * size, database_queries=1)
    assert found == expected


def test_overlapping_ranges_are_one_query(target: Store) -> None:
    tx = target.begin(NOW)
    collect(tx, index("t.by_n", ("Lt", "n", 3)))
    assert tx.usage.database_queries == 1
    collect(tx, index("t.by_n", ("Gt", "n", 6)))
    assert tx.usage.database_queries == 2
    collect(tx, index("t.by_n", ("Gte", "n", 2), ("Lte", "n", 7)))
    assert tx.usage.database_queries == 1
    collect(tx, scan("t"))
    assert tx.usage.database_queries == 2


def test_gets_within_a_range_of_by_id_are_one_query(target: Store, ids: list[str]) -> None:
    tx = target.begin(NOW)
    for document_id in ids[:4]:
        tx.get(document_id)
    assert tx.usage.database_queries == 4
    collect(tx, index("t.by_id"))
    tx.get(ids[5])
    assert tx.usage.database_queries == 1


def test_a_scan_that_grows_into_another_merges_with_it(target: Store) -> None:
    tx = target.begin(NOW)
    collect(tx, index("t.by_n", ("Eq", "n", 5)))
    stream = tx.query(index("t.by_n"))
    for expected in (2, 2, 2, 2, 2, 1):
        stream.next()
        assert tx.usage.database_queries == expected


def test_writes_count_each_time_and_read_what_they_change(target: Store, ids: list[str], size: int) -> None:
    tx = target.begin(NOW)
    tx.patch(ids[0], {"n": 100.0})
    tx.replace(ids[0], {"n": 101.0})
    tx.delete(ids[0])
    found, expected = usage(
        tx,
        documents_read=3,
        bytes_read=3 * size,
        database_queries=1,
        documents_written=3,
        bytes_written=2 * size,
    )
    assert found == expected


def test_an_insert_is_no_read_even_when_it_is_read(target: Store, size: int) -> None:
    tx = target.begin(NOW)
    document_id = tx.insert("t", {"n": 1.0})
    assert tx.usage == TransactionUsage(documents_written=1, bytes_written=size)
    tx.get(document_id)
    assert (tx.usage.database_queries, tx.usage.documents_read) == (0, 1)


def test_a_patch_that_changes_nothing_counts_only_its_read(target: Store, ids: list[str], size: int) -> None:
    tx = target.begin(NOW)
    tx.patch(ids[3], {"n": 3.0})
    found, expected = usage(tx, documents_read=1, bytes_read=size, database_queries=1)
    assert found == expected


def test_a_count_is_a_query_that_reads_no_document(target: Store) -> None:
    tx = target.begin(NOW)
    assert tx.count("t") == 10
    assert tx.usage == TransactionUsage(database_queries=1)


def limited(target: Store, **limits: int) -> Transaction:
    return target.begin(NOW, TransactionLimits(**limits))


def test_the_document_after_the_last_allowed_is_counted_and_refused(target: Store) -> None:
    tx = limited(target, documents_read=3)
    stream = tx.query(scan("t"))
    for _ in range(3):
        stream.next()
    assert error_of(stream.next) == (
        "TooManyDocumentsRead",
        f"Too many documents read in a single function execution (limit: 3). {HELP}",
    )
    assert tx.usage.documents_read == 4


def test_too_many_bytes_read(target: Store, ids: list[str], size: int) -> None:
    tx = limited(target, bytes_read=2 * size)
    tx.get(ids[0])
    tx.get(ids[0])
    assert error_of(lambda: tx.get(ids[1])) == (
        "TooManyBytesRead",
        f"Too many bytes read in a single function execution (limit: {2 * size} bytes). {HELP}",
    )
    assert tx.usage.bytes_read == 3 * size


def test_too_many_queries(target: Store, ids: list[str]) -> None:
    tx = limited(target, database_queries=2)
    tx.get(ids[0])
    tx.get(ids[1])
    tx.get(ids[0])
    assert error_of(lambda: tx.get(ids[2])) == (
        "TooManyReads",
        f"Too many reads in a single function execution (limit: 2). {HELP}",
    )


def test_scans_that_have_merged_since_are_not_too_many(target: Store) -> None:
    tx = limited(target, database_queries=2)
    collect(tx, index("t.by_n", ("Eq", "n", 2)))
    stream = tx.query(index("t.by_n"))
    for _ in range(4):
        stream.next()
    collect(tx, index("t.by_n", ("Eq", "n", 8)))
    assert tx.usage.database_queries == 2


def test_too_many_writes(target: Store) -> None:
    tx = limited(target, documents_written=2)
    tx.insert("t", {})
    tx.insert("t", {})
    assert error_of(lambda: tx.insert("t", {})) == (
        "TooManyWrites",
        "Too many writes in a single function execution (limit: 2)",
    )
    assert tx.usage.documents_written == 3
    assert len(target.commit(tx, NOW).writes) == 2


@pytest.mark.parametrize(("limit", "shown"), [(1 << 24, "16 MiB"), (1 << 20, "1 MiB"), (1_500_000, "1.5 MB")])
def test_too_many_bytes_written(target: Store, limit: int, shown: str) -> None:
    tx = limited(target, bytes_written=limit)
    while tx.usage.bytes_written + 500_200 <= limit:
        tx.insert("t", {"text": "x" * 500_000})
    assert error_of(lambda: tx.insert("t", {"text": "x" * 500_000})) == (
        "TooManyBytesWritten",
        f"Too many bytes written in a single function execution (limit: {shown})",
    )


def test_the_default_limits_are_those_of_the_backend() -> None:
    assert TransactionLimits() == TransactionLimits(32_000, 16_777_216, 4_096, 16_000, 16_777_216)


def test_rows_are_handed_out_ahead_only_within_the_limits(target: Store, size: int) -> None:
    for limits in ({"documents_read": 5}, {"bytes_read": 5 * size}):
        tx = limited(target, **limits)
        first, second = tx.query(scan("t")), tx.query(index("t.by_n"))
        first.next()
        second.next()
        ahead = [len(first.peek(2)), len(second.peek(9))]
        assert ahead == [2, 1]
        first.consume(2)
        second.consume(1)
        assert error_of(first.next)[0] in ("TooManyDocumentsRead", "TooManyBytesRead")


def test_system_tables_have_no_limits(target: Store) -> None:
    tx = limited(target, documents_read=0, documents_written=0, bytes_read=0, bytes_written=0)
    for _ in range(3):
        tx.insert_system("_storage", {})
    assert len(drain(tx.query(scan("_storage")))) == 3


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (8_388_608, "8 MiB"),
        (1_534, "1534 bytes"),
        (1_024, "1 KiB"),
        (1_000, "1 KB"),
        (0, "0 bytes"),
        (4_718_592, "4.5 MiB"),
    ],
)
def test_sizes_are_shown_in_the_unit_that_divides_them(count: int, shown: str) -> None:
    assert format_bytes(count) == shown


def test_the_limits_can_be_narrowed_and_restored(target: Store, ids: list[str]) -> None:
    tx: Any = target.begin(NOW)
    tx.get(ids[0])
    whole, tx.limits = tx.limits, TransactionLimits(documents_read=1)
    assert error_of(lambda: tx.get(ids[1]))[0] == "TooManyDocumentsRead"
    tx.limits = whole
    assert tx.get(ids[1]) is not None
