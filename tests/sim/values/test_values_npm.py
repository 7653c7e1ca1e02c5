"""The same values in the npm package `convex` on Node: encoding, sizes, order, validators."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim.values import (
    COMMIT_TS,
    UNDEFINED,
    Int64,
    compare,
    dumps,
    pending_from_json,
    size_of,
    to_json_or_undefined,
    v,
)
from hypothesis import HealthCheck, Phase, given, settings
from values_strategies import values

PACKAGES = Path(__file__).parents[2] / "packages"

SCRIPT = r"""
import { compareValues, convexToJson, getConvexSize, jsonToConvex, v } from "convex/values";
import { readFileSync } from "node:fs";
const { values, pairs, validators } = JSON.parse(readFileSync(0, "utf8"));
const read = (json) => (json !== null && typeof json === "object" && "$undefined" in json ? undefined : jsonToConvex(json));
const int64 = (text) => BigInt(text);
process.stdout.write(JSON.stringify({
  values: values.map(read).map((value) => ({ json: convexToJson(value), size: getConvexSize(value) })),
  pairs: pairs.map(([left, right]) => Math.sign(compareValues(read(left), read(right)))),
  validators: validators.map((source) => new Function("v", "int64", `return ${source}`)(v, int64).json),
}));
"""

# Expressions that mean the same in both languages.
VALIDATORS = [
    "v.null()",
    "v.number()",
    "v.float64()",
    "v.bigint()",
    "v.int64()",
    "v.boolean()",
    "v.string()",
    "v.bytes()",
    "v.any()",
    "v.id('users')",
    "v.literal('a\\n\"')",
    "v.literal(5)",
    "v.literal(-0.0)",
    "v.literal(0.5)",
    "v.literal(1e21)",
    "v.literal(int64('-9223372036854775808'))",
    "v.array(v.array(v.id('_storage')))",
    "v.object({})",
    "v.object({'b': v.optional(v.string()), 'a': v.object({'c': v.any()})})",
    "v.record(v.string(), v.union(v.null(), v.number()))",
    "v.record(v.id('users'), v.array(v.any()))",
    "v.union()",
    "v.union(v.literal('a'), v.literal('b'))",
    "v.nullable(v.number())",
    "v.object({'a': v.string(), 'b': v.number()}).pick('b')",
    "v.object({'a': v.string(), 'b': v.number()}).omit('b')",
    "v.object({'a': v.string(), 'b': v.optional(v.number())}).partial()",
    "v.object({'a': v.string(), 'b': v.number()}).extend({'b': v.null(), 'c': v.any()})",
]


def generated(count: int) -> list[Any]:
    """Values from Hypothesis, the same in every run."""
    found: list[Any] = [UNDEFINED, COMMIT_TS, *([Int64(1)], {"": 1.0}, 2.0**53, 1e21, -0.0)]

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(values.filter(is_fair))
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def is_fair(value: Any) -> bool:
    """JavaScript has one NaN, and its objects no field of their own called `__proto__`."""
    if isinstance(value, float) and math.isnan(value):
        return dumps(value) == '{"$float":"AAAAAAAA+H8="}'
    if isinstance(value, dict):
        return "__proto__" not in value and all(map(is_fair, value.values()))
    return not isinstance(value, list) or all(map(is_fair, value))


@pytest.fixture(scope="module")
def sample() -> list[Any]:
    return generated(250)


@pytest.fixture(scope="module")
def pairs(sample: list[Any]) -> list[tuple[Any, Any]]:
    # Each with its neighbours at several distances, and with itself.
    return [
        (left, sample[(i + step) % len(sample)]) for i, left in enumerate(sample) for step in (0, 1, 7, 50)
    ]


@pytest.fixture(scope="module")
def node(sample: list[Any], pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    """What Node answers about the sample: one process for all of it."""
    executable = shutil.which("node")
    if executable is None or not (PACKAGES / "node_modules" / "convex").is_dir():
        pytest.skip("needs Node and the npm packages of the tests: run `make packages`")
    question = {
        "values": [to_json_or_undefined(value) for value in sample if value is not UNDEFINED],
        "pairs": [[to_json_or_undefined(value) for value in pair] for pair in pairs],
        "validators": VALIDATORS,
    }
    answer = subprocess.run(
        [executable, "--input-type=module", "--eval", SCRIPT],
        cwd=PACKAGES,
        input=json.dumps(question),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert answer.stderr == ""
    # JavaScript prints whole floats as integers, of more digits than a float tells apart.
    result: dict[str, Any] = json.loads(answer.stdout, parse_int=float)
    return result


def test_the_package_writes_each_value_as_we_do(node: dict[str, Any], sample: list[Any]) -> None:
    for value, found in zip(
        (value for value in sample if value is not UNDEFINED), node["values"], strict=True
    ):
        assert dumps(pending_from_json(found["json"])) == dumps(value)
        assert found["json"] == to_json_or_undefined(value)


def test_the_package_finds_each_value_as_large_as_we_do(node: dict[str, Any], sample: list[Any]) -> None:
    for value, found in zip(
        (value for value in sample if value is not UNDEFINED), node["values"], strict=True
    ):
        assert (value, found["size"]) == (value, size_of(value))


def test_the_package_orders_values_as_we_do(node: dict[str, Any], pairs: list[tuple[Any, Any]]) -> None:
    assert set(node["pairs"]) == {-1, 0, 1}
    for (left, right), order in zip(pairs, node["pairs"], strict=True):
        assert (left, right, order) == (left, right, compare(left, right))


def test_the_package_exports_validators_as_we_do(node: dict[str, Any]) -> None:
    for source, exported in zip(VALIDATORS, node["validators"], strict=True):
        ours = eval(source, {"v": v, "int64": lambda text: Int64(int(text))})
        assert (source, ours.json) == (source, exported)
