"""What Python offers an action that waits: all of it on virtual time, on the deployment's clock and environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from biconvex.sim import Deployment

START_MS = 1_767_225_600_000
BACKEND = """
import datetime
import os
import time

def passed(): return time.time() * 1000 - 1_767_225_600_000

@action(args={})
async def waits_too_long(ctx, args):
    try:
        await asyncio.wait_for(asyncio.sleep(3600), timeout=90)
    except asyncio.TimeoutError:
        return ["given up", passed()]

@action(args={})
async def asks_too_long(ctx, args):
    try:
        response = await asyncio.wait_for(fetch("https://slow.example.com/"), timeout=2)
    except asyncio.TimeoutError:
        return ["given up", passed()]
    return [await response.text(), passed()]

@action(args={})
async def together(ctx, args):
    async def slept(seconds):
        await asyncio.sleep(seconds)
        return passed()
    gathered = await asyncio.gather(slept(3), slept(1), slept(2))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(slept(seconds)) for seconds in (4, 2)]
    first = [await done for done in asyncio.as_completed([slept(2), slept(1)])]
    return [gathered, [task.result() for task in tasks], first]

@action(args={})
async def in_turn(ctx, args):
    lock, queue, seen = asyncio.Lock(), asyncio.Queue(), []
    async def work(name):
        async with lock:
            await asyncio.sleep(1)
            await queue.put(f"{name} {passed():g}")
    async def read():
        for _ in range(2):
            seen.append(await queue.get())
    await asyncio.gather(work("a"), work("b"), read())
    return seen

@action(args={})
async def clocks(ctx, args):
    await asyncio.sleep(60)
    now = datetime.datetime.now(datetime.UTC)
    return [now.isoformat(), datetime.date.today().isoformat(), time.time_ns() // 1_000_000, now_ms(), os.environ["PLAN"], os.environ.get("HOME")]
"""


@pytest.fixture
def convex(written_backends: Callable[..., Path]) -> Iterator[Deployment]:
    with Deployment(written_backends("python", BACKEND), env={"PLAN": "free"}) as made:
        yield made


def test_a_timeout_is_one_of_virtual_time(convex: Deployment) -> None:
    assert convex.action("m:waits_too_long") == ["given up", 90_000]
    assert convex.now == START_MS + 90_000


@pytest.mark.parametrize(("latency_ms", "found"), [(1999, ["late", 1999]), (2001, ["given up", 2000])])
def test_a_request_is_given_up_when_its_time_is_over(
    convex: Deployment, latency_ms: float, found: list[object]
) -> None:
    convex.outbound.on("GET", "https://slow.example.com/", text="late", latency_ms=latency_ms)
    assert convex.action("m:asks_too_long") == found


def test_what_waits_together_waits_as_long_as_the_longest(convex: Deployment) -> None:
    assert convex.action("m:together") == [[3000, 1000, 2000], [7000, 5000], [8000, 9000]]


def test_locks_and_queues_are_those_of_the_handlers_own_loop(convex: Deployment) -> None:
    assert convex.action("m:in_turn") == ["a 1000", "b 2000"]


def test_clocks_and_environment_are_the_deployments(convex: Deployment) -> None:
    moment = START_MS + 60_000
    assert convex.action("m:clocks") == [
        "2026-01-01T00:01:00+00:00",
        "2026-01-01",
        moment,
        moment,
        "free",
        None,
    ]
