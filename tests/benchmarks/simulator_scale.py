"""What `peer/scale.bench.ts` measures, in the simulator: the same TypeScript functions, documents and counts."""

from __future__ import annotations

from biconvex.sim import Deployment
from simulator import WORKLOAD, measure

SIZES = (1_000, 10_000, 50_000)
MOST_WRITES = 8_000


def deployment() -> Deployment:
    """A fresh deployment that runs every query: what is measured is reading, not remembering."""
    return Deployment(WORKLOAD, seed=1, query_cache=False)


def fill(convex: Deployment, first: int, count: int, function: str = "fill") -> None:
    """Write `count` messages in one mutation."""
    convex.mutation(f"messages:{function}", {"from": float(first), "count": float(count)})


def fresh(_call: int) -> None:
    """Make a deployment, write a message, and end it."""
    with deployment() as convex:
        fill(convex, 0, 1)


def main() -> None:
    """Print a line for each measure."""
    with deployment() as warm_up:
        fill(warm_up, 0, 200)

    for function in ("fill", "fillTogether"):
        deployments = [deployment() for _ in range(3)]
        measure(function, 3, lambda call: fill(deployments[call], 0, MOST_WRITES, function))  # noqa: B023
        for made in deployments:
            made.close()
    measure("fresh", 50, fresh)

    with deployment() as convex:
        size = 0
        for wanted in SIZES:
            while size < wanted:
                count = min(MOST_WRITES, wanted - size)
                fill(convex, size, count)
                size += count
            newest = convex.query("messages:newest", {"channel": "c3"})
            assert [found["n"] for found in newest] == [float(size - 7 - at * 10) for at in range(10)]
            page = {"channel": "c3", "paginationOpts": {"cursor": None, "numItems": 10}}
            measure(f"newest {size}", 200, lambda _: convex.query("messages:newest", {"channel": "c3"}))
            measure(f"page {size}", 200, lambda _: convex.query("messages:page", page))  # noqa: B023


if __name__ == "__main__":
    main()
