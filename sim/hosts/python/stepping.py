"""An asyncio event loop that is stepped: it runs what is ready and then stops, and its time is virtual.

A handler's `await` on a syscall or a timer leaves the loop with nothing ready; whoever steps it settles some
futures and steps again. Only what a coroutine needs is there: no sockets, threads, processes or signals.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any

__all__ = ["SteppedLoop"]


class SteppedLoop(asyncio.AbstractEventLoop):
    """`on_timer(delay_s, handle)` is called when code asks for a timer; `fire(handle)` makes it due.

    `time_was_read` tells that code looked at the loop's clock.
    """

    def __init__(self, on_timer: Callable[[float, asyncio.TimerHandle], None], time_s: float) -> None:
        self._ready: deque[asyncio.Handle] = deque()
        self._on_timer = on_timer
        self._time_s = time_s
        self.time_was_read = False
        self._tasks: list[asyncio.Task[Any]] = []
        self._failures: list[BaseException] = []

    def step(self) -> None:
        """Run everything that is ready, and what that makes ready."""
        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            while self._ready:
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()
        except SystemExit:
            pass  # the task that called `sys.exit` has failed with it
        finally:
            asyncio._set_running_loop(outer)

    def first_unhandled(self) -> BaseException | None:
        """The exception of the first task or callback that failed without anybody having taken its exception."""
        for task in self._tasks:
            # asyncio's own mark of an exception that nobody has asked for
            if task.done() and task._log_traceback:
                return task.exception()
        return self._failures[0] if self._failures else None

    def end(self) -> None:
        """Cancel every task, and let each clean up; what they raise is nobody's concern any more."""
        for task in self._tasks:
            task.cancel()
        self.step()
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.exception()

    def fire(self, handle: asyncio.TimerHandle) -> None:
        """A timer is due."""
        if not handle.cancelled():
            self._ready.append(handle)

    def move_to(self, time_s: float) -> None:
        """Set the loop's time, in seconds."""
        self._time_s = time_s

    def time(self) -> float:
        """Virtual seconds since the epoch."""
        self.time_was_read = True
        return self._time_s

    def is_running(self) -> bool:
        """Whether it is being stepped."""
        return asyncio._get_running_loop() is self

    def is_closed(self) -> bool:
        """Never: it has nothing to close."""
        return False

    def get_debug(self) -> bool:
        """Never in debug mode: a debug loop looks at the real clock."""
        return False

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        """A task of this loop."""
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks.append(task)
        return task

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Run a callback in this step, after what is ready."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run a callback after a delay in virtual seconds."""
        handle = asyncio.TimerHandle(self._time_s + delay, callback, args, self, context)
        self._on_timer(delay, handle)
        return handle

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run a callback at a virtual time in seconds."""
        return self.call_later(max(0.0, when - self._time_s), callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Asyncio's hook: a timer was cancelled. It is passed over when it fires."""

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Asyncio's hook: a callback failed. Failed tasks are found without it, whenever they are collected."""
        exception = context.get("exception")
        if "task" not in context and isinstance(exception, BaseException):
            self._failures.append(exception)
