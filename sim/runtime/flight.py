"""What an action has under way: operations and timers that resume it when they land."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from biconvex.sim.hosts.protocol import CallResult, Syscall
from biconvex.sim.kernel import Future, Task, Timer

__all__ = ["Flight"]


class Flight:
    """Operations under way, by the id of their syscall. Those that have landed are handed back in that order.

    At most `most` operations execute at once, the others wait in the order they were issued (semantics §7, row 12).
    `begin` starts one. `most_wanted` tells how many were under way or waiting at once.
    """

    __slots__ = (
        "_arrival",
        "_begin",
        "_failure",
        "_forgotten",
        "_landed",
        "_most",
        "_queue",
        "most_wanted",
        "tasks",
        "timers",
    )

    def __init__(self, most: int, begin: Callable[[Syscall], Task[None]]) -> None:
        self.tasks: dict[int, Task[None]] = {}
        self.timers: dict[int, Timer] = {}
        self._most = most
        self.most_wanted = 0
        self._begin = begin
        self._queue: deque[Syscall] = deque()
        self._landed: list[CallResult] = []
        self._forgotten: set[int] = set()
        self._arrival: Future[None] = Future()
        self._failure: Exception | None = None

    def issue(self, call: Syscall) -> None:
        """Start an operation, or queue it."""
        self._queue.append(call)
        self.most_wanted = max(self.most_wanted, len(self.tasks) + len(self._queue))
        self._start_queued()

    def _start_queued(self) -> None:
        while self._queue and len(self.tasks) < self._most:
            call = self._queue.popleft()
            self.tasks[call.id] = self._begin(call)

    def land(self, result: CallResult) -> None:
        """An operation or a timer is done."""
        if self.tasks.pop(result.id, None) is not None:
            self._start_queued()
        self.timers.pop(result.id, None)
        if result.id not in self._forgotten:
            self._landed.append(result)
            self._arrival.set_result(None)

    def fail(self, error: Exception) -> None:
        """The action is over: whoever waits for something to land gets this error instead."""
        self._failure = error
        self._arrival.set_result(None)

    def forget(self, ids: Iterable[int]) -> None:
        """Nobody waits for these any more: timers are stopped, what operations answer is dropped."""
        for call_id in ids:
            timer = self.timers.pop(call_id, None)
            if timer is not None:
                timer.cancel()
            elif call_id in self.tasks:
                self._forgotten.add(call_id)
            else:
                self._queue = deque(call for call in self._queue if call.id != call_id)

    def end(self) -> None:
        """The action is over: nothing of it begins any more, and its timers don't fire."""
        self._queue.clear()
        self.forget(list(self.timers))

    async def landed(self) -> Sequence[CallResult]:
        """Wait for at least one; answer all that have landed."""
        await self._arrival
        if self._failure is not None:
            raise self._failure
        self._arrival = Future()
        results, self._landed = self._landed, []
        return results
