"""Seeded choices: every random decision of a simulation, drawn by name from one root seed."""

from __future__ import annotations

from hashlib import blake2b
from random import Random

__all__ = ["Choices"]


class Choices:
    """A source of choices. Children are derived by name, so that a new one doesn't reshuffle the others."""

    __slots__ = ("_key", "_random")

    def __init__(self, seed: int) -> None:
        self._adopt(blake2b(str(seed).encode(), digest_size=16).digest())

    def _adopt(self, key: bytes) -> None:
        self._key = key
        self._random = Random(int.from_bytes(key, "big"))  # noqa: S311 - seeded on purpose

    def child(self, name: str) -> Choices:
        """An independent source for one actor; the same name gives the same source."""
        child = Choices.__new__(Choices)
        child._adopt(blake2b(name.encode(), digest_size=16, key=self._key).digest())
        return child

    def below(self, bound: int) -> int:
        """An integer from 0 to `bound - 1`."""
        return self._random.randrange(bound)

    def fraction(self) -> float:
        """A float in [0, 1)."""
        return self._random.random()

    def bits(self, count: int) -> int:
        """An integer of `count` random bits."""
        return self._random.getrandbits(count)

    def octets(self, count: int) -> bytes:
        """`count` random bytes."""
        return self._random.randbytes(count)
