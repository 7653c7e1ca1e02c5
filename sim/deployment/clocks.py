"""Python's own clocks in a test, in agreement with those of its deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import time_machine

if TYPE_CHECKING:
    from biconvex.sim.deployment.deployment import Deployment
    from biconvex.sim.kernel import Kernel

__all__ = ["AgreeingClocks"]

_NS_PER_SECOND: Final = 1_000_000_000


class AgreeingClocks:
    """Has `time.time()`, `datetime.now()` and the like show virtual time, from the first `follow` to `close`.

    Of several deployments they show that whose clock moved last. Clocks that measure (`time.monotonic`) stay real.
    """

    def __init__(self) -> None:
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        self._followed: list[Kernel] = []

    def follow(self, deployment: Deployment) -> None:
        """Show the time of a deployment, wherever it is moved."""
        kernel = deployment._kernel
        if self._travel is None:
            self._travel = time_machine.travel(0, tick=False)
            self._traveller = self._travel.start()
        self._followed.append(kernel)
        kernel.on_time = self._show
        self._show(kernel.clock.now_ns)

    def close(self) -> None:
        """Show the real time again."""
        for kernel in self._followed:
            kernel.on_time = None
        self._followed.clear()
        if self._travel is not None:
            self._travel.stop()
            self._travel = self._traveller = None

    def _show(self, time_ns: int) -> None:
        if self._traveller is not None:
            self._traveller.move_to(time_ns / _NS_PER_SECOND)
