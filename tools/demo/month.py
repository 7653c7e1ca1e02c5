"""A month of the documents' example on a virtual clock, a race that is found and shown again, and a report of it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from biconvex.sim import Deployment
from biconvex.sim.explore.html import save_html

EXAMPLES = Path(__file__).parents[2] / "examples"


def month(report: Path) -> None:
    """Live for thirty days, with somebody writing a document every day."""
    began = time.perf_counter()
    with Deployment(EXAMPLES / "documents" / "convex", seed=7) as convex:
        convex.outbound.on("*", "https://*", json={}, latency_ms=(50, 400))
        ada = convex.as_user(subject="ada", name="Ada")
        for day in range(30):
            content = {"title": f"Day {day + 1}", "content": "It rained.", "isPublic": day % 2 == 0}
            ada.mutation("documents:create", content)
            convex.advance(days=1)
        took = time.perf_counter() - began
        jobs = ", ".join(f"{name} {job.completed} times" for name, job in convex.crons.items())
        print(
            f"  30 days in {took:.1f} s: {len(convex.trace.runs())} function runs, {len(convex.trace)} events"
        )
        print(f"  cron jobs: {jobs}")
        save_html(convex, report, title="A month of examples/documents")


def race(project: Path) -> None:
    """Two counts that come due together: look for a seed with which one is lost, and show that it comes again."""
    for seed in range(100):
        digests = []
        for _ in range(2):
            with Deployment(project, seed=seed) as convex:
                poll = convex.mutation("votes:open")
                convex.mutation("votes:cast", {"id": poll})
                convex.mutation("votes:cast", {"id": poll})
                convex.advance(seconds=1)
                votes = convex.db.get(poll)["votes"]
                digests.append(convex.trace.digest)
        if votes != 2:
            same = "again, event by event" if digests[0] == digests[1] else "differently"
            print(
                f"  seed {seed}: two people voted, {votes:g} vote was counted; with the same seed it happens {same}"
            )
            return
    raise SystemExit("no race was found in 100 seeds")


if __name__ == "__main__":
    month(Path(sys.argv[1]))
    race(Path(sys.argv[2]))
