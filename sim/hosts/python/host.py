"""The Python host: the stepping protocol for handlers that are coroutines."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from biconvex.sim.hosts.protocol import (
    STEP_TIMEOUT_S,
    CallResult,
    Frame,
    HostTimeout,
    Invocation,
    LogLine,
    ModuleSource,
    NeverBegun,
    Settled,
    Step,
    SyncSyscall,
    Syscall,
    Thrown,
    Waiting,
)
from biconvex.sim.hosts.python.loader import Modules, PythonModules
from biconvex.sim.hosts.python.printing import PrintedLines
from biconvex.sim.hosts.python.stepping import SteppedLoop
from biconvex.sim.hosts.python.thrown import thrown_from
from biconvex.sim.hosts.python.watchdog import Hung, Watchdog
from biconvex.sim.hosts.python.world import World
from biconvex.sim.server import ActionCtx, MutationCtx, Query, QueryCtx, Request, Response, TableQuery
from biconvex.sim.server.link import CURRENT
from biconvex.sim.server.operation import Operation
from biconvex.sim.values import ConvexError, DeveloperError, UsageError, dumps, loads
from biconvex.sim.values.surrogates import well_formed

__all__ = ["PythonHost"]

_decode = msgspec.json.decode
_CONTEXTS: dict[str, type[QueryCtx | ActionCtx]] = {
    "query": QueryCtx,
    "mutation": MutationCtx,
    "action": ActionCtx,
    "httpAction": ActionCtx,
}


class PythonHost:
    """Runs the handlers of one deployment's Python modules, below a folder or given."""

    is_apart: ClassVar = False

    def __init__(
        self,
        functions: Path | Modules,
        *,
        environment: Mapping[str, str] | None = None,
        import_ms: int = 0,
        timeout_s: float = STEP_TIMEOUT_S,
    ) -> None:
        """`environment` and `import_ms` (since the epoch) are what modules see while they are loaded."""
        self._watchdog = Watchdog(timeout_s)
        if isinstance(functions, Path):
            functions = PythonModules(functions, World(import_ms, 0, environment or {}))
        self._modules = functions
        self._retired: list[Modules] = []
        self._runs: dict[int, _Run] = {}
        self._last_run = 0

    def load(self) -> Sequence[ModuleSource]:
        """Load every module; raises `ProjectError`."""
        return self._modules.load()

    def route(self, method: str, path: str) -> str | None:
        """The route of the router in the module `http` that serves a request, or None."""
        return self._modules.route(method, path)

    def start(self, invocation: Invocation, sync: SyncSyscall) -> tuple[int, Step]:
        """Begin a run and step it."""
        self._last_run += 1
        run = _Run(self._modules, invocation, sync, self._watchdog)
        self._runs[self._last_run] = run
        return self._last_run, self._step(self._last_run, run)

    def resume(self, run: int, results: Sequence[CallResult], now_ms: int) -> Step:
        """Hand results to a run and step it."""
        found = self._runs[run]
        found.settle(results, now_ms)
        return self._step(run, found)

    def resume_each(self, run: int, results: Sequence[CallResult], now_ms: int) -> Step:
        """Hand results to a run one by one, stepping it after each."""
        found = self._runs[run]
        for result in results[:-1]:
            found.settle((result,), now_ms)
            found.proceed()
            if found.is_over:
                return self._step(run, found)
        return self.resume(run, results[-1:], now_ms)

    def abandon(self, run: int) -> None:
        """Forget a run."""
        found = self._runs.pop(run, None)
        if found is not None:
            found.drop()
            found.never_begun()

    def recycle(self) -> None:
        """Load the modules anew for later runs; the old ones go when no run is under way."""
        fresh = self._modules.again()
        if fresh is self._modules:
            return
        self._retired.append(self._modules)
        if not self._runs:
            self._close_retired()
        self._modules = fresh

    def close(self) -> None:
        """Forget the modules."""
        for run in list(self._runs):
            self.abandon(run)
        self._close_retired()
        self._modules.close()

    def _close_retired(self) -> None:
        for modules in self._retired:
            modules.close()
        self._retired.clear()

    def _step(self, number: int, run: _Run) -> Step:
        step = run.step()
        if isinstance(step, Settled):
            del self._runs[number]
        return step


class _Stream:
    """Rows of a query that came ahead of time."""

    __slots__ = ("done", "rows")

    def __init__(self) -> None:
        self.rows: deque[str] = deque()
        self.done = False


class _Run:
    """One execution; it is the `Link` of the handler's `ctx`."""

    def __init__(
        self, modules: Modules, invocation: Invocation, sync: SyncSyscall, watchdog: Watchdog
    ) -> None:
        self._watchdog = watchdog
        self._now_ms = invocation.now_ms
        self._now_was_read = modules.looks_at_time
        self._world = World(invocation.now_ms, invocation.seed, invocation.environment)
        self._folder = modules.folder
        self._in_transaction = invocation.kind in {"query", "mutation"}
        self._sync = sync
        self._loop = SteppedLoop(self._set_timer, invocation.now_ms / 1000)  # type: ignore[abstract]
        self._calls: list[Syscall] = []
        self._cancelled: list[int] = []
        self._pending: dict[int, asyncio.Future[CallResult] | asyncio.TimerHandle] = {}
        self._operations: dict[int, str] = {}
        self._streams: dict[int, _Stream] = {}
        self._consumed: dict[str, int] = {}
        self._logs: list[LogLine] = []
        self._output = PrintedLines(lambda line: self.log("log", line))
        self._last_call = 0
        self._last_query = -1
        self.unbegun: dict[Operation[Any], None] = {}
        registration = modules.registration(invocation.module, invocation.function)
        self.visibility = registration.visibility
        handler = registration.handler
        context = copy_context()
        context.run(CURRENT.set, self)
        ctx = _CONTEXTS[invocation.kind](self)
        self._serves = invocation.kind == "httpAction"
        handled = _serve if self._serves else _handle
        self._task = self._loop.create_task(handled(handler, ctx, invocation.arguments), context=context)

    # --- for the host ------------------------------------------------------------------------------------

    def step(self) -> Step:
        """Run until everything waits; raises `HostTimeout` when that takes too long in real time."""
        self.proceed()
        step = self._outcome()
        logs, self._logs = tuple(self._logs), []
        if isinstance(step, Settled):
            observed = self._now_was_read or self._loop.time_was_read
            never_begun = self.never_begun() if self.unbegun else ()
            if step.error is not None:
                never_begun = ()  # the error may be why nobody came to await them
            return msgspec.structs.replace(step, logs=logs, observed_time=observed, never_begun=never_begun)
        return msgspec.structs.replace(step, logs=logs) if logs else step

    def proceed(self) -> None:
        """Run until everything waits, and leave what came of it for the next step to tell."""
        outer, sys.stdout = sys.stdout, self._output
        self._world.now_ms = self._now_ms
        try:
            with self._world, self._watchdog:
                self._loop.step()
        finally:
            sys.stdout = outer
        self._output.finish_line()

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, whatever is under way still: an action with its handler, others with an error."""
        return self._failure() is not None or (not self._in_transaction and self._task.done())

    def _outcome(self) -> Step:
        calls, self._calls = tuple(self._calls), []
        consumed, self._consumed = self._consumed, {}
        failure = self._failure()
        if isinstance(failure, Hung):
            self.drop()
            raise HostTimeout
        if isinstance(failure, UsageError):
            self.drop()
            raise failure  # it is about the test, whose stub this is
        if failure is not None:
            self.drop()
            return Settled(error=thrown_from(failure, self._folder), consumed=consumed)
        waiting = [call for call in self._operations if call in self._pending]
        if self._task.done() and not (self._in_transaction and waiting):
            dangling = tuple(self._operations[call] for call in waiting)
            value = self._value()
            self.drop()
            if isinstance(value, Thrown):
                return Settled(error=value, consumed=consumed)
            return Settled(value, dangling=dangling, consumed=consumed)
        if not self._pending:
            self.drop()
            return Settled(
                error=Thrown("Error", "Returned promise will never resolve", by_host=True), consumed=consumed
            )
        cancelled, self._cancelled = tuple(self._cancelled), []
        return Waiting(calls, cancelled=cancelled, consumed=consumed)

    def never_begun(self) -> tuple[NeverBegun, ...]:
        """What nobody has awaited; it is closed, so that Python doesn't complain of it later."""
        found = []
        for operation in self.unbegun:
            operation.close()
            file = Path(operation.code.co_filename)
            if file.is_relative_to(self._folder):
                shown = f"{self._folder.name}/{file.relative_to(self._folder).as_posix()}"
            else:
                shown = file.name
            place = Frame(operation.code.co_qualname, shown, operation.line, 1)
            found.append(NeverBegun(operation.name, place))
        self.unbegun.clear()
        return tuple(found)

    def settle(self, results: Sequence[CallResult], now_ms: int) -> None:
        """Take the answers to calls."""
        if not self._in_transaction:
            self._now_ms = now_ms
            self._loop.move_to(now_ms / 1000)
        for result in results:
            waiting = self._pending.pop(result.id, None)
            self._operations.pop(result.id, None)
            if isinstance(waiting, asyncio.TimerHandle):
                self._loop.fire(waiting)
            elif waiting is not None and not waiting.done():
                waiting.set_result(result)

    def drop(self) -> None:
        """End whatever is still under way, quietly."""
        self._pending.clear()
        self._loop.end()

    def _failure(self) -> BaseException | None:
        if self._task.done():
            if self._task.cancelled():
                return asyncio.CancelledError("the handler was cancelled")
            return self._task.exception() or self._loop.first_unhandled()
        return None

    def _value(self) -> str | Thrown:
        result = self._task.result()
        if self._serves:
            return str(result)
        if isinstance(result, Query | TableQuery) and self._in_transaction:
            return Thrown(
                "Error",
                "Return value is a Query. Results must be retrieved with `.collect()`, `.take(n), `.unique()`, "
                "or `.first()`.",
            )
        try:
            return dumps(result)
        except DeveloperError as error:
            return Thrown("Error", error.message)

    def _set_timer(self, delay_s: float, handle: asyncio.TimerHandle) -> None:
        if self._in_transaction:
            raise RuntimeError(
                "Can't use setTimeout in queries and mutations. Please consider using an action. "
                "See https://docs.convex.dev/functions/actions for more details."
            )
        self._pending[self._issue("sleep", {"ms": delay_s * 1000})] = handle

    def _issue(self, op: str, arguments: Any) -> int:
        self._last_call += 1
        self._calls.append(Syscall(self._last_call, op, arguments))
        return self._last_call

    # --- for the handler ---------------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        """The time in ms since the epoch."""
        self._now_was_read = True
        return self._now_ms

    async def call(self, op: str, arguments: Any) -> Any:
        """Perform a syscall."""
        if op == "fetch" and self._in_transaction:
            raise RuntimeError(
                "Can't use fetch() in queries and mutations. Please consider using an action. "
                "See https://docs.convex.dev/functions/actions for more details."
            )
        result = await self._wait(op, arguments)
        return _decode(result.value or "null")

    async def _wait(self, op: str, arguments: Any) -> CallResult:
        call = self._issue(op, arguments)
        future: asyncio.Future[CallResult] = self._loop.create_future()
        self._pending[call] = future
        self._operations[call] = op.removeprefix("1.0/").removeprefix("actions/")
        try:
            result = await future
        except asyncio.CancelledError:
            self._give_up(call)
            raise
        if result.error is not None:
            if result.error_data is not None:
                raise ConvexError(loads(result.error_data), message=result.error)
            raise RuntimeError(result.error)
        return result

    def _give_up(self, call: int) -> None:
        """Nobody waits for a call any more. In a transaction it is performed all the same."""
        if self._in_transaction or self._pending.pop(call, None) is None:
            return
        del self._operations[call]
        unsent = [each for each in self._calls if each.id != call]
        if len(unsent) == len(self._calls):
            self._cancelled.append(call)
        self._calls = unsent

    async def next_row(self, query_id: int, query: Any) -> Any:
        """The next row of a query: one that came ahead, or the answer to a syscall."""
        stream = self._streams.setdefault(query_id, _Stream())
        if stream.rows and not self._pending:
            self._consume(query_id)
            return _decode(stream.rows.popleft())
        if stream.done and not stream.rows and not self._pending:
            self._consume(query_id)
            return None
        stream.rows.clear()
        result = await self._wait("1.0/queryStreamNext", {"queryId": query_id, "query": query})
        stream.rows.extend(result.rows)
        stream.done = result.rows_done
        return _decode(result.value or "null")["value"]

    def _consume(self, query_id: int) -> None:
        key = str(query_id)
        self._consumed[key] = self._consumed.get(key, 0) + 1

    def new_query_id(self) -> int:
        """The next query id of this run."""
        self._last_query += 1
        return self._last_query

    def log(self, level: str, text: str) -> None:
        """Add a line to the run's log."""
        self._logs.append(LogLine(level, well_formed(text)))

    def sync(self, op: str, arguments: Any) -> Any:
        """Perform a synchronous syscall."""
        try:
            return self._sync(op, arguments)
        except DeveloperError as error:
            raise RuntimeError(error.message) from None


async def _serve(handler: Any, ctx: Any, arguments: str) -> str:
    """Serve a request with an HTTP action; the response as JSON text."""
    answer = await _called(handler, ctx, Request.from_json(_decode(arguments)))
    if not isinstance(answer, Response):
        raise RuntimeError("HTTP actions must return a Response")  # noqa: TRY004  (an Error in Convex)
    return msgspec.json.encode(await answer.to_json()).decode()


async def _handle(handler: Any, ctx: Any, arguments: str) -> Any:
    return await _called(handler, ctx, loads(arguments))


async def _called(handler: Any, ctx: Any, args: Any) -> Any:
    answer = handler(ctx, args)
    if not asyncio.iscoroutine(answer):
        raise TypeError(f"{handler.__name__} must be an `async def`")
    return await answer
