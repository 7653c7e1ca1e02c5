"""Ordered sets of index keys: the one place that knows which library keeps them in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sortedcontainers import SortedList

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["OrderedKeys", "ordered_keys"]

OrderedKeys = SortedList[bytes]


def ordered_keys(keys: Iterable[bytes] = ()) -> OrderedKeys:
    """An ordered set that holds `keys`; adding and removing one costs O(log n), a range O(log n + k)."""
    return SortedList(keys)
