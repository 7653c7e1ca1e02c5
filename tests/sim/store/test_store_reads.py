"""Which commits may change what a transaction read, for caches and subscribers (semantics §6.5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from biconvex.sim.store import TABLE_LIST, Conflict, Store, Transaction
from biconvex.sim.values import DeveloperError, encode_id
from store_kit import NOW, collect, index, insert_all, scan, store, table

UNKNOWN = encode_id(10_003, bytes(16))


@pytest.fixture
def target() -> Store:
    target = store(table("t", {"by_n": ["n"]}), table("u"))
    insert_all(target, "t", *({"n": float(n)} for n in range(3)))
    return target


def failing_query(tx: Transaction) -> None:
    with pytest.raises(DeveloperError, match=r"Index later\.by_creation_time not found\."):
        tx.query(index("later.by_creation_time"))


@pytest.mark.parametrize(
    ("read", "tables"),
    [
        (lambda tx: None, []),
        (lambda tx: tx.count("u"), ["u"]),
        (lambda tx: collect(tx, scan("later")), ["later"]),
        (lambda tx: tx.normalize_id("t", "x"), []),
        (lambda tx: tx.normalize_id("later", UNKNOWN), [TABLE_LIST]),
        (lambda tx: tx.get(UNKNOWN), [TABLE_LIST]),
        (failing_query, [TABLE_LIST]),
    ],
    ids=["nothing", "table", "missing-table", "known-table", "name", "number", "index"],
)
def test_a_read_set_names_its_tables(
    target: Store, read: Callable[[Transaction], object], tables: list[str]
) -> None:
    tx = target.begin(NOW)
    read(tx)
    assert tx.reads.tables == tables


def test_what_was_read_is_touched_by_a_change_of_it_and_by_no_other(target: Store) -> None:
    tx = target.begin(NOW)
    collect(tx, index("t.by_n", ("Gt", "n", 1.0)))
    insert_all(target, "t", {"n": 0.5})
    assert target.is_current(tx)
    insert_all(target, "t", {"n": 1.5})
    assert not target.is_current(tx)


def test_a_table_that_was_looked_for_is_noticed_when_it_comes_to_be(target: Store) -> None:
    reader = target.begin(NOW, writable=False)
    assert reader.normalize_id("later", UNKNOWN) is None
    insert_all(target, "u", {})
    assert target.is_current(reader)
    insert_all(target, "later", {})
    assert not target.is_current(reader)


def test_a_writer_that_looked_for_a_table_conflicts_with_its_creation(target: Store) -> None:
    tx = target.begin(NOW)
    tx.insert("u", {"found": tx.normalize_id("later", UNKNOWN)})
    insert_all(target, "later", {})
    with pytest.raises(Conflict, match=r"^the list of tables was changed by another commit"):
        target.commit(tx, NOW)
