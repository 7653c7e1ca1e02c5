"""How costs grow: reads with the rows that they give, commits with what they write, neither with the table."""

from __future__ import annotations

from collections.abc import Callable
from math import log2

import pytest
from biconvex.sim.store import Store, Transaction
from growth_kit import allocated_by, counted_comparisons, instructions_of
from store_kit import NOW, drain, index, scan, store, table

FEW, MANY = 500, 16_000
Read = Callable[[Transaction], object]


def filled(count: int) -> Store:
    """A store with so many documents in ten channels."""
    target = store(table("messages", {"by_channel": ["channel"]}), table("others"))
    transaction = target.begin(NOW)
    for n in range(count):
        transaction.insert("messages", {"channel": f"c{n % 10}", "n": float(n)})
    target.commit(transaction, NOW)
    return target


@pytest.fixture(scope="module")
def few() -> Store:
    """A small table."""
    return filled(FEW)


@pytest.fixture(scope="module")
def many() -> Store:
    """A table 32 times as large."""
    return filled(MANY)


def newest(count: int) -> Read:
    """Take the last messages of a channel."""
    query = index("messages.by_channel", ("Eq", "channel", "c3"), order="desc", operators=({"limit": count},))
    return lambda transaction: drain(transaction.query(query))


READS: dict[str, Read] = {
    "newest 10 by index": newest(10),
    "first of the table": lambda transaction: transaction.query(scan("messages")).next(),
    "a page of 10": lambda transaction: transaction.paginate(
        index("messages.by_channel", ("Eq", "channel", "c3")), None, page_size=10
    ),
    "nothing": lambda transaction: drain(
        transaction.query(index("messages.by_channel", ("Eq", "channel", "none")))
    ),
    "the number of documents": lambda transaction: transaction.count("messages"),
    "another table": lambda transaction: drain(transaction.query(scan("others"))),
}


def perform(target: Store, read: Read) -> None:
    transaction = target.begin(NOW)
    read(transaction)
    transaction.discard()


def insert(target: Store, count: int) -> None:
    transaction = target.begin(NOW)
    for n in range(count):
        transaction.insert("messages", {"channel": f"c{n % 10}", "n": float(n)})
    target.commit(transaction, NOW)


@pytest.mark.parametrize("name", READS)
def test_a_read_takes_as_many_steps_in_a_large_table_as_in_a_small_one(
    name: str, few: Store, many: Store
) -> None:
    read = READS[name]
    small, large = (instructions_of(lambda: perform(target, read)) for target in (few, many))  # noqa: B023
    # Keys of ids differ in no step; a slot of a list of lists more or less is found by bisection in C.
    assert abs(large - small) <= small * 0.05


@pytest.mark.parametrize("name", READS)
def test_a_read_copies_nothing_that_grows_with_the_table(name: str, few: Store, many: Store) -> None:
    read = READS[name]
    for target in (few, many):
        perform(target, read)
    small, large = (allocated_by(lambda: perform(target, read)) for target in (few, many))  # noqa: B023
    assert large <= small * 1.2 + 512


def test_a_read_compares_no_more_keys_than_searching_takes() -> None:
    target = filled(MANY)
    with counted_comparisons(target, "messages") as comparisons:
        perform(target, newest(10))
    # Two ends of a range, each found in a list of lists.
    assert 0 < comparisons.count <= 2 * (log2(MANY) + 4)


def test_a_read_takes_steps_for_each_row_that_it_gives(many: Store) -> None:
    one, ten, hundred = (instructions_of(lambda: perform(many, newest(count))) for count in (1, 11, 101))  # noqa: B023
    assert hundred - one == pytest.approx(10 * (ten - one), rel=0.1)


def test_an_insertion_takes_as_many_steps_in_a_large_table_as_in_a_small_one() -> None:
    small, large = (
        instructions_of(lambda: insert(target, 20))  # noqa: B023
        for target in map(filled, (FEW, MANY))
    )
    assert abs(large - small) <= small * 0.05


def test_an_insertion_compares_no_more_keys_than_searching_takes() -> None:
    target = filled(MANY)
    with counted_comparisons(target, "messages") as comparisons:
        insert(target, 20)
    indexes = 2
    assert 0 < comparisons.count <= 20 * indexes * (log2(MANY) + 4)


def test_a_large_commit_takes_no_more_steps_for_each_write_than_a_small_one() -> None:
    small, large = (instructions_of(lambda: insert(filled(0), count)) for count in (100, 2_000))  # noqa: B023
    assert large <= 20 * small


def test_a_change_takes_as_many_steps_in_a_large_table_as_in_a_small_one(few: Store, many: Store) -> None:
    def change(target: Store) -> None:
        transaction = target.begin(NOW)
        document = transaction.query(scan("messages")).next()
        assert document is not None
        transaction.patch(document.id, {"n": document.value["n"] + 1})
        target.commit(transaction, NOW)

    for target in (few, many):
        change(target)  # ids that were seen are known, to a number of them: that must not count
    small, large = (instructions_of(lambda: change(target)) for target in (few, many))  # noqa: B023
    assert abs(large - small) <= small * 0.05


def commit_beside(others: int, before: int) -> int:
    """The steps of a commit that reads, with so many commits since it began and so many before that."""
    target = filled(10)
    for _ in range(before):
        insert(target, 1)
    transaction = target.begin(NOW)
    newest(5)(transaction)
    transaction.insert("others", {})
    for _ in range(others):
        beside = target.begin(NOW)
        beside.insert("others", {})
        target.commit(beside, NOW)
    return instructions_of(lambda: target.commit(transaction, NOW))


def test_a_commit_is_held_against_those_since_it_began_and_no_others() -> None:
    assert commit_beside(others=0, before=0) == commit_beside(others=0, before=200)


def test_a_commit_takes_steps_for_each_commit_since_it_began() -> None:
    alone, ten, hundred = (commit_beside(others, before=0) for others in (1, 11, 101))
    assert hundred - alone == pytest.approx(10 * (ten - alone), rel=0.1)


def test_nothing_is_kept_of_commits_that_no_snapshot_needs() -> None:
    target = filled(10)
    for _ in range(50):
        insert(target, 1)
    reader = target.begin(NOW)
    assert target.commits_after(0) == []
    insert(target, 1)
    assert len(target.commits_after(reader.snapshot)) == 1
    reader.discard()
    assert target.commits_after(0) == []
