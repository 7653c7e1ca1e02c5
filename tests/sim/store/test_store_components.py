"""Tables of components: apart from the app's, and in the same transactions (semantics §12.4)."""

from __future__ import annotations

import pytest
from biconvex.sim.store import Conflict, Store
from biconvex.sim.values import DeveloperError, decode_id
from search_kit import SEARCH, VECTORS, found, search
from store_kit import NOW, collect, scan, schema, store, table


@pytest.fixture
def target() -> Store:
    """An app with the table `t`, and two components of one kind, with a `t` of their own."""
    target = store(table("first"), table("t", {"by_n": ["n"]}))
    for name in ("a", "a/b"):
        target.mount(name, schema(table("t", {"by_n": ["n"]})))
    return target


def test_tables_of_one_name_in_two_components_are_two_tables(target: Store) -> None:
    tx = target.begin(NOW)
    tx.insert("t", {"n": 1.0})
    tx.inside("a").insert("t", {"n": 2.0})
    tx.inside("a/b").insert("t", {"n": 3.0})
    assert collect(tx.inside("a"), scan("t")) == [2.0]
    commit = target.commit(tx, NOW)
    assert [write.table for write in commit.writes] == ["t", "t@a", "t@a/b"]
    assert [target.documents("t", path)[0]["n"] for path in ("", "a", "a/b")] == [1.0, 2.0, 3.0]


def test_each_component_numbers_its_tables_for_itself(target: Store) -> None:
    tx = target.begin(NOW)
    ids = [tx.inside(path).insert("t", {"n": 1.0}) for path in ("", "a", "a/b")]
    assert [decode_id(id_)[0] for id_ in ids] == [10_002, 10_001, 10_001]


def test_an_id_of_another_component_is_found_nowhere_else(target: Store) -> None:
    tx = target.begin(NOW)
    inside = tx.inside("a").insert("t", {"n": 1.0})
    outside = tx.insert("t", {"n": 1.0})
    assert tx.get(inside) is None
    assert tx.inside("a/b").get(inside) is None
    assert tx.inside("a").get(outside) is None
    with pytest.raises(DeveloperError) as caught:
        tx.inside("a").patch(outside, {})
    assert caught.value.message == f'Invalid argument `id` for `db.patch`: Table for ID "{outside}" not found'


def test_a_table_that_a_transaction_makes_in_a_component_is_made_there_alone(target: Store) -> None:
    tx = target.begin(NOW)
    made = tx.inside("a").insert("new", {"n": 1.0})
    assert tx.inside("a").get(made) is not None
    assert tx.tables.get("new") is None
    target.commit(tx, NOW)
    assert target.tables_of("a").names() == ["t", "new"]
    assert target.tables.names() == ["first", "t"]
    assert decode_id(target.documents("new", "a")[0]["_id"])[0] == 10_002


def test_tables_made_in_two_components_by_one_transaction_follow_the_numbers_of_each(target: Store) -> None:
    tx = target.begin(NOW)
    ids = [tx.inside(path).insert(name, {}) for name in ("x", "y") for path in ("", "a")]
    target.commit(tx, NOW)
    assert [decode_id(id_)[0] for id_ in ids] == [10_003, 10_002, 10_004, 10_003]
    again = target.begin(NOW)
    assert decode_id(again.insert("z", {}))[0] == 10_005


def test_rolling_back_undoes_writes_and_tables_of_every_component(target: Store) -> None:
    tx = target.begin(NOW)
    kept = tx.inside("a").insert("t", {"n": 1.0})
    savepoint = tx.inside("a").savepoint()
    tx.inside("a").patch(kept, {"n": 2.0})
    tx.inside("a/b").insert("new", {})
    tx.insert("t", {"n": 3.0})
    tx.rollback_to(savepoint)
    target.commit(tx, NOW)
    assert [document["n"] for document in target.documents("t", "a")] == [1.0]
    assert target.documents("t") == []
    assert target.tables_of("a/b").names() == ["t"]


def test_usage_and_reads_are_those_of_the_whole_transaction(target: Store) -> None:
    tx = target.begin(NOW)
    inside = tx.inside("a")
    inside.insert("t", {"n": 1.0})
    collect(inside, scan("t"))
    assert tx.usage.documents_written == 1
    assert tx.usage.documents_read == 1
    assert tx.reads.tables == ["t@a"]


def test_commits_to_another_component_are_no_conflict(target: Store) -> None:
    tx, other = target.begin(NOW), target.begin(NOW)
    collect(tx.inside("a"), scan("t"))
    tx.inside("a").insert("t", {"n": 1.0})
    other.inside("a/b").insert("t", {"n": 1.0})
    target.commit(other, NOW)
    target.commit(tx, NOW)
    assert len(target.documents("t", "a")) == 1


def test_commits_to_what_was_read_in_a_component_are_a_conflict(target: Store) -> None:
    tx, other = target.begin(NOW), target.begin(NOW)
    collect(tx.inside("a"), scan("t"))
    tx.insert("t", {"n": 1.0})
    written = other.inside("a").insert("t", {"n": 1.0})
    target.commit(other, NOW)
    with pytest.raises(Conflict) as caught:
        target.commit(tx, NOW)
    assert (caught.value.table, caught.value.id) == ("t@a", written)


def test_documents_of_a_component_are_counted_and_found_by_their_indexes(target: Store) -> None:
    tx = target.begin(NOW)
    for n in range(3):
        tx.inside("a").insert("t", {"n": float(n)})
    target.commit(tx, NOW)
    tx = target.begin(NOW)
    tx.inside("a").insert("t", {"n": 3.0})
    assert tx.inside("a").count("t") == 4
    assert tx.count("t") == 0
    assert tx.inside("a").normalize_id("t", target.documents("t", "a")[0]["_id"]) is not None


def test_errors_call_a_table_by_the_name_it_has_in_its_component() -> None:
    target = store()
    target.mount("a", schema(table("t", document={"type": "object", "value": {}})))
    with pytest.raises(DeveloperError) as caught:
        target.begin(NOW).inside("a").insert("t", {"n": 1.0})
    assert caught.value.message.startswith(
        'Failed to insert or update a document in table "t" because it does not match the schema: '
    )


def test_a_reader_of_the_snapshot_can_be_seen_from_a_component(target: Store) -> None:
    tx = target.begin(NOW)
    tx.inside("a").insert("t", {"n": 1.0})
    reader = tx.inside("a").stale_reader()
    assert collect(reader.inside("a"), scan("t")) == []
    reader.discard()
    tx.inside("a").discard()
    assert not tx.is_open


def test_searches_find_what_is_in_the_component() -> None:
    target = store(table("m", searchIndexes=[SEARCH], vectorIndexes=[VECTORS]))
    target.mount("a", schema(table("m", searchIndexes=[SEARCH], vectorIndexes=[VECTORS])))
    tx = target.begin(NOW)
    tx.insert("m", {"body": "red apple", "embedding": [1.0, 0.0], "genre": "x"})
    inside = tx.inside("a").insert("m", {"body": "green apple", "embedding": [0.0, 1.0], "genre": "x"})
    target.commit(tx, NOW)
    tx = target.begin(NOW)
    tx.inside("a").insert("m", {"body": "apple of my own", "embedding": [0.0, 1.0], "genre": "x"})
    assert sorted(found(tx.inside("a"), search("apple"))) == ["apple of my own", "green apple"]
    assert found(tx, search("apple")) == ["red apple"]
    query = {"indexName": "m.by_embedding", "limit": 5, "vector": [1.0, 0.0], "expressions": None}
    assert [match.id for match in target.vector_search(query, component="a")] == [inside]
    other = target.begin(NOW)
    other.inside("a").insert("m", {"body": "another apple"})
    target.commit(other, NOW)
    with pytest.raises(Conflict):
        target.commit(tx, NOW)
