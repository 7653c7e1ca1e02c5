"""Snapshots, conflicts, savepoints and what is kept for whom (semantics §6.1, §6.2)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim.store import Conflict, Store, Transaction
from biconvex.sim.values import InternalError
from store_kit import NOW, NOW_MS, collect, index, insert_all, internal_ids, scan, schema, store, table


@pytest.fixture
def target() -> Store:
    target = store(table("t", {"by_n": ["n"]}), table("u"))
    insert_all(target, "t", *({"n": float(n)} for n in range(10)))
    return target


@pytest.fixture
def ids(target: Store) -> list[str]:
    return [document["_id"] for document in target.documents("t")]


def conflict_of(target: Store, tx: Transaction) -> tuple[str | None, str | None, str | None]:
    with pytest.raises(Conflict) as caught:
        target.commit(tx, NOW)
    return caught.value.table, caught.value.id, caught.value.by


# Snapshots.


def test_a_transaction_sees_the_database_as_it_was_when_it_began(target: Store, ids: list[str]) -> None:
    old = target.begin(NOW)
    tx = target.begin(NOW)
    tx.patch(ids[0], {"n": 100.0})
    tx.delete(ids[1])
    tx.insert("t", {"n": 5.5})
    target.commit(tx, NOW)
    tx = target.begin(NOW)
    tx.patch(ids[0], {"n": 0.5})
    target.commit(tx, NOW)

    everything = [float(n) for n in range(10)]
    assert collect(old, scan("t")) == everything
    assert collect(old, index("t.by_n")) == everything
    assert collect(old, index("t.by_n", order="desc")) == everything[::-1]
    assert sorted(collect(old, index("t.by_id"))) == everything
    assert [old.get(document_id).value["n"] for document_id in ids[:2]] == [0.0, 1.0]  # type: ignore[union-attr]
    assert old.count("t") == 10

    new = target.begin(NOW)
    assert collect(new, index("t.by_n")) == [0.5, 2.0, 3.0, 4.0, 5.0, 5.5, 6.0, 7.0, 8.0, 9.0]
    assert new.get(ids[1]) is None
    assert new.count("t") == 10


def test_a_key_that_was_left_and_taken_again_is_found_once(target: Store, ids: list[str]) -> None:
    old = target.begin(NOW)
    for n in (50.0, 0.0, 50.0, 0.0):
        tx = target.begin(NOW)
        tx.patch(ids[0], {"n": n})
        target.commit(tx, NOW)
    assert collect(target.begin(NOW), index("t.by_n", ("Eq", "n", 0))) == [0.0]
    assert collect(old, index("t.by_n", ("Eq", "n", 0))) == [0.0]


def test_old_versions_go_with_the_last_snapshot_that_needs_them(target: Store, ids: list[str]) -> None:
    first = target.begin(NOW)
    insert_all(target, "t", {"n": 20.0})
    second = target.begin(NOW)
    tx = target.begin(NOW)
    tx.patch(ids[0], {"n": 100.0})
    tx.delete(ids[1])
    target.commit(tx, NOW)
    assert kept(target) == 3
    first.discard()
    assert kept(target) == 2
    assert collect(second, index("t.by_n", ("Lt", "n", 2))) == [0.0, 1.0]
    second.discard()
    assert kept(target) == 0
    found: Any = target.tables.get("t")
    assert found.count == 10
    assert [len(keys) for keys in found._indexes] == [10, 10]


def test_each_of_several_snapshots_keeps_its_own_version(target: Store, ids: list[str]) -> None:
    snapshots = []
    for n in (10.0, 20.0, 30.0, 40.0):
        snapshots.append(target.begin(NOW))
        tx = target.begin(NOW)
        tx.patch(ids[0], {"n": n})
        target.commit(tx, NOW)
    for expected, snapshot in zip((0.0, 10.0, 20.0, 30.0), snapshots, strict=True):
        assert snapshot.get(ids[0]).value["n"] == expected  # type: ignore[union-attr]
        assert collect(snapshot, index("t.by_n", order="desc"))[0] == max(expected, 9.0)
        assert snapshot.count("t") == 10
        snapshot.discard()
    assert kept(target) == 0


def test_a_snapshot_counts_what_it_sees(target: Store, ids: list[str]) -> None:
    snapshots = [target.begin(NOW)]
    insert_all(target, "t", {"n": 20.0}, {"n": 21.0})
    snapshots.append(target.begin(NOW))
    tx = target.begin(NOW)
    tx.delete(ids[0])
    target.commit(tx, NOW)
    snapshots.append(target.begin(NOW))
    assert [snapshot.count("t") for snapshot in snapshots] == [10, 12, 11]


def kept(target: Store) -> int:
    assert len(target._log) == len({ts for ts, _, _ in target._kept})
    return len(target._kept)


def test_a_serial_history_keeps_nothing(target: Store, ids: list[str]) -> None:
    for n in range(5):
        tx = target.begin(NOW)
        tx.patch(ids[0], {"n": float(n)})
        target.commit(tx, NOW)
    assert (len(target._log), len(target._kept)) == (0, 0)


def test_a_stale_reader_sees_the_snapshot_without_the_writes_and_leaves_no_dependency(
    target: Store, ids: list[str]
) -> None:
    tx = target.begin(NOW)
    tx.delete(ids[0])
    reader = tx.stale_reader()
    assert collect(reader, scan("t", {"limit": 1})) == [0.0]
    assert reader.usage.documents_read == 1
    reader.discard()
    assert tx.usage.documents_read == 1
    insert_all(target, "t", {"n": 1.5})
    target.commit(tx, NOW)


def test_timestamps_of_commits_grow_whatever_the_clock_says(target: Store) -> None:
    stamps = []
    for ts in (NOW, NOW, NOW - 50, NOW + 10):
        tx = target.begin(ts)
        tx.insert("t", {})
        stamps.append(target.commit(tx, ts).ts)
    assert stamps == [NOW + 1, NOW + 2, NOW + 3, NOW + 10]
    assert target.last_ts == NOW + 10


def test_a_transaction_begins_no_earlier_than_the_last_commit(target: Store) -> None:
    assert target.begin(0).begin_ts == target.last_ts
    assert target.begin(NOW + 7).begin_ts == NOW + 7


def test_creation_times_never_go_back(target: Store) -> None:
    last = target.documents("t")[-1]["_creationTime"]
    tx = target.begin(0)
    tx.insert("t", {"n": 11.0})
    target.commit(tx, 0)
    assert target.documents("t")[-1]["_creationTime"] == math.nextafter(last, math.inf)
    assert last > NOW_MS


def test_a_commit_lists_its_writes_in_the_order_of_the_first_touch(target: Store, ids: list[str]) -> None:
    tx = target.begin(NOW)
    tx.patch(ids[2], {"n": 22.0})
    inserted = tx.insert("u", {"n": 1.0})
    tx.delete(ids[1])
    tx.patch(ids[2], {"n": 23.0})
    commit = target.commit(tx, NOW, "m:f")
    assert commit.source == "m:f"
    assert [
        (
            write.table,
            write.id,
            write.before and write.before.value["n"],
            write.after and write.after.value["n"],
        )
        for write in commit.writes
    ] == [("t", ids[2], 2.0, 23.0), ("u", inserted, None, 1.0), ("t", ids[1], 1.0, None)]


def test_documents_are_copies(target: Store) -> None:
    insert_all(target, "u", {"list": [{"a": 1.0}]})
    target.documents("u")[0]["list"][0]["a"] = 2.0
    assert target.documents("u")[0]["list"] == [{"a": 1.0}]


def test_a_transaction_ends_once(target: Store) -> None:
    tx = target.begin(NOW)
    target.commit(tx, NOW)
    tx.discard()
    with pytest.raises(InternalError, match="a transaction was ended twice"):
        target.commit(tx, NOW)


# Conflicts.

READS: dict[str, tuple[Callable[[Transaction, list[str]], object], list[float]]] = {
    # What is read, and which of 0.0 … 9.0 it depends on.
    "a get": (lambda tx, ids: tx.get(ids[3]), [3]),
    "the first of an index": (lambda tx, _: tx.query(index("t.by_n", operators=({"limit": 1},))).next(), [0]),
    "the last of an index": (
        lambda tx, _: tx.query(index("t.by_n", order="desc", operators=({"limit": 1},))).next(),
        [9],
    ),
    "a range": (lambda tx, _: collect(tx, index("t.by_n", ("Gte", "n", 2), ("Lt", "n", 5))), [2, 3, 4]),
    "a page": (lambda tx, _: tx.paginate(index("t.by_n"), None, page_size=2), [0, 1]),
    "a count": (lambda tx, _: tx.count("t"), list(range(10))),
    "a write": (lambda tx, ids: tx.patch(ids[7], {"n": 7.25}), [7]),
    "a prefetched page": (lambda tx, _: tx.query(scan("t")).next(), [0]),
    "rows that a filter drops": (
        lambda tx, _: tx.query(
            scan("t", {"filter": {"$eq": [{"$field": "n"}, {"$literal": 2}]}}, {"limit": 1})
        ).next(),
        [0, 1, 2],
    ),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("changed", range(10))
def test_a_change_of_what_was_read_conflicts_and_any_other_does_not(
    target: Store, ids: list[str], read: str, changed: int
) -> None:
    action, depends_on = READS[read]
    tx = target.begin(NOW)
    action(tx, ids)
    tx.insert("u", {})
    other = target.begin(NOW)
    other.patch(ids[changed], {"x": 1.0})
    target.commit(other, NOW, "other:mutation")
    if changed in depends_on:
        assert conflict_of(target, tx) == ("t", ids[changed], "other:mutation")
    else:
        assert len(target.commit(tx, NOW).writes) == 1 + (read == "a write")


INSERTIONS = [
    # A range, how much is consumed, and where an insertion matters.
    (
        index("t.by_n", ("Gt", "n", 2), ("Lte", "n", 5)),
        2,
        {2.5: True, 3.5: True, 4.5: False, 5.0: False, 2.0: False},
    ),
    (index("t.by_n", ("Gt", "n", 2), ("Lte", "n", 5)), 4, {2.5: True, 4.5: True, 5.0: True, 5.5: False}),
    (index("t.by_n", ("Gt", "n", 2), order="desc"), 1, {9.5: True, 8.5: False, 2.5: False}),
    (index("t.by_n", ("Gt", "n", 90)), 1, {90.5: True, 90.0: False, 89.0: False}),
    (index("t.by_n", ("Eq", "n", 3), operators=({"limit": 1},)), 2, {3.0: False, 2.5: False}),
    (index("t.by_n", ("Eq", "n", 3), operators=({"limit": 2},)), 2, {3.0: True, 2.5: False}),
]


@pytest.mark.parametrize(
    ("case", "value"), [(n, value) for n, case in enumerate(INSERTIONS) for value in case[2]]
)
def test_an_insertion_conflicts_where_the_range_was_consumed(target: Store, case: int, value: float) -> None:
    query, consumed, outcomes = INSERTIONS[case]
    tx = target.begin(NOW)
    stream = tx.query(query)
    for _ in range(consumed):
        stream.next()
    tx.insert("u", {})
    (inserted,) = insert_all(target, "t", {"n": value}, source="a:b")
    if outcomes[value]:
        assert conflict_of(target, tx) == ("t", inserted, "a:b")
    else:
        target.commit(tx, NOW)


def test_a_document_that_moves_out_of_the_range_conflicts(target: Store, ids: list[str]) -> None:
    tx = target.begin(NOW)
    collect(tx, index("t.by_n", ("Lt", "n", 3)))
    tx.insert("u", {})
    other = target.begin(NOW)
    other.patch(ids[1], {"n": 50.0})
    target.commit(other, NOW)
    assert conflict_of(target, tx) == ("t", ids[1], None)


def test_a_get_of_nothing_conflicts_with_its_deletion_alone(target: Store, ids: list[str]) -> None:
    deleted = target.begin(NOW)
    deleted.delete(ids[0])
    target.commit(deleted, NOW)
    tx = target.begin(NOW)
    assert tx.get(ids[0]) is None
    tx.insert("u", {})
    insert_all(target, "t", {"n": 0.0})
    target.commit(tx, NOW)


def test_two_writers_of_one_document_conflict(target: Store, ids: list[str]) -> None:
    first, second = target.begin(NOW), target.begin(NOW)
    first.patch(ids[0], {"n": 1.0})
    second.delete(ids[0])
    target.commit(first, NOW, "m:first")
    assert conflict_of(target, second) == ("t", ids[0], "m:first")
    assert target.documents("t")[0]["n"] == 1.0


def test_a_transaction_without_writes_never_conflicts(target: Store, ids: list[str]) -> None:
    reader = target.begin(NOW)
    collect(reader, scan("t"))
    writer = target.begin(NOW)
    writer.delete(ids[0])
    target.commit(writer, NOW)
    assert target.commit(reader, NOW).writes == ()


def test_blind_inserts_do_not_conflict(target: Store) -> None:
    first, second = target.begin(NOW), target.begin(NOW)
    first.insert("t", {"n": 50.0})
    second.insert("t", {"n": 50.0})
    target.commit(first, NOW)
    target.commit(second, NOW)
    assert collect(target.begin(NOW), index("t.by_n", ("Eq", "n", 50))) == [50.0, 50.0]


def test_the_first_commit_that_conflicts_is_named(target: Store, ids: list[str]) -> None:
    tx = target.begin(NOW)
    collect(tx, scan("t"))
    tx.insert("u", {})
    for source, document_id in (("m:one", ids[4]), ("m:two", ids[2])):
        other = target.begin(NOW)
        other.patch(document_id, {"x": 1.0})
        target.commit(other, NOW, source)
    assert conflict_of(target, tx) == ("t", ids[4], "m:one")


def test_a_conflict_ends_the_transaction(target: Store, ids: list[str]) -> None:
    tx = target.begin(NOW)
    tx.patch(ids[0], {"n": 5.0})
    other = target.begin(NOW)
    other.delete(ids[0])
    target.commit(other, NOW)
    conflict_of(target, tx)
    assert (len(target._log), len(target._kept), len(target._open)) == (0, 0, 0)


def test_reading_a_table_that_does_not_exist_conflicts_with_its_creation(target: Store) -> None:
    tx = target.begin(NOW)
    assert collect(tx, scan("new")) == []
    tx.insert("u", {})
    (inserted,) = insert_all(target, "new", {}, source="m:f")
    assert conflict_of(target, tx) == ("new", inserted, "m:f")


def test_two_creations_of_tables_conflict(target: Store) -> None:
    first, second = target.begin(NOW), target.begin(NOW)
    first.insert("new", {})
    second.insert("other", {})
    target.commit(first, NOW, "m:first")
    assert conflict_of(target, second) == (None, None, "m:first")


def test_a_read_set_tells_of_conflicts_after_the_end_of_its_transaction(
    target: Store, ids: list[str]
) -> None:
    query = target.begin(NOW, writable=False)
    collect(query, index("t.by_n", ("Lt", "n", 3)))
    reads = query.reads
    query.discard()
    outcomes = []
    for document_id in (ids[5], ids[2]):
        tx = target.begin(NOW)
        tx.patch(document_id, {"x": 1.0})
        outcomes.append(reads.conflicts_with(target.commit(tx, NOW)))
    assert outcomes == [None, ("t", ids[2])]


# Savepoints.


def test_a_rollback_undoes_the_writes_since_its_savepoint(target: Store, ids: list[str]) -> None:
    tx = target.begin(NOW)
    tx.patch(ids[0], {"n": 0.5})
    collect(tx, index("t.by_n"))
    before = tx.usage.documents_written, tx.usage.bytes_written
    token = tx.savepoint()
    tx.patch(ids[0], {"n": 70.0})
    tx.delete(ids[1])
    tx.insert("t", {"n": 80.0})
    tx.insert("fresh", {})
    tx.delete(ids[0])
    assert collect(tx, index("t.by_n"))[0] == 2.0
    tx.rollback_to(token)
    assert collect(tx, index("t.by_n"))[:3] == [0.5, 1.0, 2.0]
    assert tx.count("t") == 10
    assert (tx.usage.documents_written, tx.usage.bytes_written) == before
    assert tx.tables.number_of("fresh") is None
    assert [write.id for write in target.commit(tx, NOW).writes] == [ids[0]]
    assert target.tables.number_of("fresh") is None


def test_savepoints_nest(target: Store, ids: list[str]) -> None:
    tx = target.begin(NOW)
    outer = tx.savepoint()
    tx.patch(ids[0], {"n": 20.0})
    inner = tx.savepoint()
    tx.patch(ids[0], {"n": 30.0})
    tx.rollback_to(inner)
    assert tx.get(ids[0]).value["n"] == 20.0  # type: ignore[union-attr]
    tx.rollback_to(outer)
    assert tx.get(ids[0]).value["n"] == 0.0  # type: ignore[union-attr]
    assert target.commit(tx, NOW).writes == ()


def test_a_rollback_keeps_reads_and_does_not_give_a_creation_time_twice(
    target: Store, ids: list[str]
) -> None:
    tx = target.begin(NOW)
    token = tx.savepoint()
    tx.get(ids[4])
    first = tx.get(tx.insert("t", {}))
    tx.rollback_to(token)
    second = tx.get(tx.insert("t", {}))
    assert first is not None
    assert second is not None
    assert second.creation_time == math.nextafter(first.creation_time, math.inf)
    assert tx.usage.documents_read == 3
    other = target.begin(NOW)
    other.delete(ids[4])
    target.commit(other, NOW)
    assert conflict_of(target, tx)[:2] == ("t", ids[4])


def test_two_stores_with_the_same_ids_and_calls_are_the_same() -> None:
    def run() -> list[dict[str, Any]]:
        target = Store(schema(table("t", {"by_n": ["n"]})), internal_ids())
        insert_all(target, "t", *({"n": float(n % 3)} for n in range(20)))
        tx = target.begin(NOW)
        for document_id in collect(tx, index("t.by_n", ("Eq", "n", 1)), "_id"):
            tx.patch(document_id, {"n": 5.0})
        target.commit(tx, NOW)
        return target.documents("t")

    assert run() == run()
