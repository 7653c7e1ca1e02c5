"""Ordered sets of index keys and of words: the one place that knows which library keeps them in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sortedcontainers import SortedList

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OrderedKeys", "OrderedWords", "ordered_keys", "ordered_words"]

OrderedKeys = SortedList[bytes]
OrderedWords = SortedList[str]


def ordered_keys(keys: Iterable[bytes] = ()) -> OrderedKeys:
    """An ordered set that holds `keys`; adding and removing one costs O(log n), a range O(log n + k)."""
    return SortedList(keys)


def ordered_words(words: Iterable[str] = ()) -> OrderedWords:
    """An ordered set that holds `words`, at the same costs."""
    return SortedList(words)
