"""Ordered sets of index keys and of words: the one place that knows which library keeps them in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sortedcontainers import SortedList

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OrderedKeys", "OrderedWords", "add_keys", "ordered_keys", "ordered_words"]

OrderedKeys = SortedList[bytes]
OrderedWords = SortedList[str]

_MERGED_PER_ADDED: Final = 16
"""For how many keys that are there already merging takes no longer than adding one by one."""


def ordered_keys(keys: Iterable[bytes] = ()) -> OrderedKeys:
    """An ordered set that holds `keys`; adding and removing one costs O(log n), a range O(log n + k)."""
    return SortedList(keys)


def add_keys(keys: OrderedKeys, added: list[bytes]) -> None:
    """Add many keys at O(log n) each, or less where they are many beside those that are there."""
    if len(added) * _MERGED_PER_ADDED < len(keys):
        for key in added:
            keys.add(key)
        return
    # Two runs in order: sorting them is merging them.
    merged = [*keys, *sorted(added)]
    keys.clear()
    keys.update(merged)


def ordered_words(words: Iterable[str] = ()) -> OrderedWords:
    """An ordered set that holds `words`, at the same costs."""
    return SortedList(words)
