"""Whatever a function passes to the database: its own error or a result, never an error of the simulator's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError
from biconvex.sim.values import Int64
from data_kit import make

WRONG: list[Any] = [
    None, True, 0.0, -1.0, 1.5, float("nan"), float("inf"), -0.0, 1e300, "", "x", "_x", "a.b", "a" * 100, "\0",
    "things", "things.by_a", [], [1.0], {}, {"a": 1.0}, Int64(5), b"x",
]  # fmt: skip


def operations(wrong: Any, known: str) -> Iterator[list[Any]]:
    """Operations of `data_kit` with something wrong in each place in turn; `known` is the id of a document."""
    things = {"table": "things"}
    yield from (["get", wrong], ["get", "things", wrong], ["get", wrong, known], ["system_get", wrong])
    yield from (
        ["insert", wrong, {}],
        ["insert", "things", wrong],
        ["patch", wrong, {}],
        ["patch", known, wrong],
    )
    yield from (["replace", known, wrong], ["delete", wrong], ["patch_in", wrong, known, {}])
    yield from (["normalize_id", "things", wrong], ["normalize_id", wrong, known], ["run_query", wrong])
    yield from (["collect", {"table": wrong}], ["count", {"table": wrong}], ["take", things, wrong])
    yield ["collect", {**things, "index": wrong}]
    yield ["collect", {**things, "index": "by_a", "comparisons": [["eq", wrong, 1.0]]}]
    yield ["collect", {**things, "index": "by_a", "comparisons": [["gt", "a", wrong]]}]
    for step in (["order", wrong], ["limit", wrong], ["filter", wrong], ["filter", ["not", wrong]]):
        yield ["collect", {**things, "steps": [step]}]
    for condition in (["eq", ["field", wrong], 1.0], ["add", wrong, 1.0]):
        yield ["collect", {**things, "steps": [["filter", condition]]}]
    first = {"numItems": 1, "cursor": None}
    for options in (
        wrong,
        {**first, "numItems": wrong},
        {**first, "cursor": wrong},
        {**first, "endCursor": wrong},
    ):
        yield ["paginate", things, options]
    for option in ("maximumRowsRead", "maximumBytesRead"):
        yield ["paginate", things, {**first, option: wrong}]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_no_value_in_the_wrong_place_breaks_the_simulator(backend: Any, wrong: Any) -> None:
    convex = make(backend)
    known = convex.db.insert("things", {"a": 1.0})
    for operation in operations(wrong, known):
        with suppress(FunctionError):
            convex.mutation("m:write", {"ops": [operation]})
    assert convex.mutation("m:write", {"ops": [["count", {"table": "things"}]]})


RAW = """
const parsed = async (answer: any) => JSON.parse(await answer);
export const raw = mutation({ args: { op: v.string(), a: v.any() }, handler: async (_ctx, { op, a }) => await parsed((globalThis as any).Convex.asyncSyscall(op, a)) });
export const rawNow = mutation({ args: { op: v.string(), a: v.any() }, handler: async (_ctx, { op, a }) => await parsed((globalThis as any).Convex.syscall(op, a)) });
export const rawAct = action({ args: { op: v.string(), a: v.any() }, handler: async (_ctx, { op, a }) => await parsed((globalThis as any).Convex.asyncSyscall(op, a)) });
"""
ID = "j5770jrba5939wzgs4k6rtt3qn7ycphp"
CONDITION = {"$eq": [{"$field": "a"}, {"$literal": 1}]}
SCAN = {"source": {"type": "FullTableScan", "tableName": "things", "order": "asc"}, "operators": []}
RANGE = {
    "source": {
        "type": "IndexRange",
        "indexName": "things.by_id",
        "range": [{"type": "Eq", "fieldPath": "_id", "value": ID}],
    },
    "operators": [{"filter": CONDITION}, {"limit": 3}],
}
SEARCH = {
    "source": {
        "type": "Search",
        "indexName": "things.x",
        "filters": [{"type": "Search", "fieldPath": "a", "value": "x"}],
    },
    "operators": [],
}
PAGE = {"cursor": None, "endCursor": None, "pageSize": 1, "maximumRowsRead": 1}
SYSCALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("raw", "1.0/get", {"id": ID, "isSystem": False, "table": "things"}),
    ("raw", "1.0/insert", {"table": "things", "value": {"a": 1}}),
    ("raw", "1.0/shallowMerge", {"id": ID, "value": {}}),
    ("raw", "1.0/replace", {"id": ID, "value": {}}),
    ("raw", "1.0/remove", {"id": ID}),
    ("raw", "1.0/count", {"table": "things"}),
    ("raw", "1.0/queryPage", {"query": SCAN, **PAGE}),
    ("raw", "1.0/queryPage", {"query": RANGE, **PAGE}),
    ("raw", "1.0/queryPage", {"query": SEARCH, **PAGE}),
    ("raw", "1.0/schedule", {"name": "m:raw", "ts": 1e9, "args": {}}),
    ("raw", "1.0/cancel_job", {"id": ID}),
    (
        "raw",
        "1.0/runUdf",
        {"udfType": "query", "name": "m:x", "args": {}, "transactionLimits": {"bytesRead": 1}},
    ),
    ("raw", "1.0/auditLog", {"body": {"a": {"$var": "x"}}}),
    ("rawNow", "1.0/queryStream", {"query": SCAN}),
    ("rawNow", "1.0/db/normalizeId", {"table": "things", "idString": ID}),
    ("rawAct", "1.0/actions/query", {"name": "m:x", "args": {}}),
    ("rawAct", "1.0/actions/schedule", {"name": "m:raw", "ts": 1e9, "args": {}}),
    ("rawAct", "1.0/actions/cancel_job", {"id": ID}),
    (
        "rawAct",
        "1.0/actions/vectorSearch",
        {"query": {"indexName": "things.x", "limit": 1, "vector": [1], "expressions": CONDITION}},
    ),
]
WRONG_JSON: list[Any] = [None, True, 5, 1.5, "x", [], {}, [1], {"a": 1}, {"$undefined": None}]


def variants(node: Any, rebuilt: Callable[[Any], Any]) -> Iterator[Any]:
    """What JSON becomes when one part of it is missing or something else; `rebuilt` puts a part into the whole."""
    yield from map(rebuilt, WRONG_JSON)
    if isinstance(node, dict):
        for name, member in node.items():
            yield rebuilt({other: value for other, value in node.items() if other != name})
            yield from variants(member, lambda value, name=name: rebuilt({**node, name: value}))
    elif isinstance(node, list):
        for at, member in enumerate(node):
            yield from variants(member, lambda value, at=at: rebuilt([*node[:at], value, *node[at + 1 :]]))


@pytest.mark.parametrize(
    ("function", "op", "arguments"), SYSCALLS, ids=[f"{op}-{at}" for at, (_, op, _) in enumerate(SYSCALLS)]
)
def test_no_json_in_a_syscall_breaks_the_simulator(
    written_backends: Callable[..., Any], function: str, op: str, arguments: dict[str, Any]
) -> None:
    with Deployment(written_backends("typescript", RAW)) as convex:
        convex.db.insert("things", {"a": 1.0})
        for variant in variants(arguments, lambda value: value):
            with suppress(FunctionError):
                convex.run(f"m:{function}", {"op": op, "a": json.dumps(variant)})
        assert len(convex.db.table("things")) >= 1
