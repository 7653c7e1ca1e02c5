"""Jobs that schedule jobs: who schedules whom, and how often a function has come back to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from biconvex.sim.runtime.guidelines import Guidelines
    from biconvex.sim.runtime.run import Run

__all__ = ["Repetition", "Rounds"]

_LONGEST_CIRCLE: Final = 4
_GROWS: Final = 1.25


class Rounds(msgspec.Struct, frozen=True):
    """A function has been scheduled by its own jobs, `count` times in a row, within `took_ms`; `circle` is the way."""

    count: int
    took_ms: float
    circle: tuple[str, ...]


class _Job(msgspec.Struct, frozen=True):
    """A job that is not over. `before` are the jobs that led to it, the last first.

    `quick` and `unpaused` count the rounds so far with a short pause and with none, `since_ms` is when they began, and
    `pause_ms` the last pause. `same_instant` counts the jobs that led to this one without any time passing.
    """

    path: str
    due_ms: float
    before: tuple[_Job, ...]
    quick: int
    unpaused: int
    since_ms: float
    pause_ms: float
    same_instant: int


class Repetition:
    """Follows jobs from one to the next."""

    def __init__(self, guidelines: Guidelines) -> None:
        self._guidelines = guidelines
        self._jobs: dict[str, _Job] = {}
        self._schedules: dict[str, dict[str, int]] = {}

    def scheduled(self, run: Run, path: str, job_id: str, due_ms: float, now_ms: float) -> Rounds | None:
        """A run has scheduled a function; tells when that is more often than a guideline has it."""
        if run.job is None:
            return None
        root = run
        while root.parent is not None:
            root = root.parent
        targets = self._schedules.setdefault(root.function.path, {})
        targets[path] = targets.get(path, 0) + 1
        cause = self._jobs.get(run.job) or _Job(root.function.path, now_ms, (), 0, 0, now_ms, 0, 0)
        before = (msgspec.structs.replace(cause, before=()), *cause.before)[:_LONGEST_CIRCLE]
        same_instant = cause.same_instant + 1 if due_ms <= cause.due_ms else 0
        index = next((index for index, job in enumerate(before) if job.path == path), None)
        if index is None:
            quick, unpaused, since_ms, pause_ms = 0, 0, due_ms, 0.0
        else:
            quick, unpaused, since_ms, pause_ms = self._rounds(before[index], due_ms)
        self._jobs[job_id] = _Job(path, due_ms, before, quick, unpaused, since_ms, pause_ms, same_instant)
        if index is None or (quick < self._guidelines.repetitions and unpaused < self._guidelines.batches):
            return None
        circle = (*(job.path for job in reversed(before[: index + 1])), path)
        return Rounds(max(quick, unpaused), due_ms - since_ms, circle)

    def _rounds(self, last: _Job, due_ms: float) -> tuple[int, int, float, float]:
        """The counts of a function that was due last with a job, and now again."""
        pause_ms = due_ms - last.due_ms
        if pause_ms >= self._guidelines.repetition_ms:
            return 0, 0, due_ms, pause_ms
        if pause_ms <= 0:
            return last.quick, last.unpaused + 1, last.since_ms, 0.0
        if last.pause_ms and pause_ms > last.pause_ms * _GROWS:
            return last.quick, last.unpaused, last.since_ms, pause_ms  # it is tried again, later each time
        return last.quick + 1, last.unpaused, last.since_ms, pause_ms

    def same_instant(self, job_id: str) -> int:
        """How many jobs led to this one, each scheduled by the one before, without any time passing."""
        job = self._jobs.get(job_id)
        return job.same_instant if job is not None else 0

    def ended(self, job_id: str) -> None:
        """A job is over."""
        self._jobs.pop(job_id, None)

    def circle_from(self, path: str) -> tuple[str, ...]:
        """The functions that schedule each other, as often as any, and lead back to a first one; empty if none do."""
        way: dict[str, None] = {}
        while path not in way:
            way[path] = None
            targets = self._schedules.get(path)
            if not targets:
                return ()
            path = max(targets, key=lambda target: targets[target])
        functions = list(way)
        return (*functions[functions.index(path) :], path)
