"""Pruning: the last touch to a run that Hypothesis has shrunk in as many runs as it may.

Steps are data, so that they can be left out, taken one after the other instead of together, and given simpler
arguments. What still leads to the same finding stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, Final

import msgspec
from biconvex.sim.deployment import Deployment
from biconvex.sim.explore.seen import TextReference
from biconvex.sim.explore.session import Found, FuzzFinding, Rules, Session
from biconvex.sim.explore.steps import Call, Step, Together
from biconvex.sim.kernel import Choices

__all__ = ["Pruned", "prune"]

_SIMPLEST: Final[dict[type, Any]] = {str: "", TextReference: "", float: 0.0, list: [], dict: {}, bytes: b""}


class Pruned(msgspec.Struct, frozen=True):
    """A run that leads to a finding: the session that it was, the decisions in it, and the finding."""

    session: Session
    decisions: tuple[int, ...]
    finding: FuzzFinding


def prune(
    run: Pruned,
    make: Callable[[Choices], Deployment],
    seed: int,
    rules: Rules,
    ignored: frozenset[str],
    spent: Callable[[], bool],
    most: int = 400,
) -> Pruned:
    """The run without the steps, calls, decisions and arguments that the finding doesn't need.

    `ignored` are the keys of findings that are passed over, `most` is how many runs that may
    take. The last step is the one that brings the finding to light.
    """
    best, left = run, most

    def better(steps: Sequence[Step], decisions: tuple[int, ...]) -> bool:
        nonlocal best, left
        if left == 0 or spent():
            return False
        left -= 1
        found = _led_to(steps, decisions, run.finding.key, make, seed, rules, ignored)
        best = found or best
        return found is not None

    def improved() -> bool:
        for decisions in _shorter(best.decisions):
            if better(best.session.steps, decisions):
                return True
        steps = best.session.steps
        return any(
            better([*steps[:index], *instead, *steps[index + 1 :]], best.decisions)
            for index in reversed(range(len(steps)))
            for instead in _variants(steps[index])
        )

    while improved():
        pass
    return best


def _shorter(decisions: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if decisions:
        yield ()
        yield decisions[: len(decisions) // 2]


def _led_to(
    steps: Sequence[Step],
    decisions: tuple[int, ...],
    key: str,
    make: Callable[[Choices], Deployment],
    seed: int,
    rules: Rules,
    ignored: frozenset[str],
) -> Pruned | None:
    """The run of these steps up to the one that brings the finding to light, None where none does."""
    with ExitStack() as stack:
        convex = stack.enter_context(make(Choices.replaying(seed, decisions)))
        session = Session(convex, rules, ignored)
        for step in steps:
            try:
                session.do(step)
            except Found as found:
                return Pruned(session, decisions, found.finding) if found.finding.key == key else None
    return None


def _variants(step: Step) -> Iterator[tuple[Step, ...]]:
    """What is simpler than a step, the simplest first."""
    yield ()
    if isinstance(step, Together):
        yield step.calls
        if len(step.calls) > 2:
            for index in range(len(step.calls)):
                yield (Together(step.calls[:index] + step.calls[index + 1 :]),)
        for index, one in enumerate(step.calls):
            for simpler in _simpler(one):
                yield (Together((*step.calls[:index], simpler, *step.calls[index + 1 :])),)
    elif isinstance(step, Call):
        for simpler in _simpler(step):
            yield (simpler,)


def _simpler(call: Call) -> Iterator[Call]:
    if call.subject is not None:
        yield msgspec.structs.replace(call, subject=None)
    for name, value in call.args.items():
        simplest = _SIMPLEST.get(type(value), value)
        if simplest != value:
            yield msgspec.structs.replace(call, args={**call.args, name: simplest})
