"""System tables: read through `db.system` alone, written by nobody (semantics §5.7)."""

from __future__ import annotations

from typing import Any

import data_kit as kit
import pytest
from biconvex.sim import Deployment

TYPESCRIPT = """
export const schedule = mutation({ args: {}, handler: async (ctx): Promise<any> => {
  const id = await ctx.scheduler.runAfter(60_000, "m:work" as any, { n: 1 });
  return [id, await ctx.db.system.get(id), (await ctx.db.system.query("_scheduled_functions").collect()).length];
} });
export const work = internalMutation({ args: { n: v.number() }, handler: async () => {} });
export const jobs = query({ args: {}, handler: async (ctx) => (await ctx.db.system.query("_scheduled_functions").collect()).map(({ state }) => state.kind) });
"""
PYTHON = """
@mutation(args={})
async def schedule(ctx, args):
    id = await ctx.scheduler.run_after(60_000, "m:work", {"n": 1})
    jobs = await ctx.db.system.query("_scheduled_functions").collect()
    return [id, await ctx.db.system.get(id), len(jobs)]

@internal_mutation(args={"n": v.number()})
async def work(ctx, args): pass

@query(args={})
async def jobs(ctx, args):
    return [job["state"]["kind"] for job in await ctx.db.system.query("_scheduled_functions").collect()]
"""


@pytest.fixture
def convex(backend: Any) -> Deployment:
    made: Deployment = backend(
        typescript={"m": TYPESCRIPT, "k": kit.TYPESCRIPT}, python={"m": PYTHON, "k": kit.PYTHON}
    )
    return made


def job(convex: Deployment) -> str:
    made: str = convex.mutation("m:schedule")[0]
    return made


def error_of(convex: Deployment, *ops: list[Any]) -> str:
    return kit.failure_of(lambda: convex.mutation("k:write", {"ops": list(ops)}))


def look(convex: Deployment, *op: Any) -> Any:
    return convex.query("k:look", {"ops": [list(op)]})[0]


def test_a_mutation_sees_the_job_it_scheduled(convex: Deployment) -> None:
    made, found, count = convex.mutation("m:schedule")
    assert found == {
        "_id": made,
        "_creationTime": float(convex.now),
        "name": "m.js:work",
        "args": [{"n": 1}],
        "scheduledTime": convex.now + 60_000,
        "state": {"kind": "pending"},
    }
    assert count == 1


def test_a_job_is_found_by_id_table_and_query(convex: Deployment) -> None:
    made = job(convex)
    table = kit.query("_scheduled_functions", system=True)
    found = [
        look(convex, "system_get", made),
        look(convex, "system_get", "_scheduled_functions", made),
        look(convex, "unique", table),
        look(convex, "collect", {**table, "index": "by_id"})[0],
        look(convex, "first", {**table, "index": "by_creation_time", "steps": [["order", "desc"]]}),
        look(convex, "first", {**table, "steps": [["filter", ["eq", ["field", "state.kind"], "pending"]]]}),
        convex.db.table("_scheduled_functions")[0],
    ]
    assert found == [found[0]] * 7


def test_a_subscription_follows_the_state_of_jobs(convex: Deployment) -> None:
    states = convex.subscribe("m:jobs")
    job(convex)
    convex.advance(minutes=1)
    assert list(states) == [[], ["pending"], ["success"]]


def test_ids_of_system_tables_are_normalized_by_the_system_reader(convex: Deployment) -> None:
    made = job(convex)
    assert look(convex, "system_normalize_id", "_scheduled_functions", made) == made
    assert look(convex, "system_normalize_id", "_storage", made) is None


def test_storage_is_empty_and_other_system_tables_are_not_there(convex: Deployment) -> None:
    for table in ("_storage", "_nothing"):
        assert look(convex, "collect", kit.query(table, system=True)) == []


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (["collect", kit.query("_storage")], "System tables can only be accessed from db.system.query()."),
        (["collect", kit.query("notes", system=True)], "User tables can only be accessed from db.query()."),
        (["insert", "_scheduled_functions", {}], "System tables (prefixed with `_`) are read-only."),
        (
            ["collect", kit.query("_storage", "by_sha", system=True)],
            "Index _storage.by_sha not found.",
        ),
    ],
)
def test_each_reader_keeps_to_its_tables(convex: Deployment, operation: list[Any], message: str) -> None:
    assert error_of(convex, operation) == f"Uncaught Error: {message}"


@pytest.mark.parametrize(
    "operation", [["get"], ["get", "_scheduled_functions"], ["delete"], ["patch", {}], ["replace", {}]]
)
def test_the_id_of_a_job_is_nothing_to_the_user_database(convex: Deployment, operation: list[Any]) -> None:
    op, *rest = operation
    made = job(convex)
    place = [*rest, made] if op == "get" else [made, *rest]
    assert error_of(convex, [op, *place]) == (
        "Uncaught Error: System tables can only be accessed with db.system."
    )


def test_the_id_of_a_user_document_is_nothing_to_the_system_reader(convex: Deployment) -> None:
    assert error_of(convex, ["insert", "notes", {}], ["system_get", "@0"]) == (
        "Uncaught Error: User tables cannot be accessed with db.system."
    )


def test_an_id_of_another_system_table_than_said_is_refused(convex: Deployment) -> None:
    made = job(convex)
    assert error_of(convex, ["system_get", "_storage", made]) == (
        'Uncaught Error: Invalid argument `id` for `db.system.get`: expected to be an Id<"_storage">, '
        'got Id<"_scheduled_functions"> instead.'
    )
