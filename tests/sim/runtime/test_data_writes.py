"""Inserting, patching, replacing and deleting, as functions see it (semantics §5.1 to §5.3, §5.9)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import data_kit as kit
import pytest
from biconvex.sim import Deployment, FunctionError, Int64

UNKNOWN_TYPES = [5, "text", [1], None, True]


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return kit.make(backend)


def commits(convex: Deployment) -> int:
    return sum(event.kind == "commit" for event in convex.trace)


# Insert.


def test_an_insert_gives_the_id_and_the_document_has_its_system_fields(convex: Deployment) -> None:
    made, found = kit.write(convex, ["insert", "things", {"a": 1}], ["get", "@0"])
    assert found == {"_id": made, "_creationTime": float(convex.now), "a": 1}


def test_an_insert_makes_the_table_that_is_not_there(convex: Deployment) -> None:
    kit.write(convex, ["insert", "fresh", {}])
    assert convex.db.names == ["things", "fresh"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("_storage", "System tables (prefixed with `_`) are read-only."),
        (
            "two words",
            (
                "Invalid argument `table` for `db.insert`: Identifier two words has invalid character ' ': "
                "Identifiers can only contain alphanumeric characters or underscores"
            ),
        ),
        (
            "1st",
            (
                "Invalid argument `table` for `db.insert`: Invalid first character '1' in 1st: "
                "Identifiers must start with an alphabetic character or underscore"
            ),
        ),
        ("", "Invalid argument `table` for `db.insert`: Identifier cannot be empty"),
        ("t" * 65, "Invalid argument `table` for `db.insert`: Identifier is too long (65 > maximum 64)"),
    ],
)
def test_a_name_that_no_table_can_have_is_refused(convex: Deployment, table: str, message: str) -> None:
    assert kit.error_of(convex, ["insert", table, {}]) == f"Uncaught Error: {message}"


@pytest.mark.parametrize("value", UNKNOWN_TYPES)
def test_what_is_inserted_must_be_an_object(convex: Deployment, value: Any) -> None:
    assert kit.error_of(convex, ["insert", "things", value]) == (
        "Uncaught Error: Invalid argument `value` for `db.insert`: Value must be an Object"
    )


def test_an_id_of_ones_own_is_refused(convex: Deployment) -> None:
    message = kit.error_of(convex, ["insert", "things", {"_id": "mine"}])
    assert message.startswith('Uncaught Error: Provided document ID "j5')
    assert message.endswith("\" doesn't match '_id' field \"mine\"")


def test_a_creation_time_of_ones_own_is_refused(convex: Deployment) -> None:
    message = kit.error_of(convex, ["insert", "things", {"_creationTime": 5}])
    assert message.startswith(
        "Uncaught Error: Provided creation time 1767225600000 doesn't match '_creationTime' field in "
        '{_creationTime: 5.0, _id: "j5'
    )


@pytest.mark.parametrize("op", ["insert", "patch", "replace"])
def test_a_top_level_field_with_an_underscore_is_refused(convex: Deployment, op: str) -> None:
    first = ["insert", "things", {}]
    second = ["insert", "things", {"_own": 1}] if op == "insert" else [op, "@0", {"_own": 1}]
    message = kit.error_of(convex, first, second)
    assert message.endswith(
        "isn't a valid document: Field '_own' starts with an underscore, which is only allowed for system fields like '_id'"
    )


def test_an_underscore_further_down_is_fine(convex: Deployment) -> None:
    assert kit.write(convex, ["insert", "things", {"deep": {"_own": 1}}], ["get", "@0"])[1]["deep"] == {
        "_own": 1
    }


# Patch.


def test_a_patch_merges_top_level_fields(convex: Deployment) -> None:
    _, result, found = kit.write(
        convex,
        ["insert", "things", {"a": 1, "deep": {"x": 1, "y": 2}}],
        ["patch", "@0", {"b": 2, "deep": {"x": 3}}],
        ["get", "@0"],
    )
    assert result is None
    assert {name: found[name] for name in ("a", "b", "deep")} == {"a": 1, "b": 2, "deep": {"x": 3}}


def test_a_patch_with_undefined_removes_a_field_that_may_be_absent(convex: Deployment) -> None:
    _, _, found = kit.write(
        convex, ["insert", "things", {"a": 1, "b": 2}], ["patch", "@0", {}, ["a", "never"]], ["get", "@0"]
    )
    assert sorted(found) == ["_creationTime", "_id", "b"]


def test_undefined_further_down_in_a_patch_is_no_field(backend: Any) -> None:
    convex = backend(
        typescript="""
        export const patch = mutation({
          args: {},
          handler: async (ctx) => {
            const id = await ctx.db.insert("things" as any, { deep: { x: 1, y: 2 } });
            await ctx.db.patch(id, { deep: { x: undefined, z: 3 } });
            return (await ctx.db.get(id) as any).deep;
          },
        });
        """,
        python="""
        @mutation(args={})
        async def patch(ctx, args):
            id = await ctx.db.insert("things", {"deep": {"x": 1, "y": 2}})
            await ctx.db.patch(id, {"deep": {"x": UNDEFINED, "z": 3}})
            return (await ctx.db.get(id))["deep"]
        """,
    )
    assert convex.mutation("m:patch") == {"z": 3}


def test_a_patch_may_repeat_the_system_fields_and_cannot_take_them_away(convex: Deployment) -> None:
    made, before = kit.write(convex, ["insert", "things", {"a": 1}], ["get", "@0"])
    same = {"_id": made, "_creationTime": before["_creationTime"], "a": 2}
    _, _, after = kit.write(
        convex, ["patch", made, same], ["patch", made, {}, ["_id", "_creationTime"]], ["get", made]
    )
    assert after == {**before, "a": 2}


def test_a_patch_cannot_change_the_system_fields(convex: Deployment) -> None:
    made = kit.write(convex, ["insert", "things", {}])[0]
    assert kit.error_of(convex, ["patch", made, {"_id": "other"}]) == (
        f'Uncaught Error: Provided document ID "{made}" doesn\'t match \'_id\' field "other"'
    )
    assert kit.error_of(convex, ["patch", made, {"_creationTime": 1}]) == (
        "Uncaught Error: Provided creation time 1767225600000 doesn't match '_creationTime' field in "
        f'{{_creationTime: 1.0, _id: "{made}"}}'
    )


@pytest.mark.parametrize("change", [["patch", {"a": 1}], ["replace", {"a": 1}], ["patch", {}, ["never"]]])
def test_a_change_to_what_is_there_already_writes_nothing(convex: Deployment, change: list[Any]) -> None:
    made = kit.write(convex, ["insert", "things", {"a": 1}])[0]
    op, *rest = change
    kit.write(convex, [op, made, *rest])
    assert commits(convex) == 1


@pytest.mark.parametrize(
    ("before", "after"), [(0.0, -0.0), (1.0, Int64(1)), (1.0, True), ({}, []), (None, "")]
)
def test_a_change_that_compares_equal_in_some_language_is_one(
    convex: Deployment, before: Any, after: Any
) -> None:
    made = kit.write(convex, ["insert", "things", {"a": before}])[0]
    found = kit.write(convex, ["patch", made, {"a": after}], ["get", made])[1]["a"]
    assert (type(found), repr(found)) == (type(after), repr(after))
    assert commits(convex) == 2


def test_not_a_number_is_the_same_as_before(convex: Deployment) -> None:
    made = kit.write(convex, ["insert", "things", {"a": math.nan}])[0]
    kit.write(convex, ["patch", made, {"a": math.nan}])
    assert commits(convex) == 1


# Replace, delete.


def test_a_replacement_keeps_the_system_fields_alone(convex: Deployment) -> None:
    made, before = kit.write(convex, ["insert", "things", {"a": 1, "b": 2}], ["get", "@0"])
    convex.advance(seconds=5)
    result, after = kit.write(convex, ["replace", made, {"c": 3}], ["get", made])
    assert (result, after) == (None, {"_id": made, "_creationTime": before["_creationTime"], "c": 3})


@pytest.mark.parametrize("value", UNKNOWN_TYPES)
@pytest.mark.parametrize("op", ["replace", "patch_in"])
def test_a_new_body_must_be_an_object(convex: Deployment, op: str, value: Any) -> None:
    made = kit.write(convex, ["insert", "things", {}])[0]
    name = op.removesuffix("_in")
    place = ["things", made] if op == "patch_in" else [made]
    assert kit.error_of(convex, [op, *place, value]) == (
        f"Uncaught Error: Invalid argument `value` for `db.{name}`: Value must be an Object"
    )


def test_a_deleted_document_is_gone_at_once(convex: Deployment) -> None:
    _, result, found, rest = kit.write(
        convex,
        ["insert", "things", {}],
        ["delete", "@0"],
        ["get", "@0"],
        ["collect", kit.query()],
    )
    assert (result, found, rest) == (None, None, [])
    assert commits(convex) == 0


@pytest.mark.parametrize(
    ("op", "verb"),
    [(["patch", "@0", {}], "Update"), (["replace", "@0", {}], "Replace"), (["delete", "@0"], "Delete")],
)
def test_what_is_gone_cannot_be_changed(convex: Deployment, op: list[Any], verb: str) -> None:
    message = kit.error_of(convex, ["insert", "things", {}], ["delete", "@0"], op)
    assert message.startswith(f"Uncaught Error: {verb} on nonexistent document ID j5")


# Order, time, and what a mutation sees of itself.


def test_creation_times_grow_with_every_insert_and_never_repeat(convex: Deployment) -> None:
    kit.write(convex, *(["insert", "things", {"a": n}] for n in range(5)))
    kit.write(convex, *(["insert", "things", {"a": n}] for n in range(5, 10)))
    documents = convex.db.table("things")
    times = [document["_creationTime"] for document in documents]
    assert [document["a"] for document in documents] == list(range(10))
    assert times == sorted(set(times))
    assert [later == math.nextafter(earlier, math.inf) for earlier, later in pairwise(times[:5])] == [
        True
    ] * 4
    assert int(times[0]) == convex.now


def test_a_mutation_reads_its_own_writes_through_every_index(convex: Deployment) -> None:
    kit.write(convex, ["insert", "things", {"a": 1, "b": 1}], ["insert", "things", {"a": 2, "b": 1}])
    old = [document["_id"] for document in convex.db.table("things")]
    results = kit.write(
        convex,
        ["insert", "things", {"a": 1, "b": 0}],
        ["patch", old[0], {"a": 3}],
        ["delete", old[1]],
        ["collect", kit.query("things", "by_a")],
        ["collect", kit.query("things", "by_a", ["eq", "a", 1])],
        ["collect", kit.query("things", "by_a_b", ["eq", "a", 3])],
        ["collect", kit.query("things", steps=[["order", "desc"]])],
        ["count", kit.query()],
    )
    seen = [[document["a"] for document in found] for found in results[3:7]]
    assert seen == [[1, 3], [1], [3], [1, 3]]
    assert results[7] == 2


def test_what_a_failed_mutation_wrote_is_nowhere(convex: Deployment) -> None:
    with pytest.raises(FunctionError):
        kit.write(convex, ["insert", "things", {}], ["insert", "fresh", {}], ["delete", "garbage"])
    assert (convex.db.table("things"), convex.db.names, commits(convex)) == ([], ["things"], 0)


def test_an_error_of_the_database_can_be_caught_and_the_rest_is_kept(convex: Deployment) -> None:
    _, caught, _ = kit.write(
        convex, ["insert", "things", {"a": 1}], ["try", "delete", "garbage"], ["insert", "things", {"a": 2}]
    )
    assert caught == "Error: Invalid argument `id` for `db.delete`: Unable to decode ID: Invalid ID length 7"
    assert [document["a"] for document in convex.db.table("things")] == [1, 2]


def test_20000_writes_are_too_many_and_none_is_kept(backend: Any) -> None:
    convex = backend(
        typescript="""
        export const fill = mutation({
          args: {},
          handler: async (ctx) => {
            for (let n = 0; n < 20000; n++) await ctx.db.insert("things" as any, { n });
          },
        });
        """,
        python="""
        @mutation(args={})
        async def fill(ctx, args):
            for n in range(20_000):
                await ctx.db.insert("things", {"n": n})
        """,
    )
    assert kit.failure_of(lambda: convex.mutation("m:fill")) == (
        "Uncaught Error: Too many writes in a single function execution (limit: 16000)"
    )
    assert convex.db.names == []


@pytest.mark.parametrize("op", ["insert", "patch", "replace", "delete"])
def test_a_query_has_no_way_to_write(convex: Deployment, language: str, op: str) -> None:
    made = kit.write(convex, ["insert", "things", {}])[0]
    place = ["things"] if op == "insert" else [made]
    value = [] if op == "delete" else [{}]
    message = kit.failure_of(lambda: kit.look(convex, [op, *place, *value]))
    assert message == (
        f"Uncaught TypeError: ctx.db.{op} is not a function"
        if language == "typescript"
        else f"Uncaught AttributeError: 'DatabaseReader' object has no attribute '{op}'"
    )
