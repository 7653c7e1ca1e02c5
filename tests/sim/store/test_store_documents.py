"""get, insert, patch, replace and delete, and ids of all kinds (semantics §4, §5.1, §5.2, §5.7)."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from biconvex.sim.store import Store, Transaction
from biconvex.sim.values import COMMIT_TS, UNDEFINED, Int64, InternalError, decode_id, encode_id
from store_kit import NOW, NOW_MS, collect, error_of, insert_all, scan, store, table

INTERNAL = bytes(range(16))
UNKNOWN_TABLE = encode_id(10_999, INTERNAL)


@pytest.fixture
def target() -> Store:
    return store(table("notes", {"by_n": ["n"]}), table("users"))


@pytest.fixture
def tx(target: Store) -> Transaction:
    return target.begin(NOW)


def test_a_document_comes_back_with_its_system_fields_in_the_order_of_names(tx: Transaction) -> None:
    document_id = tx.insert("notes", {"n": 1.0, "Title": "x"})
    document = tx.get(document_id)
    assert document is not None
    assert list(document.value.items()) == [
        ("Title", "x"),
        ("_creationTime", NOW_MS),
        ("_id", document_id),
        ("n", 1.0),
    ]
    assert json.loads(document.json) == {"Title": "x", "_creationTime": NOW_MS, "_id": document_id, "n": 1}
    assert document.json is document.json


def test_ids_hold_the_number_of_their_table(tx: Transaction) -> None:
    assert decode_id(tx.insert("users", {}))[0] == 10_002


def test_inserting_into_an_unknown_table_creates_it(target: Store) -> None:
    (document_id,) = insert_all(target, "strays", {})
    assert target.tables.number_of("strays") == 10_003
    assert target.tables.name_of(decode_id(document_id)[0]) == "strays"


def test_tables_created_in_one_transaction_get_numbers_of_their_own(target: Store) -> None:
    tx = target.begin(NOW)
    assert [decode_id(tx.insert(name, {}))[0] for name in ("b", "a", "b")] == [10_003, 10_004, 10_003]
    target.commit(tx, NOW)
    assert target.tables.names() == ["notes", "users", "b", "a"]


def test_creation_times_start_at_the_begin_timestamp_and_grow_by_one_ulp(target: Store) -> None:
    tx = target.begin(NOW + 123_456)
    times = [tx.get(tx.insert("notes", {})).creation_time for _ in range(3)]  # type: ignore[union-attr]
    first = NOW_MS + 123_456 * 1e-6
    assert times == [
        first,
        math.nextafter(first, math.inf),
        math.nextafter(math.nextafter(first, math.inf), math.inf),
    ]


def test_mutations_at_the_same_instant_keep_their_order_of_creation(target: Store) -> None:
    for start in range(0, 30, 3):
        insert_all(target, "notes", *({"n": float(start + n)} for n in range(3)))
    assert [document["n"] for document in target.documents("notes")] == [float(n) for n in range(30)]


def test_patch_merges_top_level_fields_and_removes_undefined_ones(tx: Transaction) -> None:
    document_id = tx.insert("notes", {"a": 1.0, "b": {"x": 1.0}, "c": None})
    after = tx.patch(document_id, {"b": {"y": 2.0}, "c": UNDEFINED, "absent": UNDEFINED, "_id": UNDEFINED})
    assert after.value == {"_creationTime": NOW_MS, "_id": document_id, "a": 1.0, "b": {"y": 2.0}}


def test_replace_keeps_only_the_system_fields(tx: Transaction) -> None:
    document_id = tx.insert("notes", {"a": 1.0})
    assert tx.replace(document_id, {"b": 2.0}).value == {
        "_creationTime": NOW_MS,
        "_id": document_id,
        "b": 2.0,
    }


def test_replace_accepts_the_system_fields_as_they_are(tx: Transaction) -> None:
    document_id = tx.insert("notes", {"a": 1.0})
    whole = {"_id": document_id, "_creationTime": NOW_MS, "a": 2.0}
    assert tx.replace(document_id, whole).value == whole


def test_delete_returns_what_was_there(tx: Transaction) -> None:
    document_id = tx.insert("notes", {"a": 1.0})
    assert tx.delete(document_id).value["a"] == 1.0
    assert tx.get(document_id) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [(0.0, -0.0), (1.0, Int64(1)), (1.0, True), ([1.0], [Int64(1)]), ({"a": 0.0}, {"a": -0.0}), ("a", b"a")],
)
def test_a_change_that_python_would_not_see_is_written(target: Store, old: Any, new: Any) -> None:
    (document_id,) = insert_all(target, "notes", {"n": old})
    tx = target.begin(NOW)
    tx.patch(document_id, {"n": new})
    assert repr(target.commit(tx, NOW).writes[0].after.value["n"]) == repr(new)  # type: ignore[union-attr]


@pytest.mark.parametrize("value", [math.nan, [math.nan], {"a": [0.0]}, Int64(3), "x", None, b"\0"])
def test_a_patch_that_changes_nothing_writes_nothing(target: Store, value: Any) -> None:
    (document_id,) = insert_all(target, "notes", {"n": value})
    tx = target.begin(NOW)
    copy = json.loads(json.dumps(value)) if isinstance(value, list | dict) else value
    assert tx.patch(document_id, {"n": copy}) is tx.get(document_id)
    assert tx.replace(document_id, {"n": copy}) is tx.get(document_id)
    assert target.commit(tx, NOW).writes == ()


def test_a_document_that_came_and_went_leaves_no_write(target: Store) -> None:
    tx = target.begin(NOW)
    tx.delete(tx.insert("notes", {}))
    assert tx.usage.documents_written == 2
    assert target.commit(tx, NOW).writes == ()


def test_the_timestamp_of_the_commit_is_put_where_it_was_asked_for(target: Store) -> None:
    tx = target.begin(NOW)
    tx.insert("notes", {"n": COMMIT_TS, "deep": [{"at": COMMIT_TS}]})
    commit = target.commit(tx, NOW + 5)
    (document,) = target.documents("notes")
    assert (document["n"], document["deep"]) == (Int64(commit.ts), [{"at": Int64(commit.ts)}])
    before, at = {"$integer": _int64(commit.ts - 1)}, {"$integer": _int64(commit.ts)}
    source = {"type": "IndexRange", "indexName": "notes.by_n", "order": None}
    for value, found in ((before, 0), (at, 1)):
        range_ = [{"type": "Eq", "fieldPath": "n", "value": value}]
        query = {"source": {**source, "range": range_}, "operators": []}
        assert len(collect(target.begin(NOW), query)) == found


def _int64(number: int) -> str:
    return base64.b64encode(number.to_bytes(8, "little", signed=True)).decode()


def test_an_id_that_is_generated_twice_is_a_bug(target: Store) -> None:
    target.new_internal_id = lambda: INTERNAL
    tx = target.begin(NOW)
    document_id = tx.insert("notes", {})
    with pytest.raises(InternalError, match=f"the id {document_id} was generated twice"):
        tx.insert("notes", {})


# Ids.


def test_get_of_an_unknown_document_or_table_is_none(tx: Transaction) -> None:
    assert tx.get(encode_id(10_001, INTERNAL)) is None
    assert tx.get(UNKNOWN_TABLE) is None
    assert tx.get(UNKNOWN_TABLE, system=True) is None


def test_normalize_id_never_asks_whether_the_document_exists(tx: Transaction) -> None:
    note = encode_id(10_001, INTERNAL)
    assert tx.normalize_id("notes", note) == note
    assert tx.normalize_id("users", note) is None
    assert tx.normalize_id("nothing", note) is None
    assert tx.normalize_id("notes", "") is None
    assert tx.normalize_id("notes", "garbage \ud800") is None


def test_normalize_id_upgrades_a_bare_internal_id(tx: Transaction) -> None:
    bare = base64.urlsafe_b64encode(INTERNAL).decode().rstrip("=")
    assert tx.normalize_id("notes", bare) == encode_id(10_001, INTERNAL)


def test_normalize_id_knows_system_tables(tx: Transaction) -> None:
    job = tx.insert_system("_scheduled_functions", {"name": "m.js:f"})
    assert tx.normalize_id("_scheduled_functions", job) == job
    assert tx.normalize_id("_private", job) is None


# System tables.


def test_system_documents_are_read_through_db_system_alone(tx: Transaction) -> None:
    job = tx.insert_system("_scheduled_functions", {"name": "m.js:f"})
    document = tx.get(job, system=True)
    assert document is not None
    assert document.value["name"] == "m.js:f"
    assert error_of(lambda: tx.get(job)) == (
        "SystemTableError",
        "System tables can only be accessed with db.system.",
    )
    assert collect(tx, scan("_scheduled_functions"), "name") == ["m.js:f"]


def test_services_patch_and_delete_their_documents(target: Store) -> None:
    tx = target.begin(NOW)
    job = tx.insert_system("_scheduled_functions", {"state": {"kind": "pending"}})
    tx.patch_system(job, {"state": {"kind": "success"}})
    target.commit(tx, NOW)
    assert [document["state"] for document in target.documents("_scheduled_functions")] == [
        {"kind": "success"}
    ]
    tx = target.begin(NOW)
    tx.delete_system(job)
    target.commit(tx, NOW)
    assert target.documents("_scheduled_functions") == []


def test_private_system_tables_are_invisible_to_functions(target: Store) -> None:
    tx = target.begin(NOW)
    cron = tx.insert_system("_cron_jobs", {"n": 1.0})
    target.commit(tx, NOW)
    tx = target.begin(NOW)
    assert tx.get_system("_cron_jobs", cron) is not None
    assert tx.get(cron) is None
    assert tx.get(cron, system=True) is None
    assert collect(tx, scan("_cron_jobs")) == []
    assert tx.tables.number_of("_cron_jobs") is None
    assert error_of(lambda: tx.delete(cron)) == (
        "InvalidArgument",
        f'Invalid argument `id` for `db.delete`: Table for ID "{cron}" not found',
    )


def test_reads_of_system_tables_do_not_count_as_the_functions(tx: Transaction) -> None:
    job = tx.insert_system("_storage", {"size": 3.0})
    tx.get(job, system=True)
    collect(tx, scan("_storage"))
    assert (tx.usage.documents_read, tx.usage.bytes_read, tx.usage.documents_written) == (0, 0, 0)


# Errors.

NOTE = encode_id(10_001, INTERNAL)
NO_ID = "Unable to decode ID: Invalid ID length 7"
WRONG_TABLE = 'expected to be an Id<"users">, got Id<"notes"> instead.'
NO_TABLE = f'Table for ID "{UNKNOWN_TABLE}" not found'

WRONG_CALLS: dict[str, tuple[Callable[[Transaction], object], str, str]] = {
    "get of no id": (
        lambda tx: tx.get("garbage"),
        "InvalidArgument",
        f"Invalid argument `id` for `db.get`: {NO_ID}",
    ),
    "system.get of no id": (
        lambda tx: tx.get("garbage", system=True),
        "InvalidArgument",
        f"Invalid argument `id` for `db.system.get`: {NO_ID}",
    ),
    "get of another table": (
        lambda tx: tx.get(NOTE, table="users"),
        "InvalidArgument",
        f"Invalid argument `id` for `db.get`: {WRONG_TABLE}",
    ),
    "system.get of a user's table": (
        lambda tx: tx.get(NOTE, system=True),
        "SystemTableError",
        "User tables cannot be accessed with db.system.",
    ),
    "insert into a system table": (
        lambda tx: tx.insert("_storage", {}),
        "SystemTableError",
        "System tables can only be accessed with db.system.",
    ),
    "insert into no identifier": (
        lambda tx: tx.insert("my table", {}),
        "InvalidArgument",
        (
            "Invalid argument `table` for `db.insert`: Identifier my table has invalid character ' ': Identifiers can "
            "only contain alphanumeric characters or underscores"
        ),
    ),
    "insert of no object": (
        lambda tx: tx.insert("notes", [1.0]),  # type: ignore[arg-type]
        "InvalidArgument",
        "Invalid argument `value` for `db.insert`: Value must be an Object",
    ),
    "normalizeId of no identifier": (
        lambda tx: tx.normalize_id("", "x"),
        "InvalidArgument",
        "Invalid argument `table` for `db.normalizeId`: Identifier cannot be empty",
    ),
    "patch of no id": (
        lambda tx: tx.patch("garbage", {}),
        "InvalidArgument",
        f"Invalid argument `id` for `db.patch`: {NO_ID}",
    ),
    "patch of an unknown table": (
        lambda tx: tx.patch(UNKNOWN_TABLE, {}),
        "InvalidArgument",
        f"Invalid argument `id` for `db.patch`: {NO_TABLE}",
    ),
    "patch of another table": (
        lambda tx: tx.patch(NOTE, {}, table="users"),
        "InvalidArgument",
        f"Invalid argument `id` for `db.patch`: {WRONG_TABLE}",
    ),
    "patch of nothing": (
        lambda tx: tx.patch(NOTE, {}),
        "NonexistentDocument",
        f"Update on nonexistent document ID {NOTE}",
    ),
    "replace of nothing": (
        lambda tx: tx.replace(NOTE, {}),
        "NonexistentDocument",
        f"Replace on nonexistent document ID {NOTE}",
    ),
    "replace of an unknown table": (
        lambda tx: tx.replace(UNKNOWN_TABLE, {}),
        "InvalidArgument",
        f"Invalid argument `id` for `db.replace`: {NO_TABLE}",
    ),
    "replace by no object": (
        lambda tx: tx.replace(NOTE, None),  # type: ignore[arg-type]
        "InvalidArgument",
        "Invalid argument `value` for `db.replace`: Value must be an Object",
    ),
    "delete of nothing": (
        lambda tx: tx.delete(NOTE),
        "NonexistentDocument",
        f"Delete on nonexistent document ID {NOTE}",
    ),
    "delete of another table": (
        lambda tx: tx.delete(NOTE, table="users"),
        "InvalidArgument",
        f"Invalid argument `id` for `db.delete`: {WRONG_TABLE}",
    ),
    "a field that starts with an underscore": (
        lambda tx: tx.replace(tx.insert("notes", {}), {"_x": 1.0, "_creationTime": NOW_MS}),
        "InvalidDocumentError",
        "",
    ),
}


@pytest.mark.parametrize("case", WRONG_CALLS)
def test_a_wrong_call_is_refused(tx: Transaction, case: str) -> None:
    call, code, message = WRONG_CALLS[case]
    found_code, found_message = error_of(lambda: call(tx))
    assert found_code == code
    if code == "InvalidDocumentError":
        message = (
            "isn't a valid document: Field '_x' starts with an underscore, which is only allowed for system fields "
            "like '_id'"
        )
        assert found_message.endswith(message)
    else:
        assert found_message == message


def test_a_system_document_is_not_written_by_functions(tx: Transaction) -> None:
    job = tx.insert_system("_storage", {})
    for call in (lambda: tx.patch(job, {}), lambda: tx.replace(job, {}), lambda: tx.delete(job)):
        assert error_of(call) == ("SystemTableError", "System tables can only be accessed with db.system.")


def test_an_id_or_creation_time_of_ones_own_is_refused(tx: Transaction) -> None:
    document_id = tx.insert("notes", {"n": 1.0})
    other = encode_id(10_001, INTERNAL)
    assert error_of(lambda: tx.patch(document_id, {"_id": other})) == (
        "InvalidIdError",
        f'Provided document ID "{document_id}" doesn\'t match \'_id\' field "{other}"',
    )
    assert error_of(lambda: tx.replace(document_id, {"_creationTime": 5.0})) == (
        "InvalidCreationTimeError",
        (
            "Provided creation time 1700000000000 doesn't match '_creationTime' field in "
            f'{{_creationTime: 5.0, _id: "{document_id}"}}'
        ),
    )
    code, message = error_of(lambda: tx.insert("notes", {"_id": other}))
    assert code == "InvalidIdError"
    assert message.endswith(f"doesn't match '_id' field \"{other}\"")


def test_a_refused_insert_uses_up_its_creation_time(tx: Transaction) -> None:
    error_of(lambda: tx.insert("notes", {"_creationTime": 5.0}))
    document = tx.get(tx.insert("notes", {}))
    assert document is not None
    assert document.creation_time == math.nextafter(NOW_MS, math.inf)


def test_a_document_one_byte_too_large_is_refused(tx: Transaction) -> None:
    bare = tx.get(tx.insert("notes", {"a": ""}))
    assert bare is not None
    tx.insert("notes", {"a": "x" * ((1 << 20) - bare.size)})
    assert error_of(lambda: tx.insert("notes", {"a": "x" * ((1 << 20) - bare.size + 1)})) == (
        "ValueTooLargeError",
        "Value is too large (1.00 MiB > maximum size 1 MiB)",
    )


def test_a_query_cannot_write(target: Store) -> None:
    (document_id,) = insert_all(target, "notes", {})
    tx = target.begin(NOW, writable=False)
    message = 'A query can only read: it can\'t write to table "notes".'
    for call in (
        lambda: tx.insert("notes", {}),
        lambda: tx.patch(document_id, {}),
        lambda: tx.replace(document_id, {}),
        lambda: tx.delete(document_id),
    ):
        assert error_of(call) == ("ReadOnlyTransaction", message)
