"""Makes things go wrong: settles the rates of a plan, and decides each time whether a fault strikes."""

from __future__ import annotations

from typing import Any, Final

from biconvex.sim.faults.plan import FAULT_NAMES, SWARM, Faults
from biconvex.sim.kernel import NS_PER_MS, NS_PER_SECOND, Choices, Trace
from biconvex.sim.values import StallError

__all__ = ["Injector", "drawn_start_ns"]

_MOST_ATTEMPTS: Final = 200
_DEFAULT_CEILING: Final = 0.5
# What is drawn stays below this: with more of it, next to nothing would come to its end.
_CEILINGS: Final = {"crash_before": 0.1, "crash_after": 0.1, "clock_edge": 1.0, "fresh_isolate": 1.0}
_REORDERED_MS: Final = 100
_BEFORE_NS: Final = 1_500 * NS_PER_MS
# 2026-01-02, 2026-02-01, 2027-01-01, 2028-02-29 and 2028-03-01, all at 00:00 UTC.
_EDGES_S: Final = (1_767_312_000, 1_769_904_000, 1_798_761_600, 1_835_395_200, 1_835_481_600)


class Injector:
    """The faults of one phase of a run. `rates` are the probabilities that it goes by.

    Each fault decides for itself, so that one more or less doesn't reshuffle the others.
    """

    def __init__(self, faults: Faults, choices: Choices, trace: Trace) -> None:
        """`choices` should be decisions: 0, the simplest, is that nothing goes wrong."""
        self.faults = faults
        self._trace = trace
        self._choices = {name: choices.child(name) for name in FAULT_NAMES}
        self.rates = {name: _rate(faults, name, self._choices[name]) for name in FAULT_NAMES}

    def strikes(self, name: str, place: str, run: int = 0, **detail: Any) -> bool:
        """Decide whether a fault strikes at a place (a function, a request, a job); if so, the trace tells."""
        rate = self.rates[name]
        if not rate or not self._choices[name].chance(rate):
            return False
        self._trace.record("fault", name, run, {"at": place, **detail})
        return True

    def strikes_when(self, name: str, place: str, moments: tuple[str, ...], **detail: Any) -> str | None:
        """Decide whether a fault strikes at a place, and at which of these moments; if so, the trace tells."""
        rate = self.rates[name]
        if not rate or not self._choices[name].chance(rate):
            return None
        when = moments[self._choices[name].below(len(moments))]
        self._trace.record("fault", name, 0, {"at": place, **detail, "when": when})
        return when

    def delay_ns(self, name: str, place: str, run: int = 0) -> int:
        """By how many ns something is late, if the fault of this name strikes; else 0."""
        rate = self.rates[name]
        if not rate or not self._choices[name].chance(rate):
            return 0
        late_ms = self.up_to(name, round(getattr(self.faults, f"{name}_ms", _REORDERED_MS)))
        self._trace.record("fault", name, run, {"at": place, "late_ms": late_ms})
        return late_ms * NS_PER_MS

    def up_to(self, name: str, most: int) -> int:
        """An amount from 1 to `most`, for a fault that strikes."""
        return 1 + self._choices[name].below(most) if most > 1 else 1

    def keep_going(self, name: str, attempt: int, waiting: str) -> None:
        """Somebody tries again after this fault, for the so-manieth time; raises `StallError` when that is hopeless.

        `waiting` says who waits for what.
        """
        if attempt >= _MOST_ATTEMPTS and self.rates[name]:
            raise StallError(
                f"{waiting}, and was struck by the fault `{name}` {attempt} times in a row: its rate is "
                f"{self.rates[name]:g}, and nobody gives up here. Choose a lower one."
            )


def drawn_start_ns(faults: Faults, choices: Choices, usual_ns: int) -> int:
    """Where the clock starts, in ns since the epoch: at an edge, if that fault strikes."""
    own = choices.child("clock_edge")
    rate = _rate(faults, "clock_edge", own)
    if not rate or not own.chance(rate):
        return usual_ns
    return _EDGES_S[own.below(len(_EDGES_S))] * NS_PER_SECOND - _BEFORE_NS


def _rate(faults: Faults, name: str, choices: Choices) -> float:
    rate = getattr(faults, name)
    if rate != SWARM:
        return float(rate)
    return max(0.0, choices.below(1001) / 500 - 1) * _CEILINGS.get(name, _DEFAULT_CEILING)
