"""The calls of `peer/calls.bench.ts` in the simulator: the same TypeScript functions, documents and counts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from biconvex.sim import Deployment

WORKLOAD = Path(__file__).parent / "workload"


def message(n: int) -> dict[str, Any]:
    """The nth message; the same as `message` in peer/measures.ts."""
    return {
        "channel": f"c{n % 10}",
        "status": "open" if n % 2 else "done",
        "author": f"user{n % 97}",
        "body": f"message number {n} {'x' * 80}",
        "n": float(n),
    }


def measure(name: str, calls: int, work: Callable[[int], object]) -> None:
    """Calls `work` some times, and prints the median of the time a call took."""
    times = []
    for call in range(calls):
        began = perf_counter()
        work(call)
        times.append(perf_counter() - began)
    sys.stdout.write(f"MEASURED {json.dumps({'name': name, 'ms': median(times) * 1000})}\n")


def main() -> None:
    """Print a line for each measure."""
    with Deployment(WORKLOAD, seed=1) as warm_up:
        for n in range(200):
            warm_up.mutation("messages:insert", message(n))

    # What is measured is reading, not remembering.
    with Deployment(WORKLOAD, seed=1, query_cache=False) as convex:
        measure("insert", 10_000, lambda n: convex.mutation("messages:insert", message(n)))

        newest = convex.query("messages:newest", {"channel": "c3"})
        assert [found["n"] for found in newest] == [float(n) for n in range(9993, 9893, -10)]
        last = newest[0]["_id"]
        first_page = {"channel": "c3", "paginationOpts": {"cursor": None, "numItems": 10}}
        measure("newest", 30, lambda _: convex.query("messages:newest", {"channel": "c3"}))
        measure("page", 30, lambda _: convex.query("messages:page", first_page))
        measure("get", 200, lambda _: convex.query("messages:get", {"id": last}))
        measure(
            "patch", 200, lambda n: convex.mutation("messages:patch", {"id": last, "body": f"changed {n}"})
        )


if __name__ == "__main__":
    main()
