"""The Node processes that run JavaScript: started when first needed, shared by deployments, replaced when lost.

One serves the default runtime of all deployments. Each project with "use node" modules has another, which may read it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from biconvex.sim.hosts.javascript.core import SharedCore
from biconvex.sim.hosts.javascript.node import Node, child_environment, find_node
from biconvex.sim.hosts.javascript.sandbox import DEFAULT_SANDBOX, Sandbox
from biconvex.sim.hosts.protocol import HostCrashed, HostOutOfMemory, HostTimeout
from biconvex.sim.values.errors import ProjectError

__all__ = ["JavaScriptEngine", "borrow_engine", "return_engine", "shared_engine"]

# Resolved: Node may read the folder itself, and no links on the way to it.
_SCRIPT = Path(__file__).resolve().with_name("host.cjs")
_LENGTH = struct.Struct("<I")
_READ_SIZE = 1 << 16
_CLOSING_S = 2.0
_COMPLAINT_BYTES = 2000
_LOOK_BACK_BYTES = 1 << 16
_SYNC = ord("Y")
# What all functions, their contexts and the host itself share: V8 has no limit for a single context.
_HEAP_MIB = 512
# What a step leaves behind is garbage, most of it: a small nursery is as fast and keeps Node small.
_YOUNG_MIB = 1
_OUT_OF_MEMORY = b"JavaScript heap out of memory"
_SHORT_MS = 5
"""A step that takes longer may use another core."""
_MOST_IDLE = 2
"""Processes of projects that no deployment uses, kept for the next that does."""


class JavaScriptEngine:
    """One Node process, spoken to in frames over two pipes.

    `epoch` numbers the process: when it changes, what the earlier process knew is gone, and `why_ended` says why.
    `bundles` are the keys of the bundles that it knows, `borrowers` counts the deployments that use it. Calls from
    several threads take turns.
    """

    def __init__(self, sandbox: Sandbox = DEFAULT_SANDBOX) -> None:
        self.sandbox = sandbox
        self.borrowers = 0
        self.bundles: set[str] = set()
        self.epoch = 1
        self.why_ended = ""
        self._process: _NodeProcess | None = None
        self._lock = threading.RLock()
        self._last_number = 0

    def new_number(self) -> int:
        """A number for a run or a deployment that was not given out before."""
        self._last_number += 1
        return self._last_number

    def ensure(self) -> int:
        """Start Node unless it runs; its epoch. Raises `ProjectError` where there is no Node."""
        self._ready()
        return self.epoch

    def _ready(self) -> _NodeProcess:
        process = self._process
        if process is None:
            with self._lock:
                process = self._process
                if process is None:
                    process = self._process = _NodeProcess(self.sandbox)
        return process

    def send(self, frame: bytes) -> None:
        """Send a command that has no answer; `HostCrashed` when Node has ended."""
        with self._lock:
            try:
                self._ready().write(frame)
            except _NodeEnded as ended:
                self.close()
                raise HostCrashed(str(ended)) from None

    def ask(
        self, frame: bytes, timeout_s: float, sync: Callable[[bytes], bytes] | None = None
    ) -> tuple[int, bytes]:
        """Send a command and wait for its answer: a letter and JSON text.

        `sync` answers what the command asks in between. Raises `HostTimeout` after `timeout_s` real seconds,
        `HostCrashed` when Node ends, and `HostOutOfMemory` when it does for want of memory; in any case the next
        command starts another process.
        """
        with self._lock:
            process = self._ready()
            try:
                return process.converse(frame, timeout_s, sync)
            except _TookTooLong:
                self.close()
                self.why_ended = "another function ran too long in real time, and its process was ended"
                raise HostTimeout(f"the step took longer than {timeout_s:g} s of real time") from None
            except _NodeEnded as ended:
                self.close()
                self.why_ended = str(ended)
                if ended.out_of_memory:
                    self.why_ended = "another function ran out of memory, and its process was ended"
                    raise HostOutOfMemory(str(ended)) from None
                raise HostCrashed(str(ended)) from None
            except BaseException:
                # An answer may still be on its way: this process can't be spoken to any more.
                self.close()
                raise

    def close(self) -> None:
        """End the process; the next command starts another."""
        with self._lock:
            process, self._process = self._process, None
            if process is not None:
                self._next_epoch()
                process.end()

    def forget(self) -> None:
        """In a child of this process: let go of the parent's Node."""
        process, self._process = self._process, None
        self._lock = threading.RLock()
        if process is not None:
            self._next_epoch()
            process.let_go()

    def _next_epoch(self) -> None:
        self.epoch += 1
        self.bundles.clear()


class _NodeEnded(Exception):
    def __init__(self, message: str, *, out_of_memory: bool = False) -> None:
        super().__init__(message)
        self.out_of_memory = out_of_memory


class _TookTooLong(Exception):
    pass


class _NodeProcess:
    def __init__(self, sandbox: Sandbox) -> None:
        if not hasattr(select, "poll"):
            raise ProjectError("Functions in TypeScript run on Linux and macOS; on Windows, use WSL")
        node = find_node()
        commands, self._output = os.pipe()
        self._input, answers = os.pipe()
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as the process)
        try:
            self._process = subprocess.Popen(  # noqa: S603  (Node and our own script)
                _command(node, sandbox, commands, answers),
                cwd=sandbox.folder,
                stdin=subprocess.DEVNULL,
                stdout=self._complaints,
                stderr=self._complaints,
                pass_fds=(commands, answers),
                start_new_session=True,
                env=child_environment(),
            )
        finally:
            os.close(commands)
            os.close(answers)
        self._core = SharedCore(self._process.pid)
        os.set_blocking(self._output, False)
        self._readable = select.poll()
        self._readable.register(self._input, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(self._output, select.POLLOUT)
        self._buffer = b""

    def converse(
        self, frame: bytes, timeout_s: float, sync: Callable[[bytes], bytes] | None
    ) -> tuple[int, bytes]:
        """Write a command, and read its answer; `sync` answers what is asked in between."""
        deadline = time.monotonic() + timeout_s
        try:
            self._core.join()
            self.write(frame)
            while True:
                letter, text = self.read(deadline)
                if letter != _SYNC or sync is None:
                    return letter, text
                self.write(sync(text))
        finally:
            self._core.leave()

    def write(self, frame: bytes) -> None:
        data = _LENGTH.pack(len(frame)) + frame
        written = 0
        while written < len(data):
            try:
                written += os.write(self._output, memoryview(data)[written:] if written else data)
            except BlockingIOError:
                self._writable.poll()
            except BrokenPipeError:
                raise self._ended() from None

    def read(self, deadline: float) -> tuple[int, bytes]:
        buffer = self._buffer
        wanted = 5
        while True:
            if len(buffer) >= wanted:
                size = 5 + _LENGTH.unpack_from(buffer)[0]
                if len(buffer) >= size:
                    self._buffer = buffer[size:]
                    return buffer[4], buffer[5:size]
                wanted = size
            if wanted > _READ_SIZE:
                buffer = b"".join((buffer, *self._chunks(wanted - len(buffer), deadline)))
            else:
                buffer += self._chunk(_READ_SIZE, deadline)

    def _chunks(self, size: int, deadline: float) -> list[bytes]:
        chunks = []
        while size > 0:
            chunk = self._chunk(size, deadline)
            chunks.append(chunk)
            size -= len(chunk)
        return chunks

    def _chunk(self, size: int, deadline: float) -> bytes:
        if not self._readable.poll(_SHORT_MS):
            self._core.release()
            left_ms = (deadline - time.monotonic()) * 1000
            if left_ms <= 0 or not self._readable.poll(left_ms):
                raise _TookTooLong
        chunk = os.read(self._input, size)
        if not chunk:
            raise self._ended()
        return chunk

    def _ended(self) -> _NodeEnded:
        """What to say about a process that has ended by itself."""
        try:
            status = self._process.wait(_CLOSING_S)
        except subprocess.TimeoutExpired:
            return _NodeEnded("Node closed its pipes")
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        self._complaints.seek(0, os.SEEK_END)
        self._complaints.seek(max(0, self._complaints.tell() - _LOOK_BACK_BYTES))
        complaints = self._complaints.read()
        said = complaints[-_COMPLAINT_BYTES:].decode("utf-8", "replace").strip()
        if _OUT_OF_MEMORY in complaints:
            return _NodeEnded(f"Node ran out of {_HEAP_MIB} MiB of memory", out_of_memory=True)
        return _NodeEnded(f"Node {how}" + (f":\n{said}" if said else ""))

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._close()

    def let_go(self) -> None:
        # Not this process's child: nothing to wait for, and nothing to warn about when the object goes.
        self._process.returncode = 0
        self._close()

    def _close(self) -> None:
        os.close(self._input)
        os.close(self._output)
        self._complaints.close()


def _command(node: Node, sandbox: Sandbox, commands: int, answers: int) -> list[str]:
    heap = (f"--max-old-space-size={_HEAP_MIB}", f"--max-semi-space-size={_YOUNG_MIB}")
    return [
        node.executable, "--no-warnings", *sandbox.flags(node), *heap, str(_SCRIPT), str(commands), str(answers)
    ]  # fmt: skip


# In the order in which they were last returned.
_ENGINES: dict[Sandbox, JavaScriptEngine] = {DEFAULT_SANDBOX: JavaScriptEngine(DEFAULT_SANDBOX)}
_BORROWING = threading.RLock()


def shared_engine() -> JavaScriptEngine:
    """The engine of the default runtime; a forked child has one of its own."""
    return _ENGINES[DEFAULT_SANDBOX]


def borrow_engine(sandbox: Sandbox) -> JavaScriptEngine:
    """The engine with these rights, for as long as a deployment is open; `return_engine` gives it back."""
    with _BORROWING:
        engine = _ENGINES.setdefault(sandbox, JavaScriptEngine(sandbox))
        engine.borrowers += 1
        return engine


def return_engine(engine: JavaScriptEngine) -> None:
    """End the use of an engine: its process goes on for a while, unless there are many that nobody uses."""
    with _BORROWING:
        engine.borrowers -= 1
        if engine.borrowers > 0 or _ENGINES.get(engine.sandbox) is not engine:
            return
        _ENGINES[engine.sandbox] = _ENGINES.pop(engine.sandbox)
        idle = [each for each in _ENGINES.values() if not each.borrowers and each is not shared_engine()]
        for old in idle[:-_MOST_IDLE]:
            del _ENGINES[old.sandbox]
            old.close()


def _close_all() -> None:
    for engine in _ENGINES.values():
        engine.close()


def _forget_all() -> None:
    global _BORROWING  # noqa: PLW0603 (the parent's may be held by a thread that this process doesn't have)
    _BORROWING = threading.RLock()
    for engine in _ENGINES.values():
        engine.forget()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
