"""BM25 as the backend computes it: in single precision, with the length of a document rounded down. Source: §12.2."""

from __future__ import annotations

import math
from typing import Final

from .single import single

__all__ = ["TermWeight", "rounded_length"]

K1: Final = single(1.2)
B: Final = 0.75

# Lengths up to this are kept exactly, those above with four binary digits.
EXACT_LENGTHS: Final = 40
LENGTH_OFFSET: Final = 24


class TermWeight:
    """What a document scores for holding a term.

    `frequency` of the `documents` in the index have the term, `tokens` is the length of all documents together;
    `boost` is less than 1 for a term that a prefix stands for.
    """

    __slots__ = ("_average", "_norms", "_scores", "_weight")

    def __init__(self, frequency: int, documents: int, tokens: int, boost: float) -> None:
        missing = single(single(documents - frequency) + 0.5)
        rarity = single(missing / single(single(frequency) + 0.5))
        idf = single(math.log(single(1.0 + rarity)))
        self._weight = single(single(idf * single(1.0 + K1)) * boost)
        self._average = single(single(tokens) / single(documents))
        self._norms: dict[int, float] = {}
        self._scores: dict[tuple[int, int], float] = {}

    def score(self, length: int, occurrences: int) -> float:
        """The score of a document of this rounded length in which the term occurs so often."""
        found = self._scores.get((length, occurrences))
        if found is None:
            factor = single(occurrences / single(occurrences + self._norm(length)))
            found = self._scores[length, occurrences] = single(self._weight * factor)
        return found

    def _norm(self, length: int) -> float:
        norm = self._norms.get(length)
        if norm is None:
            share = single(single(B * length) / self._average)
            norm = self._norms[length] = single(K1 * single((1.0 - B) + share))
        return norm


def rounded_length(tokens: int) -> int:
    """A document's number of tokens as the index keeps it: in one byte, so that long ones lose their last digits."""
    if tokens < EXACT_LENGTHS:
        return tokens
    above = tokens - LENGTH_OFFSET
    shift = above.bit_length() - 4
    return (above >> shift << shift) + LENGTH_OFFSET
