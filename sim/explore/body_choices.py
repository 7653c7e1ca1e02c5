"""Choices of a test's own: what it does is drawn like everything else, from the seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from biconvex.sim.kernel import Choices
from biconvex.sim.values import UsageError

__all__ = ["BodyChoices"]

T = TypeVar("T")


class BodyChoices:
    """The argument `choices` of a simulation test. All it draws are decisions.

    A failing run shrinks towards the simplest ones: the lowest number, the first of a sequence, False, the fewest
    times.
    """

    def __init__(self, choices: Choices) -> None:
        self._decisions = choices.decisions("test")

    def integer(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both included."""
        if high < low:
            raise UsageError(f"choices.integer({low}, {high}): there is no integer from {low} to {high}")
        return low + self._decisions.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """One of a sequence."""
        if not options:
            raise UsageError("choices.pick(…) was given nothing to pick from")
        return options[self._decisions.below(len(options))]

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self._decisions.chance(probability)

    def fraction(self) -> float:
        """A float in [0, 1)."""
        return self._decisions.fraction()

    def times(self, most: int, least: int = 0) -> Iterator[int]:
        """Count from 0 up to any number of times from `least` to `most`: `for _ in choices.times(20): …`.

        Each time is a decision of its own, so that shrinking can leave out any of them.
        """
        if not 0 <= least <= most:
            raise UsageError(f"choices.times({most}, {least}): the least must be from 0 to the most")
        for number in range(most):
            left = most - max(number, least) + 1
            if number >= least and not self._decisions.chance(1 - 1 / left):
                return
            yield number
