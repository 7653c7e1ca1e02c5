"""What Python's own modules show to a backend: the clock, randomness and environment of the simulation.

While a backend's code runs, or is loaded, `time`, `datetime`, `random`, `uuid`, `secrets` and `os.environ` belong to
the function that is being stepped. Nothing of it is left when the step has ended, and other threads meanwhile see
nothing of it but `time.time` and `datetime`. Files are real; the network is not.
"""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from random import Random
from threading import get_ident
from types import TracebackType
from typing import Any, Final

import time_machine

__all__ = ["World"]

_NS_PER_MS: Final = 1_000_000


class World:
    """The surroundings of one run; a context manager around each of its steps."""

    __slots__ = ("_chance", "_clock", "_saved", "_seed", "_thread", "environment", "now_ms")

    def __init__(self, now_ms: int, seed: int, environment: Mapping[str, str]) -> None:
        self.now_ms = now_ms
        self.environment = environment
        self._saved: list[dict[str, Any]] = []
        self._seed = seed
        self._chance: Random | None = None
        self._clock: time_machine.travel | None = None
        self._thread = 0

    @property
    def is_here(self) -> bool:
        """Whether this thread is the one that is stepped: others have the real clocks, and may sleep."""
        return self._thread == get_ident()

    @property
    def chance(self) -> Random:
        """The run's own source of randomness."""
        if self._chance is None:
            self._chance = Random(self._seed)  # noqa: S311 - seeded on purpose
        return self._chance

    def __enter__(self) -> None:
        self._thread = get_ident()
        _entered.append(self)
        self._clock = time_machine.travel(self.now_ms / 1000, tick=False)
        self._clock.start()
        self._saved = [{name: namespace[name] for name in shown} for namespace, shown in _SHOWN]
        for namespace, shown in _SHOWN:
            namespace.update(shown)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for (namespace, _), saved in zip(_SHOWN, self._saved, strict=True):
            namespace.update(saved)
        if self._clock is not None:
            self._clock.stop()
        _entered.pop()


_entered: Final[list[World]] = []
_real_chance: Final = Random()  # noqa: S311 - for who kept a function of `random` and calls it outside of a step
_real_urandom: Final = os.urandom


def _here() -> World | None:
    return _entered[-1] if _entered and _entered[-1].is_here else None


def _chance() -> Random:
    world = _here()
    return _real_chance if world is None else world.chance


def _drawn(name: str) -> Callable[..., Any]:
    def draw(*args: Any, **named: Any) -> Any:
        return getattr(_chance(), name)(*args, **named)

    draw.__name__ = name
    return draw


def _octets(count: int) -> bytes:
    world = _here()
    return _real_urandom(count) if world is None else world.chance.randbytes(count)


def _timer(real: Callable[[], Any], *, in_ns: bool) -> Callable[[], Any]:
    def read() -> Any:
        world = _here()
        if world is None:
            return real()
        return world.now_ms * _NS_PER_MS if in_ns else world.now_ms / 1000

    read.__name__ = real.__name__
    return read


def _refused(real: Callable[..., Any], error: Exception) -> Callable[..., Any]:
    def refuse(*args: Any, **named: Any) -> Any:
        if _here() is None:
            return real(*args, **named)
        raise error

    refuse.__name__ = real.__name__
    return refuse


_NO_SLEEP: Final = RuntimeError(
    "time.sleep would hold up the whole simulation: write `await asyncio.sleep(…)`, in an action"
)
_NO_NETWORK: Final = OSError(
    "A function has no network of its own: write `await fetch(…)`, in an action, and let the test answer with "
    "`convex.outbound.on(…)`"
)


def _environment() -> Mapping[str, str]:
    world = _here()
    return _real_environ if world is None else world.environment


class _Environment(MutableMapping[str, str]):
    """`os.environ` of the run that is being stepped. What is assigned to it is not kept, as in Convex."""

    def __getitem__(self, name: str) -> str:
        return _environment()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_environment())

    def __len__(self) -> int:
        return len(_environment())

    def __setitem__(self, name: str, value: str) -> None:
        """Ignored."""

    def __delitem__(self, name: str) -> None:
        """Ignored."""


_real_environ: Final = os.environ
_DRAWN: Final = (
    "betavariate", "binomialvariate", "choice", "choices", "expovariate", "gammavariate", "gauss", "getrandbits",
    "getstate", "lognormvariate", "normalvariate", "paretovariate", "randbytes", "randint", "random", "randrange",
    "sample", "seed", "setstate", "shuffle", "triangular", "uniform", "vonmisesvariate", "weibullvariate",
)  # fmt: skip
_SHOWN: Final[list[tuple[dict[str, Any], dict[str, Any]]]] = [
    (
        vars(random),
        {name: _drawn(name) for name in _DRAWN if hasattr(random, name)} | {"_urandom": _octets},
    ),
    (vars(os), {"urandom": _octets, "environ": _Environment()}),
    (
        vars(time),
        {
            name: _timer(getattr(time, name), in_ns=name.endswith("_ns"))
            for name in (
                "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "process_time_ns"
            )
        }
        | {"sleep": _refused(time.sleep, _NO_SLEEP)},
    ),
    (
        vars(socket),
        {
            name: _refused(getattr(socket, name), _NO_NETWORK)
            for name in ("getaddrinfo", "create_connection")
        },
    ),
]  # fmt: skip
"""Namespaces, and what they show to a backend."""
