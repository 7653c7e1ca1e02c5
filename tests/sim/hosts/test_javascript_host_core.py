"""Node and who speaks to it share a core while they take turns, and nobody is held to it afterwards."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from biconvex.sim.hosts.javascript import core
from biconvex.sim.hosts.javascript.core import SharedCore

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="the system binds nobody to cores"
)


@pytest.fixture
def waiting() -> Iterator[int]:
    """A process that waits for its input to end."""
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    yield process.pid
    process.communicate()


@pytest.fixture
def free() -> Iterator[set[int]]:
    """Where this thread may run, before and after."""
    cores = os.sched_getaffinity(0)
    yield cores
    os.sched_setaffinity(0, cores)


def test_both_are_held_to_one_core_until_the_caller_leaves(waiting: int, free: set[int]) -> None:
    shared = SharedCore(waiting)
    shared.join()
    held = os.sched_getaffinity(0)
    assert len(held) == 1
    assert os.sched_getaffinity(waiting) == held
    shared.leave()
    assert os.sched_getaffinity(0) == free
    assert os.sched_getaffinity(waiting) == held


def test_a_process_that_is_busy_for_long_may_go_wherever_the_caller_may(waiting: int, free: set[int]) -> None:
    shared = SharedCore(waiting)
    shared.join()
    shared.release()
    assert os.sched_getaffinity(waiting) == free
    shared.leave()
    shared.join()
    assert os.sched_getaffinity(waiting) == os.sched_getaffinity(0)
    shared.leave()


def test_a_process_that_is_gone_holds_nobody(free: set[int]) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    shared = SharedCore(process.pid)
    shared.join()
    assert os.sched_getaffinity(0) == free


def test_nothing_happens_where_nobody_knows_the_core(
    waiting: int, free: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core, "_core_finder", lambda: None)
    shared = SharedCore(waiting)
    before = os.sched_getaffinity(waiting)
    shared.join()
    shared.release()
    assert (os.sched_getaffinity(0), os.sched_getaffinity(waiting)) == (free, before)
    shared.leave()
