"""Shrinking: from the decisions of a run that failed to fewer and simpler ones that fail in the same way.

Hypothesis does it. It gets the decisions as an example that it had once saved, and shrinks that: this is the one place
that knows how it writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from biconvex.sim.kernel import Decide
from biconvex.sim.values import UsageError

__all__ = ["Attempt", "shrink"]

Attempt = Callable[[Decide], bool]
"""Runs with these decisions; whether the run failed in the way that is looked for."""

_KEY: Final = b"biconvex"


class _Enough(BaseException):
    """As many attempts were made as were allowed. No `Exception`: those are failures to Hypothesis."""


class _Attempts:
    """Counts attempts, and keeps the best decisions of one that failed: the fewest, then the lowest."""

    def __init__(self, decisions: Sequence[int], attempt: Attempt, most: int) -> None:
        self.best = tuple(decisions)
        self.made = 0
        self._attempt = attempt
        self._most = most

    def fails(self, draw: Callable[[int], int]) -> bool:
        if self.made == self._most:
            raise _Enough
        self.made += 1
        drawn: list[int] = []

        def decide(bound: int, _seeded: int) -> int:
            drawn.append(draw(bound))
            return drawn[-1]

        failed = self._attempt(decide)
        if failed:
            while drawn and drawn[-1] == 0:  # what is missing is 0
                drawn.pop()
            self.best = min(self.best, tuple(drawn), key=lambda found: (len(found), found))
        return failed


def shrink(
    decisions: Sequence[int], attempt: Attempt, *, max_attempts: int = 500
) -> tuple[tuple[int, ...], int]:
    """The fewest and lowest decisions found for which `attempt` still holds, and how many attempts that took.

    `decisions` are those of a run for which it holds. Decisions that are left out are 0. The result depends on nothing
    but the arguments. Raises `UsageError` where Hypothesis isn't installed.
    """
    try:
        from hypothesis import Phase, Verbosity, find, settings  # noqa: PLC0415 - heavy, and an extra
        from hypothesis import strategies as st  # noqa: PLC0415
        from hypothesis.database import (  # noqa: PLC0415
            InMemoryExampleDatabase,
            choices_to_bytes,
        )
        from hypothesis.errors import Flaky, NoSuchExample  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UsageError(f"shrinking needs the package {error.name}: pip install 'biconvex[fuzz]'") from None
    attempts = _Attempts(decisions, attempt, max_attempts)
    database = InMemoryExampleDatabase()
    # With one decision too many, Hypothesis doesn't take it for an example that it has shrunk before.
    database.save(_KEY, choices_to_bytes((*decisions, 0)))
    quietly = settings(
        database=database,
        phases=(Phase.reuse, Phase.shrink),
        deadline=None,
        verbosity=Verbosity.quiet,
        max_examples=max_attempts,
    )

    def fails(data: st.DataObject) -> bool:
        return attempts.fails(lambda bound: data.draw(st.integers(0, bound - 1)))

    # However it ends, the best of what was seen to fail stands, be it what we began with.
    with suppress(NoSuchExample, Flaky, _Enough):
        find(st.data(), fails, settings=quietly, database_key=_KEY)
    return attempts.best, attempts.made
