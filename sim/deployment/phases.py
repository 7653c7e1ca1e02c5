"""Phases of a run: when things go wrong, and when nothing does any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from biconvex.sim.faults import Faults, Injector
from biconvex.sim.kernel import Choices
from biconvex.sim.runtime import Runtime
from biconvex.sim.services import Outbound

__all__ = ["Phases"]


class Phases:
    """Switches faults on and off. Each phase decides anew."""

    def __init__(self, runtime: Runtime, outbound: Outbound, choices: Choices) -> None:
        """`choices` should be decisions."""
        self._runtime = runtime
        self._outbound = outbound
        self._choices = choices
        self._begun = 0

    def begin(self, faults: Faults | Mapping[str, Any] | str) -> None:
        """Have these faults strike from now on, and no others. Raises `UsageError` for what aren't faults."""
        plan = Faults.of(faults)
        self._begun += 1
        self._set(Injector(plan, self._choices.child(f"phase {self._begun}"), self._runtime.trace))

    def end(self) -> None:
        """Have nothing go wrong any more."""
        self._set(None)

    @contextmanager
    def during(self, faults: Faults | Mapping[str, Any] | str) -> Iterator[None]:
        """Have these faults strike within a block, and afterwards what did before."""
        before = self._runtime.faults
        self.begin(faults)
        try:
            yield
        finally:
            self._set(before)

    @property
    def rates(self) -> dict[str, float]:
        """The probabilities that are gone by now, of the faults that may strike."""
        faults = self._runtime.faults
        return {} if faults is None else {name: rate for name, rate in faults.rates.items() if rate}

    def _set(self, injector: Injector | None) -> None:
        self._runtime.faults = injector
        self._outbound.faults = injector
