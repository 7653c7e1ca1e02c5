"""Which functions run without a caller: those that only the scheduler and cron jobs start."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biconvex.lint.model import Backend, Function, FunctionReference, Place, RunCall

__all__ = ["is_test", "unattended"]

_TEST = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*\.(?:test|spec)|[^/]*_test|conftest)$|(?:^|/)__tests__/")


def unattended(backend: Backend) -> dict[Function, Place]:
    """Give the internal functions that have no caller, each with a place that has it run.

    Every reference to them is one that schedules them, or that an unattended function runs them by.
    """
    starts: dict[FunctionReference, Place] = {}
    for cron in backend.crons:
        if cron.reference is not None:
            starts[cron.reference] = cron.place
    for schedule in backend.schedule_calls:
        if schedule.reference is not None:
            starts[schedule.reference] = schedule.place
    runs = {call.reference: call for call in backend.run_calls if call.reference is not None}
    wanted: dict[Function, list[FunctionReference]] = {}
    for reference in backend.references:
        function = reference.function
        if (
            function is not None
            and function.visibility == "internal"
            and not is_test(reference.place.source.path)
        ):
            wanted.setdefault(function, []).append(reference)
    alone: dict[Function, Place] = {}
    grew = True
    while grew:
        grew = False
        for function, references in wanted.items():
            if function in alone:
                continue
            places = []
            for reference in references:
                if reference in starts:
                    places.append(starts[reference])
                elif reference in runs and _all_alone(backend, reference, runs, alone):
                    places.append(runs[reference].place)
            if len(places) == len(references):
                alone[function] = places[0]
                grew = True
    return alone


def _all_alone(
    backend: Backend,
    reference: FunctionReference,
    runs: dict[FunctionReference, RunCall],
    alone: dict[Function, Place],
) -> bool:
    callers = backend.reached_by(runs[reference].body)
    return bool(callers) and all(caller.function in alone for caller in callers)


def is_test(path: str) -> bool:
    """Tell whether a file is a test, by its path."""
    return _TEST.search(path.rpartition(".")[0]) is not None
