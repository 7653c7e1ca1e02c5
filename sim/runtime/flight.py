"""What an action has under way: operations and timers that resume it when they land."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from biconvex.sim.hosts.protocol import CallResult
from biconvex.sim.kernel import Future, Task, Timer

__all__ = ["Flight"]


class Flight:
    """Operations under way, by the id of their syscall. Those that have landed are handed back in that order."""

    __slots__ = ("_arrival", "_forgotten", "_landed", "tasks", "timers")

    def __init__(self) -> None:
        self.tasks: dict[int, Task[None]] = {}
        self.timers: dict[int, Timer] = {}
        self._landed: list[CallResult] = []
        self._forgotten: set[int] = set()
        self._arrival: Future[None] = Future()

    def land(self, result: CallResult) -> None:
        """An operation or a timer is done."""
        self.tasks.pop(result.id, None)
        self.timers.pop(result.id, None)
        if result.id not in self._forgotten:
            self._landed.append(result)
            self._arrival.set_result(None)

    def forget(self, ids: Iterable[int]) -> None:
        """Nobody waits for these any more: timers are stopped, what operations answer is dropped."""
        for call_id in ids:
            timer = self.timers.pop(call_id, None)
            if timer is not None:
                timer.cancel()
            else:
                self._forgotten.add(call_id)

    async def landed(self) -> Sequence[CallResult]:
        """Wait for at least one; answer all that have landed."""
        await self._arrival
        self._arrival = Future()
        results, self._landed = self._landed, []
        return results
