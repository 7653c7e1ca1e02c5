"""Each worked bug is found by looking at seeds, with no hint but the invariant, and comes back as small as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from biconvex.sim import FunctionError
from biconvex.sim.explore import simulate
from worked_bugs import BUGS, WorkedBug

SHRUNK = {
    "lost update through an action's read-then-write": [
        'r1 = convex.db.insert("polls", {"votes": 0})',
        'convex.concurrently(call("m:vote", {"poll": r1}), call("m:vote", {"poll": r1}))',
        "convex.run_until_idle()",
    ],
    "double credit on webhook redelivery": [
        'convex.deliver(request("/payment", method="POST", json={"event": "evt_0", "amount": 1}))',
        "convex.calm()",
        "# fault: repeated_webhook",
    ],
    "webhooks applied in the order of their arrival": [
        (
            'convex.deliver(request("/subscription", method="POST", json={"version": 0, "plan": "free"}), '
            'request("/subscription", method="POST", json={"version": 1, "plan": "free"}))'
        ),
        "convex.calm()",
        "# fault: reordered_webhook",
    ],
    "a retried job that is not idempotent": [
        'convex.mutation("m:order")',
        "convex.advance(seconds=0)",
        "convex.calm()",
        "# fault: lost_response",
    ],
    "a cron job whose work overlaps the next run's": [
        'convex.mutation("m:write")',
        "convex.advance(seconds=0)",
        "convex.advance(minutes=5)",
        "# fault: slow_response",
    ],
    "a promise that nobody awaits": ['convex.action("m:order")', "convex.calm()"],
    "state in a variable of a module": [*['convex.mutation("m:sendCode")'] * 4, "# fault: fresh_isolate"],
}
"""What is left of a failing run. How many callers it takes, and how many documents, is a matter of numbers."""

CASES = [
    pytest.param(bug, language, id=f"{bug.name}-{language}")
    for bug in BUGS
    for language in ("typescript", "python")
    if getattr(bug, language) is not None
]


def found_within(bug: WorkedBug, project: Path, *, shrink_runs: int) -> tuple[Exception, list[str]]:
    """The error of the first seed that fails, and the steps of its shrunk run."""
    test = simulate(seeds=200, shrink_runs=shrink_runs, project=project, **bug.options)(bug.body)
    with pytest.raises((AssertionError, FunctionError)) as caught:
        test()
    (note,) = caught.value.__notes__
    steps = note.partition("What is left:\n\n")[2].partition("\n\nAgain")[0]
    return caught.value, [line.strip() for line in steps.splitlines() if line.strip()]


@pytest.mark.parametrize(("bug", "language"), CASES)
def test_a_worked_bug_is_found_within_200_seeds_and_shrunk(
    bug: WorkedBug, language: str, written_backends: Callable[..., Path]
) -> None:
    shrink_runs = 120 if bug.name in SHRUNK else 40
    error, steps = found_within(
        bug, written_backends(language, getattr(bug, language)), shrink_runs=shrink_runs
    )
    if bug.name in SHRUNK:
        assert isinstance(error, AssertionError)
        assert steps == SHRUNK[bug.name]
    elif bug.name == "one counter that every mutation writes":
        assert isinstance(error, AssertionError)
        assert len(steps) == 1
        assert steps[0].count('call("m:visit")') >= 6  # a mutation has five attempts
    else:
        assert str(error).startswith(
            "Uncaught Error: Too many documents read in a single function execution (limit: 32)."
        )
        assert steps[-1] == 'convex.query("m:list")'
        assert len(steps) <= 13
