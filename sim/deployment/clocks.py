"""Python's own clocks in a test, in agreement with a deployment's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import time_machine

if TYPE_CHECKING:
    from biconvex.sim.deployment.deployment import Deployment

__all__ = ["agreeing_clocks"]

_NS_PER_SECOND: Final = 1_000_000_000


@contextmanager
def agreeing_clocks(deployment: Deployment) -> Iterator[None]:
    """Have `time.time()`, `datetime.now()` and the like show the virtual time of a deployment, wherever it is moved.

    Of several deployments they show that whose clock moved last. Clocks that measure (`time.monotonic`) stay real.
    """
    kernel = deployment._kernel
    travel = time_machine.travel(kernel.clock.now_ns / _NS_PER_SECOND, tick=False)
    traveller = travel.start()

    def show(time_ns: int) -> None:
        traveller.move_to(time_ns / _NS_PER_SECOND)

    kernel.on_time = show
    try:
        yield
    finally:
        kernel.on_time = None
        travel.stop()
