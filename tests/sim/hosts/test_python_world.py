"""What Python's own modules show to a backend in Python: the simulation's clock, randomness and environment."""

from __future__ import annotations

import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from biconvex.sim import Deployment, FunctionError

START_S = 1_767_225_600
BACKEND = """
import asyncio, os, random, secrets, socket, time, urllib.request, uuid
from datetime import UTC, datetime
from random import choice
from time import time as now
from biconvex.sim.server import *
LOADED = (time.time(), random.random(), os.environ.get("KEY"))

@query(args={})
async def clocks(ctx, args):
    return [time.time(), now(), datetime.now(UTC).isoformat(), time.monotonic() - time.perf_counter(), float(time.time_ns() // 10**9)]

@action(args={})
async def later(ctx, args):
    before = time.time(), time.monotonic(), datetime.now(UTC)
    await asyncio.sleep(90)
    after = time.time(), time.monotonic(), datetime.now(UTC)
    return [after[0] - before[0], after[1] - before[1], (after[2] - before[2]).total_seconds()]

@mutation(args={})
async def chance(ctx, args):
    return [random.random(), choice("abcdef"), str(uuid.uuid4()), secrets.token_hex(4), float(random.randint(1, 10**6))]

@query(args={})
async def loaded(ctx, args): return [LOADED[0], LOADED[1], LOADED[2]]

@query(args={})
async def environment(ctx, args):
    os.environ["NEW"] = "x"
    return [os.environ["KEY"], os.getenv("HOME", "none"), sorted(os.environ), "NEW" in os.environ]

@action(args={})
async def network(ctx, args):
    urllib.request.urlopen("http://127.0.0.1:9/")

@action(args={})
async def sleep(ctx, args): time.sleep(5)

@query(args={})
async def age(ctx, args): return datetime.now(UTC).timestamp()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "m.py").write_text(BACKEND)
    return tmp_path


@pytest.fixture
def convex(project: Path) -> Any:
    with Deployment(project, seed=3, env={"KEY": "value"}) as deployment:
        yield deployment


def test_every_clock_of_python_shows_virtual_time(convex: Deployment) -> None:
    assert convex.query("m:clocks") == [START_S, START_S, "2026-01-01T00:00:00+00:00", 0, START_S]


def test_they_move_while_an_action_waits(convex: Deployment) -> None:
    assert convex.action("m:later") == [90, 90, 90]


def test_randomness_comes_from_the_seed(project: Path) -> None:
    def drawn(seed: int) -> Any:
        with Deployment(project, seed=seed) as convex:
            return [convex.mutation("m:chance"), convex.mutation("m:chance")]

    first, second = drawn(3)
    assert first != second
    assert drawn(3) == [first, second] != drawn(4)


def test_modules_are_loaded_in_the_same_world(project: Path) -> None:
    seen = []
    for _ in range(2):
        with Deployment(project, env={"KEY": "value"}, start=datetime(2026, 3, 1, tzinfo=UTC)) as convex:
            seen.append(convex.query("m:loaded"))
    assert seen[0] == seen[1]
    assert (seen[0][0], seen[0][2]) == (datetime(2026, 3, 1, tzinfo=UTC).timestamp(), "value")


def test_the_environment_is_the_deployments_own(convex: Deployment) -> None:
    assert convex.query("m:environment") == [
        "value",
        "none",
        ["CONVEX_CLOUD_URL", "CONVEX_SITE_URL", "KEY"],
        False,
    ]


def test_the_network_is_refused_with_what_to_do(convex: Deployment) -> None:
    with pytest.raises(FunctionError, match=r"A function has no network of its own: write `await fetch"):
        convex.action("m:network")


def test_sleeping_in_earnest_is_refused(convex: Deployment) -> None:
    with pytest.raises(FunctionError, match=r"write `await asyncio\.sleep"):
        convex.action("m:sleep")


def test_a_query_that_may_look_at_a_clock_is_not_answered_from_long_ago(convex: Deployment) -> None:
    assert convex.query("m:age") == START_S
    convex.advance(hours=1)
    assert convex.query("m:age") == START_S + 3600


def test_nothing_of_it_is_left_behind(convex: Deployment) -> None:
    before = (random.random, time.monotonic, os.environ, os.urandom, datetime.now(UTC).year)
    convex.mutation("m:chance")
    assert (random.random, time.monotonic, os.environ, os.urandom, datetime.now(UTC).year) == before
    assert time.time() > START_S
