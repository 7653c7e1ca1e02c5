"""Campaigns: many seeds, in one process or in many, with results that last.

The result of a seed depends on the task and the seed alone, so that a campaign comes to the same end in any number of
jobs, in shards on several machines, and after it was interrupted: what a file of results has is not run again.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from biconvex.sim.explore.results import Results, SeedOutcome
from biconvex.sim.explore.tasks import Task

__all__ = ["run_campaign", "shard_of"]

_AHEAD: Final = 2
_MOST_DEATHS: Final = 3
Heard = Callable[[SeedOutcome], object]


def run_campaign(
    task: Task,
    seeds: Sequence[int],
    *,
    results: Path | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    heard: Heard | None = None,
) -> list[SeedOutcome]:
    """Run a task for seeds, and tell how each came out, in the order of the seeds.

    `results` is a file of JSON lines that is added to after each seed; seeds that it has are not run again. They run
    in `jobs` processes, or on any executor (`concurrent.futures`) that is given, except Dask's, on which a campaign
    hangs. A seed whose process dies is tried again, up to three times in all. `heard` is told of each outcome as it
    comes. Raises `UsageError` for a file of another task, and `KeyboardInterrupt` when it is interrupted, with what
    was done in the file.
    """
    store = Results(results, task)
    outcomes = {seed: outcome for seed, outcome in store.known.items() if seed in set(seeds)}
    missing = [seed for seed in seeds if seed not in outcomes]

    def take(outcome: SeedOutcome) -> None:
        outcomes[outcome.seed] = outcome
        store.add(outcome)
        if heard is not None:
            heard(outcome)

    with store:
        if executor is not None:
            _spread(task, missing, lambda: executor, take, ahead=32)
        elif jobs == 1:
            for seed in missing:
                take(task.run(seed))
        else:
            _in_processes(task, missing, jobs, take)
    return [outcomes[seed] for seed in seeds]


def shard_of(seeds: Sequence[int], shard: int, shards: int) -> list[int]:
    """Every `shards`th seed, from the `shard`th on (1-based): all shards together have each seed once."""
    return list(seeds[shard - 1 :: shards])


def _in_processes(task: Task, seeds: Sequence[int], jobs: int, take: Heard) -> None:
    made: list[ProcessPoolExecutor] = []

    def pool() -> Executor:
        # A fork would share the pipes to Node.
        made.append(ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_leave_interrupts))
        return made[-1]

    try:
        _spread(task, seeds, pool, take, ahead=jobs * _AHEAD)
    finally:
        for executor in made:
            executor.shutdown(wait=False, cancel_futures=True)


def _leave_interrupts() -> None:
    """Ctrl-C is for the process that leads."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _spread(
    task: Task, seeds: Sequence[int], make_executor: Callable[[], Executor], take: Heard, *, ahead: int
) -> None:
    waiting = list(reversed(seeds))
    deaths: dict[int, int] = {}
    executor = make_executor()
    under_way: dict[Future[SeedOutcome], int] = {}
    while waiting or under_way:
        alone = any(deaths.get(seed) for seed in (*waiting[-1:], *under_way.values()))
        # Who was under way when a process died may have killed it: one at a time from then on.
        while waiting and len(under_way) < (1 if alone else ahead):
            seed = waiting.pop()
            try:
                under_way[executor.submit(task.run, seed)] = seed
            except BrokenExecutor:
                waiting.append(seed)
                break
        done, _ = wait(under_way, return_when=FIRST_COMPLETED)
        broken = not done
        for future in done:
            seed = under_way.pop(future)
            try:
                take(future.result())
            except BrokenExecutor:
                broken = True
                _died(seed, deaths, waiting, take)
        if broken:
            for future, seed in list(under_way.items()):
                with suppress(BrokenExecutor):
                    take(future.result())
                    continue
                _died(seed, deaths, waiting, take)
            under_way.clear()
            executor = make_executor()


def _died(seed: int, deaths: dict[int, int], waiting: list[int], take: Heard) -> None:
    deaths[seed] = deaths.get(seed, 0) + 1
    if deaths[seed] == _MOST_DEATHS:
        take(SeedOutcome(seed, failed=True, headline=f"the process that ran it died {_MOST_DEATHS} times"))
    else:
        waiting.append(seed)
