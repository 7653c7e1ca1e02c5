"""Each limit of an action, met: its time, its memory, and how much it does at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from actions_kit import ACTIONS, LANGUAGES, WORKER, Charges
from biconvex.sim import Deployment, FunctionError, Limits, NetworkFailure

Deploy = Callable[..., Deployment]
LIST = "https://pages.example.com/links.txt"
MINUTE_MS = 60_000
GUIDELINES = Limits.guidelines()


# --- time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "minutes", "error"),
    [
        (GUIDELINES, 9, None),
        (GUIDELINES, 11, "Function execution timed out (maximum duration: 600s)"),
        (Limits.current(), 11, None),
        (Limits.current(), 31, "Function execution timed out (maximum duration: 1800s)"),
    ],
)
def test_an_action_has_ten_minutes_and_half_an_hour_today(
    deploy: Deploy, limits: Limits, minutes: int, error: str | None
) -> None:
    convex = deploy(limits=limits)
    convex.outbound.on("POST", WORKER, text="done", latency_ms=minutes * MINUTE_MS)
    task = convex.mutation("tasks:create", {"name": "a long job"})
    convex.run_until_idle()
    assert convex.query("tasks:result", {"taskId": task}) == (None if error else "done")
    (job,) = convex.db.table("_scheduled_functions")
    assert job["state"] == ({"kind": "failed", "error": error} if error else {"kind": "success"})


def test_an_action_in_node_has_ten_minutes_today_too() -> None:
    """In TypeScript alone: functions in Python have one runtime."""
    with Deployment(LANGUAGES["typescript"]) as convex:
        convex.takes("prices:load", minutes=11)
        with pytest.raises(FunctionError) as caught:
            convex.action("prices:load", {"csv": "sku,title,price"})
        words = "Uncaught Error: Action `load` execution timed out (maximum duration 600s)"
        assert caught.value.message == words


def test_an_attempt_that_runs_out_of_time_is_followed_by_the_next(deploy: Deploy, charges: Charges) -> None:
    convex = deploy()
    convex.takes("payments:attempt", minutes=31)
    order = convex.mutation("orders:place", {"item": "lens", "amount": 1999})
    convex.mutation("orders:collect", {"orderId": order})
    convex.advance(days=1)
    assert [run.error for run in convex.trace.runs("payments:attempt")] == [
        "Function execution timed out (maximum duration: 1800s)"
    ] * 6
    assert convex.query("orders:status", {"orderId": order}) == "failed"
    assert charges.amounts == {}


# --- memory -----------------------------------------------------------------------------------------------


HOARDER = """
import { v } from "convex/values";
import { action } from "./_generated/server";

// The mean of so many measurements a day: all days are held before the first is looked at.
export const mean = action({
  args: { days: v.number(), measurements: v.number() },
  handler: async (_ctx, { days, measurements }) => {
    const all = Array.from({ length: days }, (_, day) => new Array(measurements).fill(day + 0.5));
    return all.reduce((sum, [first]) => sum + first, 0) / days;
  },
});
"""


@pytest.mark.parametrize(
    ("directive", "words"),
    [
        ("", "JavaScript execution ran out of memory (maximum memory usage: 64 MB)"),
        ('"use node";', "Node.js action execution ran out of memory (maximum memory usage: 512 MB)"),
    ],
)
def test_an_action_that_holds_everything_runs_out_of_memory(
    tmp_path: Path, directive: str, words: str
) -> None:
    """In TypeScript alone: functions in Python run in the process of the test, which has no such limit."""
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex/hoarder.ts").write_text(directive + HOARDER)
    (tmp_path / "node_modules").symlink_to(ACTIONS / "node_modules")
    with Deployment(tmp_path) as convex:
        assert convex.action("hoarder:mean", {"days": 3, "measurements": 10_000}) == 1.5
        with pytest.raises(FunctionError) as caught:
            convex.action("hoarder:mean", {"days": 3_650, "measurements": 100_000})
        assert (caught.value.code, caught.value.message) == ("OutOfMemory", words)
        assert convex.action("hoarder:mean", {"days": 30, "measurements": 10_000}) == 15


# --- operations at once -----------------------------------------------------------------------------------


def with_links(convex: Deployment, count: int) -> None:
    urls = [f"https://pages.example.com/{number}" for number in range(count)]
    convex.outbound.on("GET", LIST, text="\n".join(urls))
    convex.outbound.on("HEAD", "https://pages.example.com/*", status=200, latency_ms=1000)


@pytest.mark.parametrize(
    ("limits", "links", "seconds"),
    [(GUIDELINES, 1000, 1), (GUIDELINES, 1001, 2), (Limits.current(), 8, 1), (Limits.current(), 80, 10)],
)
def test_an_action_does_a_thousand_things_at_once_and_eight_today_while_others_wait(
    deploy: Deploy, limits: Limits, links: int, seconds: int
) -> None:
    convex = deploy(limits=limits)
    with_links(convex, links)
    began = convex.now
    assert convex.action("links:check", {"list": LIST}) == 0
    assert convex.now - began == seconds * 1000
    at_once = convex.usage["links:check"].concurrent_action_operations
    assert (at_once.used, at_once.limit) == (links, limits.concurrent_action_operations)


def test_all_results_are_written_by_one_mutation(convex: Deployment) -> None:
    with_links(convex, 20)
    convex.outbound.on("HEAD", "https://pages.example.com/3", status=404)
    convex.outbound.on("HEAD", "https://pages.example.com/5", NetworkFailure())
    for _ in range(2):
        assert convex.action("links:check", {"list": LIST}) == 2
    assert [run.function for run in convex.trace.runs()] == ["links:check", "links:record"] * 2
    statuses = [link["status"] for link in convex.db.table("links")]
    assert statuses == [200, 200, 200, 404, 200, 0] + [200] * 14


def test_no_promise_is_left_behind(convex: Deployment) -> None:
    with_links(convex, 20)
    convex.action("links:check", {"list": LIST})
    assert convex.findings == []
