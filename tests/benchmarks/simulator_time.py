"""What takes virtual time: a chain of jobs, a month of cron jobs, many pending jobs, an action with many calls.

The chain and the action are those of `peer/time.bench.ts`: the same TypeScript functions and counts.
"""

from __future__ import annotations

from pathlib import Path

from biconvex.sim import Deployment
from simulator import WORKLOAD, measure, message

MONTH = Path(__file__).parent / "month"
HOPS = 1_000
RUNS_A_DAY = {"hourly": 24, "daily": 1, "every five minutes": 288}
PART_DAYS = 10
PENDING = (1_000, 10_000)
MOST_SCHEDULED = 1_000


def chain(_call: int) -> None:
    """A job that schedules itself until it has run a thousand times."""
    with Deployment(WORKLOAD, seed=1) as convex:
        convex.mutation("hops:start", {"hops": float(HOPS)})
        convex.run_until_idle()
        assert convex.query("hops:count") == HOPS


def month() -> None:
    """Thirty days of three cron jobs, in three parts; and the same number of direct calls."""
    with Deployment(MONTH, seed=1) as convex:
        measure_parts = [lambda _: convex.advance(days=PART_DAYS)] * 3
        for part, work in enumerate(measure_parts, 1):
            measure(f"crons {part}", 1, work)
        assert sum(job.completed for job in convex.crons.values()) == 30 * sum(RUNS_A_DAY.values())
    with Deployment(MONTH, seed=1) as convex:
        admin = convex.as_admin()

        def calls(_call: int) -> None:
            for name, runs in RUNS_A_DAY.items():
                for _ in range(runs * PART_DAYS):
                    admin.mutation("jobs:count", {"name": name})

        for part in range(1, 4):
            measure(f"direct {part}", 1, calls)


def pending(count: int) -> None:
    """Schedule so many jobs for different times, then run all of them."""
    with Deployment(MONTH, seed=1) as convex:
        admin = convex.as_admin()

        def schedule(_call: int) -> None:
            for first in range(0, count, MOST_SCHEDULED):
                span = {"from": float(first), "count": float(MOST_SCHEDULED), "of": float(count)}
                admin.mutation("jobs:scheduleApart", span)

        measure(f"schedule {count}", 1, schedule)
        measure(f"run {count}", 1, lambda _: convex.run_until_idle())
        assert convex.trace.count("job") == count


def main() -> None:
    """Print a line for each measure."""
    with Deployment(WORKLOAD, seed=1) as warm_up:
        for n in range(200):
            warm_up.mutation("messages:insert", message(n))
    measure("chain", 3, chain)
    with Deployment(WORKLOAD, seed=1) as convex:
        last = convex.mutation("messages:insert", message(0))
        measure("action", 100, lambda _: convex.action("messages:work", {"id": last}))
    month()
    for count in PENDING:
        pending(count)


if __name__ == "__main__":
    main()
