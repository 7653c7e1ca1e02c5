"""`--convex-check-determinism`: each test runs twice, and the first difference between the two is its failure."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from _pytest.runner import runtestprotocol
from biconvex.pytest_plugin.deployments import STORIES, Story
from biconvex.pytest_plugin.reports import again
from biconvex.sim.explore.determinism import first_difference

__all__ = ["run_twice"]


def run_twice(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Run a test with its fixtures twice, and report the second run, or how the two differ."""
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    # What other tests share is not torn down in between: only the test itself isn't needed any more.
    first = runtestprotocol(item, nextitem=item.parent, log=False)  # type: ignore[arg-type]
    before = _taken(item)
    second = runtestprotocol(item, nextitem=nextitem, log=False)
    difference = _difference(before, _taken(item)) or _other_end(first, second)
    for report in second:
        if difference is not None and report.when == "call":
            report.outcome = "failed"
            report.longrepr = f"{difference}\n\n{again(item)} --convex-check-determinism"
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _taken(item: pytest.Item) -> list[Story]:
    stories = item.stash.get(STORIES, [])
    item.stash[STORIES] = []
    return stories


def _difference(before: Sequence[Story], after: Sequence[Story]) -> str | None:
    if len(before) != len(after):
        return _explained(f"the number of deployments: {len(before)}, then {len(after)}", by_test=True)
    for (trace, program), (other_trace, other_program) in zip(before, after, strict=True):
        found = first_difference((trace, other_trace), (program, other_program))
        if found is not None:
            return _explained(found, by_test=program.lines() != other_program.lines())
    return None


def _other_end(first: Sequence[pytest.TestReport], second: Sequence[pytest.TestReport]) -> str | None:
    """Whether the same happened, and the test passes only once."""
    ends: list[dict[str, str]] = [
        {str(report.when): report.outcome for report in run} for run in (first, second)
    ]
    if ends[0] == ends[1]:
        return None
    return _explained(
        f"their ends:\n  first run:  {_shown(ends[0])}\n  second run: {_shown(ends[1])}", by_test=True
    )


def _shown(end: dict[str, str]) -> str:
    return ", ".join(f"{when} {outcome}" for when, outcome in end.items())


def _explained(difference: str, *, by_test: bool) -> str:
    if by_test:
        return (
            f"The test isn't deterministic by itself: two runs with the same seed differ at {difference}\n"
            "The backend isn't at fault. What the test does must not depend on a real clock, on `random`, on the order "
            "of a set, or on what an earlier run left."
        )
    return (
        f"The test did the same twice, and something else happened, at {difference}\n"
        "Either the test gave the simulation something that varies (a route of `convex.outbound` or a stub that draws "
        "at random, a host that is allowed), or this is a bug of Biconvex."
    )
