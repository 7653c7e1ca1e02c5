"""The same functions in two languages do the same, event by event (DESIGN: the runtime can't tell which it drives)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import data_kit as kit
import pytest
from biconvex.sim import Deployment, FunctionError

Written = Callable[[str, Any], Path]
BY_A = kit.query("things", "by_a")
SCENARIOS: dict[str, list[tuple[str, list[Any]]]] = {
    "writes": [
        ("write", [["insert", "things", {"a": 1}], ["patch", "@0", {"a": 2}], ["replace", "@0", {"b": 1}]]),
        ("write", [["insert", "things", {"a": 1}], ["delete", "@0"], ["try", "delete", "@0"]]),
        ("write", [["insert", "fresh", {}], ["insert", "things", {"a": 9}]]),
    ],
    "reads": [
        ("write", [["insert", "things", {"a": a}] for a in range(150)]),
        ("look", [["collect", BY_A], ["first", BY_A], ["take", BY_A, 3], ["count", kit.query()]]),
        ("look", [["collect", kit.query("things", "by_a", ["gt", "a", 140])]]),
        ("look", [["paginate", BY_A, {"numItems": 20, "cursor": None}]]),
        ("look", [["collect", BY_A], ["first", BY_A], ["take", BY_A, 3], ["count", kit.query()]]),
    ],
    "failures": [
        ("write", [["insert", "things", {}], ["unique", BY_A], ["insert", "things", {}], ["unique", BY_A]]),
        ("look", [["get", "garbage"]]),
        ("look", [["collect", kit.query("things", "nothing")]]),
        ("write", [["insert", "things", {"_own": 1}]]),
    ],
    "nesting": [
        ("write", [["run_mutation", [["insert", "things", {"a": 1}]]], ["run_query", [["collect", BY_A]]]]),
        (
            "write",
            [
                ["try", "run_mutation", [["insert", "things", {"a": 2}], ["get", "garbage"]]],
                ["collect", BY_A],
            ],
        ),
    ],
}


def history(convex: Deployment, calls: list[tuple[str, list[Any]]]) -> tuple[list[Any], list[str]]:
    """What each call gave, and what happened, without the frames of errors: they are of the language."""
    results: list[Any] = []
    for function, ops in calls:
        try:
            results.append(convex.run(f"m:{function}", {"ops": ops}))
        except FunctionError as error:
            results.append(error.message.partition("\n    at ")[0])
    return results, [str(event) for event in convex.trace]


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_both_languages_leave_the_same_trace(written_backends: Written, scenario: str, seed: int) -> None:
    seen = []
    for language, sources in (("typescript", kit.TYPESCRIPT), ("python", kit.PYTHON)):
        path = written_backends(language, {"m": sources, "schema": kit.SCHEMA[language]})
        with Deployment(path, seed=seed) as convex:
            seen.append((*history(convex, SCENARIOS[scenario]), convex.db.table("things"), convex.db.names))
    typescript, python = seen
    if scenario == "nesting":
        # The error of a nested call holds the callee's own frames.
        typescript[0][1][0] = typescript[0][1][0].partition("\n")[0]
        python[0][1][0] = python[0][1][0].partition("\n")[0]
    assert typescript == python
    assert len(typescript[1]) > 5


def test_a_second_run_leaves_the_same_digest(written_backends: Written) -> None:
    digests = set()
    for language, sources in (("typescript", kit.TYPESCRIPT), ("python", kit.PYTHON)):
        path = written_backends(language, {"m": sources, "schema": kit.SCHEMA[language]})
        for _ in range(2):
            with Deployment(path, seed=3) as convex:
                for calls in (SCENARIOS["writes"], SCENARIOS["reads"]):
                    history(convex, calls)
                digests.add(convex.trace.digest)
    assert len(digests) == 1
