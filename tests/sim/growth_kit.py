"""What an action costs in steps that can be counted, the same on every machine: no clock is looked at."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from biconvex.sim.store import Store

__all__ = ["Comparisons", "allocated_by", "counted_comparisons", "instructions_of"]


def instructions_of(action: Callable[[], object]) -> int:
    """How many instructions Python's interpreter performs for it: every turn of every loop written in Python."""
    count = 0

    def note(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        if event == "call":
            frame.f_trace_opcodes = True
        elif event == "opcode":
            count += 1
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


def allocated_by(action: Callable[[], object]) -> int:
    """How many bytes are allocated at most while it lasts: what is copied, in C or not, is seen here."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Comparisons:
    """How many keys of an index were compared."""

    def __init__(self) -> None:
        self.count = 0


@contextmanager
def counted_comparisons(store: Store, table: str) -> Iterator[Comparisons]:
    """Count the comparisons with the keys that a table has now, those in C included."""
    comparisons = Comparisons()

    class Key(bytes):
        """A key that notes when it is compared."""

        def __lt__(self, other: Any) -> bool:
            comparisons.count += 1
            return bytes.__lt__(self, other)

        def __gt__(self, other: Any) -> bool:
            comparisons.count += 1
            return bytes.__gt__(self, other)

    found = store.tables.get(table)
    assert found is not None
    for keys in found._indexes:
        counting = list(map(Key, keys))
        keys.clear()
        keys.update(counting)
    comparisons.count = 0
    yield comparisons
