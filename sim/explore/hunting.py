"""A hunt: what the runs of one seed bring to light, each finding as small as it gets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final

import msgspec
from biconvex.sim.deployment import Deployment
from biconvex.sim.explore.machine import Enough, Hunt, machine_for
from biconvex.sim.explore.program import as_script
from biconvex.sim.explore.provider import BACKEND
from biconvex.sim.explore.pruning import Pruned, prune
from biconvex.sim.explore.session import Found, FuzzFinding, Rules, replayed
from biconvex.sim.kernel import Choices
from biconvex.sim.runtime import RegisteredFunction
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as with_seed
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

__all__ = ["FuzzSeedResult", "Plan", "hunt_seed"]

_MOST_FINDINGS: Final = 20


class FuzzSeedResult(msgspec.Struct, frozen=True):
    """What one seed brought to light. All of it is JSON: `msgspec.to_builtins(result)`.

    `calls` are, by function, how many returned and how many were refused (a `ConvexError`, arguments). `complete` is
    False where the time was up before the runs were done.
    """

    seed: int
    runs: int
    steps: int
    calls: dict[str, tuple[int, int]]
    findings: tuple[FuzzFinding, ...]
    complete: bool = True


class Plan(msgspec.Struct, frozen=True):
    """What a hunt is to do: `runs` deployments of up to `max_calls` steps each.

    `make` makes the deployments; `project` is how a program names them. `routes` are HTTP routes as (method, path),
    `shrink_runs` is how many runs shrinking a finding may take, `database` a folder that
    keeps what was found. With `has_crons`, no wait is longer than an hour.
    """

    make: Callable[[Choices], Deployment]
    project: str
    functions: Sequence[RegisteredFunction]
    runs: int = 20
    max_calls: int = 50
    rules: Rules = Rules()
    routes: tuple[tuple[str, str], ...] = ()
    shrink_runs: int = 60
    database: Path | None = None
    has_crons: bool = False


def hunt_seed(
    plan: Plan, seed: int, *, known: Collection[str] = (), spent: Callable[[], bool] = bool
) -> FuzzSeedResult:
    """Do the runs of one seed, again after each finding, until they find nothing new.

    Findings whose keys are `known` are passed over. `spent` is asked before each run whether the time is up. Without
    both, the result depends on the plan and the seed alone.
    """
    findings: list[FuzzFinding] = []
    calls: dict[str, list[int]] = {}
    runs = steps = 0
    complete = False
    while len(findings) < _MOST_FINDINGS and not spent():
        ignored = frozenset({*known, *(finding.key for finding in findings)})
        hunt = Hunt(
            plan.make,
            seed,
            plan.functions,
            plan.rules,
            ignored,
            plan.routes,
            spent,
            plan.shrink_runs,
            has_crons=plan.has_crons,
        )
        _run(plan, hunt, seed, number=len(findings))
        runs, steps = runs + hunt.runs, steps + hunt.steps
        for path, (returned, refused) in hunt.calls.items():
            counts = calls.setdefault(path, [0, 0])
            counts[0] += returned
            counts[1] += refused
        if hunt.best is not None:
            findings.append(_written(plan, seed, hunt.best, ignored, spent))
            continue
        complete = not hunt.was_cut_short
        unsteady = _nondeterminism(plan, hunt, seed)
        if unsteady is not None and unsteady.key not in ignored:
            findings.append(unsteady)
        break
    counted = {path: (returned, refused) for path, (returned, refused) in sorted(calls.items())}
    return FuzzSeedResult(seed, runs, steps, counted, tuple(findings), complete)


def _run(plan: Plan, hunt: Hunt, seed: int, number: int) -> None:
    """Let Hypothesis run the state machine; what it finds is noted by the hunt."""
    database = None
    phases = [Phase.generate, Phase.shrink]
    if plan.database is not None:
        # Each further finding has a folder of its own: what the first one needs is passed over by then.
        database = DirectoryBasedExampleDatabase(plan.database / str(number))
        phases.insert(0, Phase.reuse)
    quietly = settings(
        backend=BACKEND,
        max_examples=plan.runs,
        stateful_step_count=plan.max_calls,
        database=database,
        phases=phases,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    machine = with_seed(seed)(machine_for(hunt))
    try:
        run_state_machine_as_test(machine, settings=quietly)
    except (Found, Enough):
        return  # the hunt has taken note
    except Flaky:
        # A run that can't be repeated. The hunt has what it found, if it was that; else its last run tells.
        hunt.was_cut_short = True


def _written(
    plan: Plan, seed: int, run: Pruned, ignored: frozenset[str], spent: Callable[[], bool]
) -> FuzzFinding:
    """The finding of a run, with the program that shows it, as short as it gets."""
    least = prune(run, plan.make, seed, plan.rules, ignored, spent)
    lines = as_script(least.session.program, plan.project, seed, least.decisions)
    return msgspec.structs.replace(least.finding, program=tuple(lines + _assertion(least.finding)))


def _assertion(finding: FuzzFinding) -> list[str]:
    """The last lines of the program: what fails, where no call does by itself."""
    path = finding.function
    if finding.kind == "limit":
        return [
            f"    assert convex.usage[{path!r}].closest[1].fraction < 0.8, convex.usage[{path!r}].closest"
        ]
    if finding.kind == "growth":
        return [
            f"    assert convex.usage[{path!r}].documents_read.used <= 1_000, convex.usage[{path!r}].documents_read"
        ]
    if finding.kind == "floating-promise":
        return ["    assert not convex.findings, convex.findings"]
    if finding.kind == "job":
        return [
            '    assert not [e for e in convex.trace if e.kind in {"job", "cron end"} and "error" in (e.detail or {})]'
        ]
    return [f"    # {finding.kind}: {finding.message}"] if finding.kind in {"leak", "status"} else []


def _nondeterminism(plan: Plan, hunt: Hunt, seed: int) -> FuzzFinding | None:
    """Do the last run again, step by step: its trace has to be the same."""
    if hunt.last is None:
        return None
    session, decisions, digest = hunt.last
    with plan.make(Choices.replaying(seed, decisions)) as convex:
        if replayed(convex, session.steps, plan.rules) == digest:
            return None
    message = "two runs of the same steps differ: something in it depends on more than the seed"
    return FuzzFinding("nondeterminism", "(the backend)", message, "", seed, tuple(session.program.lines()))
