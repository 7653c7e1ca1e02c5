"""Seeded choices: every random decision of a simulation, drawn by name from one root seed.

Some choices are decisions: which task goes next, which fault strikes. They may come from elsewhere than the seed:
from a list, which replays a run, or from Hypothesis, which shrinks it. What is merely random (ids, jitter) stays with
the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from random import Random
from typing import Final, TypeAlias

__all__ = ["Choices", "Decide"]

Decide: TypeAlias = Callable[[int, int], int]
"""Makes a decision: from a bound, and what the seed would choose below it, to what is chosen; 0 is the simplest."""

_FINE: Final = 1 << 53


class Choices:
    """A source of choices. Children are derived by name, so that a new one doesn't reshuffle the others.

    `decide` makes the decisions in the place of the seed.
    """

    __slots__ = ("_decide", "_key", "_random", "seed")

    def __init__(self, seed: int, decide: Decide | None = None) -> None:
        self.seed = seed
        self._decide = decide
        self._adopt(blake2b(str(seed).encode(), digest_size=16).digest())

    @classmethod
    def replaying(cls, seed: int, decisions: Sequence[int] = ()) -> Choices:
        """A source that makes these decisions again, and the simplest one (0) when there are no more of them."""
        left = iter(decisions)
        return cls(seed, lambda bound, _seeded: min(next(left, 0), bound - 1))

    def _adopt(self, key: bytes) -> None:
        self._key = key
        self._random = Random(int.from_bytes(key, "big"))  # noqa: S311 - seeded on purpose

    def child(self, name: str) -> Choices:
        """An independent source for one actor; the same name gives the same source."""
        return self._child(Choices, name)

    def decisions(self, name: str) -> Choices:
        """A child whose choices are decisions; they are those of `child(name)` unless something else decides."""
        return self._child(Choices if self._decide is None else _Decisions, name)

    def _child(self, sort: type[Choices], name: str) -> Choices:
        child = sort.__new__(sort)
        child.seed = self.seed
        child._decide = self._decide
        child._adopt(blake2b(name.encode(), digest_size=16, key=self._key).digest())
        return child

    def below(self, bound: int) -> int:
        """An integer from 0 to `bound - 1`."""
        return self._random.randrange(bound)

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self._random.random() < probability

    def fraction(self) -> float:
        """A float in [0, 1)."""
        return self._random.random()

    def bits(self, count: int) -> int:
        """An integer of `count` random bits."""
        return self._random.getrandbits(count)

    def octets(self, count: int) -> bytes:
        """`count` random bytes."""
        return self._random.randbytes(count)


class _Decisions(Choices):
    """Choices that something else makes. Its children's are decisions as well."""

    __slots__ = ()

    def child(self, name: str) -> Choices:
        return self._child(_Decisions, name)

    def below(self, bound: int) -> int:
        seeded = super().below(bound)
        return seeded if bound == 1 else self._decided(bound, seeded)

    def chance(self, probability: float) -> bool:
        seeded = super().chance(probability)
        return self._decided(2, int(seeded)) == 1 if 0 < probability < 1 else seeded

    def fraction(self) -> float:
        return self._decided(_FINE, int(super().fraction() * _FINE)) / _FINE

    def _decided(self, bound: int, seeded: int) -> int:
        if self._decide is None:
            raise RuntimeError("decisions are made only where something decides")
        return self._decide(bound, seeded)
