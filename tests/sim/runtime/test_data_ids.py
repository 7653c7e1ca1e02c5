"""Document ids: the forms that take a table, garbage, ids of other tables (semantics §4)."""

from __future__ import annotations

from typing import Any

import data_kit as kit
import pytest
from biconvex.sim import Deployment
from biconvex.sim.values import encode_id

UNKNOWN_TABLE = encode_id(10_050, bytes(16))
NO_DOCUMENT = encode_id(10_001, bytes(16))
GARBAGE = [
    ("", "Invalid ID length 0"),
    ("garbage", "Invalid ID length 7"),
    ("x" * 32, "Invalid ID version 48631 (expected 54588)"),
    ("u" * 32, "ID wasn't valid base32"),
    (NO_DOCUMENT.upper(), "ID wasn't valid base32"),
]
TYPESCRIPT = """
export const nothing = query({ args: {}, handler: async (ctx) => await ctx.db.get(undefined as any) });
export const number = query({ args: {}, handler: async (ctx) => await ctx.db.get(5 as any) });
export const nobody = query({ args: {}, handler: async (ctx) => await ctx.db.get("things", null as any) });
export const unpatched = mutation({ args: {}, handler: async (ctx) => await ctx.db.patch(undefined as any, {}) });
export const unreplaced = mutation({ args: {}, handler: async (ctx) => await ctx.db.replace(undefined as any, {}) });
export const undeleted = mutation({ args: {}, handler: async (ctx) => await ctx.db.delete(undefined as any) });
"""
PYTHON = """
@query(args={})
async def nothing(ctx, args): return await ctx.db.get(UNDEFINED)

@query(args={})
async def number(ctx, args): return await ctx.db.get(5)

@query(args={})
async def nobody(ctx, args): return await ctx.db.get("things", None)

@mutation(args={})
async def unpatched(ctx, args): return await ctx.db.patch(UNDEFINED, {})

@mutation(args={})
async def unreplaced(ctx, args): return await ctx.db.replace(UNDEFINED, {})

@mutation(args={})
async def undeleted(ctx, args): return await ctx.db.delete(UNDEFINED)
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    return kit.make(backend)


def test_a_document_is_found_by_its_id_with_and_without_its_table(convex: Deployment) -> None:
    _, plain, with_table = kit.write(
        convex, ["insert", "things", {"a": 1}], ["get", "@0"], ["get", "things", "@0"]
    )
    assert plain == with_table == convex.db.table("things")[0]


def test_a_plain_get_takes_an_id_of_any_table(convex: Deployment) -> None:
    _, found = kit.write(convex, ["insert", "others", {"a": 1}], ["get", "@0"])
    assert found["a"] == 1


@pytest.mark.parametrize(
    ("op", "name", "rest"),
    [("get", "get", []), ("patch_in", "patch", [{}]), ("replace", "replace", [{}]), ("delete", "delete", [])],
)
def test_an_id_of_another_table_than_said_is_refused(
    convex: Deployment, op: str, name: str, rest: list[Any]
) -> None:
    assert kit.error_of(convex, ["insert", "others", {}], [op, "things", "@0", *rest]) == (
        f'Uncaught Error: Invalid argument `id` for `db.{name}`: expected to be an Id<"things">, '
        'got Id<"others"> instead.'
    )


@pytest.mark.parametrize(("text", "cause"), GARBAGE)
@pytest.mark.parametrize(("op", "rest"), [("get", []), ("patch", [{}]), ("replace", [{}]), ("delete", [])])
def test_what_is_no_id_is_refused_with_the_reason(
    convex: Deployment, op: str, rest: list[Any], text: str, cause: str
) -> None:
    assert kit.error_of(convex, [op, text, *rest]) == (
        f"Uncaught Error: Invalid argument `id` for `db.{op}`: Unable to decode ID: {cause}"
    )


def test_get_of_an_id_of_an_unknown_table_is_null(convex: Deployment) -> None:
    assert kit.look(convex, ["get", UNKNOWN_TABLE]) is None
    assert kit.look(convex, ["get", "things", UNKNOWN_TABLE]) is None


@pytest.mark.parametrize(("op", "rest"), [("patch", [{}]), ("replace", [{}]), ("delete", [])])
def test_a_write_to_an_id_of_an_unknown_table_is_refused(
    convex: Deployment, op: str, rest: list[Any]
) -> None:
    assert kit.error_of(convex, [op, UNKNOWN_TABLE, *rest]) == (
        f'Uncaught Error: Invalid argument `id` for `db.{op}`: Table for ID "{UNKNOWN_TABLE}" not found'
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5, "integer `5`"),
        (1.5, "floating point `1.5`"),
        (True, "boolean `true`"),
        (None, "null"),
        ([], "sequence"),
        ({}, "map"),
    ],
)
@pytest.mark.parametrize(("op", "rest"), [("patch", [{}]), ("replace", [{}]), ("delete", [])])
def test_an_id_that_is_no_string_is_refused_by_the_backend(
    convex: Deployment, op: str, rest: list[Any], value: Any, shown: str
) -> None:
    assert kit.error_of(convex, [op, value, *rest]) == (
        f"Uncaught Error: Invalid arguments for `db.{op}`: invalid type: {shown}, expected a string"
    )


@pytest.mark.parametrize(
    ("function", "typescript", "python"),
    [
        ("nothing", "TypeError: Must provide arg 1 `id` to `get`", None),
        ("unpatched", "TypeError: Must provide arg 1 `id` to `patch`", None),
        ("unreplaced", "TypeError: Must provide arg 1 `id` to `replace`", None),
        ("undeleted", "TypeError: Must provide arg 1 `id` to `delete`", None),
        (
            "number",
            "Error: Invalid argument `id` for `db.get`, expected string but got 'number': 5",
            "Error: Invalid argument `id` for `db.get`, expected string but got 'int': 5",
        ),
        (
            "nobody",
            "Error: Invalid argument `id` for `db.get`, expected string but got 'object': null",
            "Error: Invalid argument `id` for `db.get`, expected string but got 'NoneType': None",
        ),
    ],
)
def test_what_the_package_checks_itself_is_told_in_the_words_of_the_language(
    backend: Any, language: str, function: str, typescript: str, python: str | None
) -> None:
    convex = backend(typescript=TYPESCRIPT, python=PYTHON)
    expected = typescript if language == "typescript" or python is None else python
    assert kit.failure_of(lambda: convex.run(f"m:{function}")) == f"Uncaught {expected}"


def test_normalize_id_knows_the_ids_of_a_table_and_nothing_else(convex: Deployment) -> None:
    made = kit.write(convex, ["insert", "things", {}], ["insert", "others", {}])
    asked = [
        ("things", made[0]),
        ("others", made[0]),
        ("things", made[1]),
        ("things", NO_DOCUMENT),
        ("things", UNKNOWN_TABLE),
        ("things", "garbage"),
        ("things", ""),
        ("nowhere", made[0]),
    ]
    assert [kit.look(convex, ["normalize_id", *place]) for place in asked] == [
        made[0], None, None, NO_DOCUMENT, None, None, None, None,
    ]  # fmt: skip


def test_normalize_id_upgrades_an_id_of_the_old_format(convex: Deployment) -> None:
    assert kit.look(convex, ["normalize_id", "things", "A" * 22]) == NO_DOCUMENT


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            ["normalize_id", "_storage", "x"],
            "System tables can only be accessed from db.system.normalizeId().",
        ),
        (["system_normalize_id", "things", "x"], "User tables can only be accessed from db.normalizeId()."),
        (
            ["normalize_id", "things", 5],
            "Invalid arguments for `db.normalizeId`: invalid type: integer `5`, expected a string",
        ),
        (
            ["normalize_id", "no table", "x"],
            (
                "Invalid argument `table` for `db.normalizeId`: Identifier no table has invalid character ' ': "
                "Identifiers can only contain alphanumeric characters or underscores"
            ),
        ),
    ],
)
def test_normalize_id_of_what_it_cannot_know_is_refused(
    convex: Deployment, operation: list[Any], message: str
) -> None:
    assert kit.error_of(convex, operation) == f"Uncaught Error: {message}"


def test_ids_of_tables_that_functions_create_are_known_at_once(convex: Deployment) -> None:
    made, normalized = kit.write(convex, ["insert", "fresh", {}], ["normalize_id", "fresh", "@0"])
    assert normalized == made
    assert kit.look(convex, ["normalize_id", "fresh", made]) == made


def test_ids_count_tables_from_10001_in_the_order_they_are_created(convex: Deployment) -> None:
    made = kit.write(convex, ["insert", "zebras", {}], ["insert", "apes", {}])
    assert [kit.look(convex, ["normalize_id", table, encode_id(number, bytes(16))]) is not None for table, number in (
        ("things", 10_001), ("zebras", 10_002), ("apes", 10_003),
    )] == [True, True, True]  # fmt: skip
    assert [len(text) for text in made] == [32, 32]
