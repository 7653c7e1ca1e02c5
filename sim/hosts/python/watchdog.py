"""Ends Python code that runs away in real time, from a thread of its own.

It has no part in the simulation: a step that ends in time is untouched by it.
"""

from __future__ import annotations

import ctypes
import threading
from types import TracebackType

__all__ = ["Hung", "Watchdog"]


class Hung(BaseException):
    """Raised inside code that runs away; a handler's `except Exception` doesn't hold it."""


class Watchdog:
    """A context manager around each step; beyond the timeout it raises `Hung` in the thread that steps."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._step = 0
        self._stepping: int | None = None
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        self._step += 1
        self._stepping = threading.get_ident()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._watch, name="biconvex watchdog", daemon=True)
            self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        try:
            with self._lock:
                self._stepping = None
        except Hung:
            self._stepping = None
        return kind is Hung

    def _watch(self) -> None:
        while True:
            step = self._step
            self._wake.wait(self._timeout_s)
            with self._lock:
                if self._stepping is None:
                    self._thread = None
                    return
                if step == self._step:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(self._stepping), ctypes.py_object(Hung)
                    )
