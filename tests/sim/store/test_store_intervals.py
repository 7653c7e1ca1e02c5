"""Sets of intervals, beside sets of points."""

from __future__ import annotations

from biconvex.sim.store.reads import IntervalSet
from hypothesis import given, settings
from hypothesis import strategies as st

points = st.integers(0, 30)


def key(point: int) -> bytes:
    return bytes((point,))


@settings(max_examples=150)
@given(st.lists(st.tuples(points, points), max_size=12))
def test_intervals_hold_what_was_added_in_as_few_pieces_as_can_be(added: list[tuple[int, int]]) -> None:
    intervals = IntervalSet()
    members: set[int] = set()
    for start, end in added:
        before = len(intervals)
        assert intervals.add(key(start), key(end)) == len(intervals) - before
        members |= set(range(start, end))
    pieces = [point for point in sorted(members) if point - 1 not in members]
    assert [start for start, _ in intervals] == [key(point) for point in pieces]
    assert [point for point in range(31) if key(point) in intervals] == sorted(members)
