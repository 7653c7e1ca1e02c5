"""What jobs and cron jobs cost, however many there are: counted, no clock is looked at."""

from __future__ import annotations

from collections.abc import Callable
from math import log2
from pathlib import Path

import pytest
from biconvex.sim import Deployment
from biconvex.sim.kernel import Timer
from growth_kit import instructions_of

FEW, MANY = 100, 3_200
BACKEND = {
    "m": """
@mutation(args={"first": v.number(), "count": v.number()})
async def schedule(ctx, args):
    for n in range(int(args["first"]), int(args["first"] + args["count"])):
        await ctx.scheduler.run_after(60_000.0 + 1000.0 * (n * 7919 % 10_007), internal.m.work, {})

@internal_mutation(args={})
async def work(ctx, args): pass
""",
}
CRONS = "crons = cron_jobs()\ncrons.interval('work', {'minutes': 5}, internal.m.work)\n"


@pytest.fixture
def pending(written_backends: Callable[..., Path]) -> Callable[[int], Deployment]:
    """Make a deployment with so many jobs at different times, and one that has run."""

    def make(count: int) -> Deployment:
        convex = Deployment(written_backends("python", BACKEND))
        for first in range(0, count, 400):
            convex.mutation("m:schedule", {"first": float(first), "count": float(min(400, count - first))})
        schedule_one(convex)
        run_one(convex)
        return convex

    return make


def schedule_one(convex: Deployment) -> None:
    convex.mutation("m:schedule", {"first": 0.0, "count": 1.0})


def run_one(convex: Deployment) -> None:
    """Let the next job run."""
    done = convex.trace.count("job")
    kernel = convex._kernel
    while convex.trace.count("job") == done:
        due = kernel.next_timer_ns
        assert due is not None
        kernel.run_until(due)


@pytest.mark.parametrize("work", [schedule_one, run_one])
def test_a_job_takes_as_many_instructions_among_many_as_among_few_but_for_a_logarithm(
    pending: Callable[[int], Deployment], work: Callable[[Deployment], None]
) -> None:
    few, many = pending(FEW), pending(MANY)
    # The test's own look at the trace is no part of it.
    for convex in (few, many):
        convex.trace._rows.clear()
    counts = [instructions_of(lambda: work(few)), instructions_of(lambda: work(many))]
    assert counts[1] < counts[0] * 1.25
    few.close()
    many.close()


@pytest.mark.parametrize("work", [schedule_one, run_one])
def test_the_timers_of_jobs_are_compared_a_logarithm_of_times(
    pending: Callable[[int], Deployment], work: Callable[[Deployment], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    convex = pending(MANY)
    compared = 0
    less = Timer.__lt__

    def noted(self: Timer, other: Timer) -> bool:
        nonlocal compared
        compared += 1
        return less(self, other)

    monkeypatch.setattr(Timer, "__lt__", noted)
    work(convex)
    assert compared < 8 * log2(MANY)
    convex.close()


def test_a_cron_job_takes_as_many_instructions_after_many_runs_as_after_few(
    written_backends: Callable[..., Path],
) -> None:
    with Deployment(written_backends("python", BACKEND | {"crons": CRONS})) as convex:
        convex.advance(minutes=14)
        early = instructions_of(lambda: convex.advance(minutes=5))
        convex.advance(days=3)
        late = instructions_of(lambda: convex.advance(minutes=5))
    assert late < early * 1.1
