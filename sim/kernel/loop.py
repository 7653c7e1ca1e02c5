"""The event loop: tasks that take turns, timers that jump the clock, and a total order over both.

Tasks are coroutines that await `Future`s. Which of several ready tasks goes next is a seeded choice; with one
ready task nothing is drawn. Timers fire only when no task is ready, in order of (time, sequence), and those of one
instant together, so that what they start runs side by side.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Coroutine, Generator
from inspect import CORO_CREATED, getcoroutinestate
from typing import Any, Generic, TypeVar

from biconvex.sim.kernel.choices import Choices
from biconvex.sim.kernel.clock import Clock

__all__ = ["CancelledTask", "Future", "Halt", "Kernel", "Stalled", "Task", "Timer"]

T = TypeVar("T")


class Stalled(Exception):
    """Something is awaited that nothing left can bring about. The message names the tasks that wait."""


class Halt(BaseException):
    """Raised inside the simulation to end the test's call with an error at once, past all that would handle it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class CancelledTask(Exception):
    """The task was dropped before it was done."""


class Future(Generic[T]):
    """A result to come. Await it within a task of the kernel."""

    __slots__ = ("_error", "_value", "_waiters", "done")

    def __init__(self) -> None:
        self.done = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._waiters: list[Callable[[], None]] = []

    def set_result(self, value: T) -> None:
        """Settle with a value; the first settlement wins."""
        if not self.done:
            self._value = value
            self._settle()

    def set_error(self, error: BaseException) -> None:
        """Settle with an error; the first settlement wins."""
        if not self.done:
            self._error = error
            self._settle()

    def _settle(self) -> None:
        self.done = True
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter()

    def when_done(self, callback: Callable[[], None]) -> None:
        """Call back once settled, at once if it is."""
        if self.done:
            callback()
        else:
            self._waiters.append(callback)

    def result(self) -> T:
        """The value; raises the error it settled with."""
        if not self.done:
            raise RuntimeError("the result of a future was asked for before it settled")
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]

    def __await__(self) -> Generator[Future[T], None, T]:
        if not self.done:
            yield self
        return self.result()


class Task(Future[T]):
    """A coroutine under way; as a future, its result."""

    __slots__ = ("_coroutine", "name")

    def __init__(self, coroutine: Coroutine[Any, Any, T], name: str) -> None:
        super().__init__()
        self._coroutine = coroutine
        self.name = name


class Timer:
    """A callback at a virtual time."""

    __slots__ = ("callback", "cancelled", "sequence", "time_ns")

    def __init__(self, time_ns: int, sequence: int, callback: Callable[[], None]) -> None:
        self.time_ns = time_ns
        self.sequence = sequence
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Make sure that it never fires."""
        self.cancelled = True

    def __lt__(self, other: Timer) -> bool:
        return (self.time_ns, self.sequence) < (other.time_ns, other.sequence)


class _Turn:
    """Awaited to let the other ready tasks go first, or not: the next turn is drawn."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        yield None


_TURN = _Turn()


class Kernel:
    """Runs tasks and timers on a virtual clock. `on_time`, if any, hears of every new time, in ns."""

    def __init__(self, clock: Clock, choices: Choices) -> None:
        self.clock = clock
        self._choices = choices
        self._ready: list[Task[Any]] = []
        self._timers: list[Timer] = []
        self._sequence = 0
        self._waiting: dict[Task[Any], Future[Any]] = {}
        self._running = False
        self.on_time: Callable[[int], None] | None = None
        self._root: Task[Any] | None = None

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str) -> Task[T]:
        """Start a task; it takes its first turn when the loop gets to it."""
        task = Task(coroutine, name)
        self._ready.append(task)
        return task

    def cancel(self, task: Task[Any]) -> None:
        """Drop a task where it stands; it settles with a `CancelledTask` error."""
        if not task.done:
            task._coroutine.close()
            self._waiting.pop(task, None)
            if task in self._ready:
                self._ready.remove(task)
            task.set_error(CancelledTask(task.name))

    def drop_unbegun(self) -> None:
        """Drop the tasks that have not begun: something has broken off the simulation, and nobody will run them."""
        for task in self._ready:
            if getcoroutinestate(task._coroutine) == CORO_CREATED:
                task._coroutine.close()

    def call_at(self, time_ns: int, callback: Callable[[], None]) -> Timer:
        """Call back at a virtual time; a time in the past means now."""
        self._sequence += 1
        timer = Timer(max(time_ns, self.clock.now_ns), self._sequence, callback)
        heapq.heappush(self._timers, timer)
        return timer

    async def sleep(self, delay_ns: int) -> None:
        """Let virtual time pass."""
        future: Future[None] = Future()
        self.call_at(self.clock.now_ns + delay_ns, lambda: future.set_result(None))
        await future

    @property
    def is_alone(self) -> bool:
        """Whether no task is ready but the one that asks."""
        return not self._ready

    async def turn(self) -> None:
        """Offer a turn to the other ready tasks. Costs nothing when there are none."""
        if self._ready:
            await _TURN

    @property
    def next_timer_ns(self) -> int | None:
        """When the next timer fires, or None."""
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0].time_ns if self._timers else None

    def run_until_done(self, task: Task[T]) -> T:
        """Run, and let time pass, until the task is done and no other is ready; its result or its error.

        Raises `Stalled` when nothing is left to run.
        """
        self._root = task
        self._run(lambda: task.done and not self._ready, None)
        if not task.done:
            raise Stalled("nothing is left that could finish " + "; ".join(self.waiting))
        return task.result()

    @property
    def is_running(self) -> bool:
        """Whether the simulation goes on right now: whoever asks is inside of it."""
        return self._running

    @property
    def waiting(self) -> list[str]:
        """What waits, and for which other task where it is one: `a, which waits for b`."""
        return [
            f"{task.name}, which waits for {awaited.name}" if isinstance(awaited, Task) else task.name
            for task, awaited in self._waiting.items()
        ]

    def close(self) -> None:
        """Drop the tasks that never had a turn, where a run was ended before they could."""
        for task in self._ready:
            if getcoroutinestate(task._coroutine) == CORO_CREATED:
                task._coroutine.close()

    def run_until(self, time_ns: int) -> None:
        """Run everything due up to and including a time, then stand at that time."""
        self._run(lambda: False, time_ns)
        self._move_to(max(time_ns, self.clock.now_ns))

    def _move_to(self, time_ns: int) -> None:
        self.clock.move_to(time_ns)
        if self.on_time is not None:
            self.on_time(time_ns)

    def settle(self) -> None:
        """Run what is ready, and let no time pass. Does nothing from inside the simulation, which goes on by itself."""
        if not self._running:
            self._run(lambda: not self._ready, None)

    def run_while(self, busy: Callable[[], bool]) -> None:
        """Run, and let time pass, while `busy()` holds and something is left to run."""
        self._run(lambda: not busy(), None)

    def _run(self, finished: Callable[[], bool], until_ns: int | None) -> None:
        if self._running:
            raise RuntimeError(
                "the simulation is running: time can't be moved and calls can't be made from inside it "
                "(from a callback, a stub or a handler); do it after the call has returned"
            )
        self._running = True
        try:
            ready = self._ready
            while not finished():
                if ready:
                    index = self._choices.below(len(ready)) if len(ready) > 1 else 0
                    self._step(ready.pop(index))
                    continue
                due = self.next_timer_ns
                if due is None or (until_ns is not None and due > until_ns):
                    return
                self._move_to(due)
                self._fire(due)
        except Halt as halt:
            raise halt.error from None
        finally:
            self._running = False

    def _fire(self, time_ns: int) -> None:
        """Fire every timer that is due at a time now; what they make ready then takes turns."""
        last = self._sequence
        timers = self._timers
        while timers and timers[0].time_ns == time_ns and timers[0].sequence <= last:
            timer = heapq.heappop(timers)
            if not timer.cancelled:
                timer.callback()

    def _step(self, task: Task[Any]) -> None:
        try:
            awaited = task._coroutine.send(None)
        except StopIteration as stop:
            self._waiting.pop(task, None)
            task.set_result(stop.value)
            return
        except Exception as error:
            self._waiting.pop(task, None)
            if not task._waiters and task is not self._root:
                raise  # nobody would ever hear of it
            task.set_error(error)
            return
        if awaited is None:
            self._ready.append(task)
        else:
            self._waiting[task] = awaited
            awaited.when_done(lambda: self._wake(task))

    def _wake(self, task: Task[Any]) -> None:
        if not task.done:
            self._waiting.pop(task, None)
            self._ready.append(task)
