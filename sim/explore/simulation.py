"""`@simulate`: a test body that runs for many seeds, and a failure that comes back as small as it gets.

@simulate(seeds=500)
def test_every_vote_counts(convex, choices):
    poll = convex.db.insert("polls", {"team": "red", "votes": 0})
    cast = [convex.mutation("votes:cast", {"id": poll}) for _ in choices.times(10)]
    convex.run_until_idle()
    assert convex.db.get(poll)["votes"] == len(cast)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Final

from biconvex.sim.deployment import Deployment
from biconvex.sim.explore.attempts import Attempt, Body, MakeDeployment, SeedResult, attempt, wanted
from biconvex.sim.explore.determinism import NondeterministicTestError, first_difference
from biconvex.sim.explore.pool import first_failing_seed
from biconvex.sim.explore.program import quoted
from biconvex.sim.explore.shrinking import shrink
from biconvex.sim.kernel import Choices
from biconvex.sim.values import UsageError

__all__ = ["Simulation", "simulate"]

_SHOWN_STEPS: Final = 40


class Simulation:
    """A test body, the seeds it is to run for, and the options of its deployments."""

    def __init__(
        self, body: Body, seeds: range, jobs: int, shrink_runs: int, options: dict[str, Any]
    ) -> None:
        self.body = body
        self.seeds = seeds
        self.jobs = jobs
        self._shrink_runs = shrink_runs
        self._project: str | Path | None = options.pop("project", None)
        self._options = options

    @property
    def file(self) -> Path:
        """The file of the test."""
        return Path(inspect.getsourcefile(self.body) or "")

    def maker(self, project: str | Path | None) -> MakeDeployment:
        """What makes the deployments: of the project that the decorator names, else of this one."""
        found = self.file.parent / self._project if self._project is not None else project
        if found is None:
            raise UsageError(
                f"{self.body.__name__} has no project: write @simulate(project=…), or set convex_project in pytest's "
                "ini options"
            )
        return lambda choices: Deployment(found, seed=choices, **self._options)

    def run_seed(self, seed: int, project: str | Path | None = None) -> SeedResult:
        """Run the body for one seed; what came of it. Depends on the seed alone, in any process."""
        return attempt(self.body, self.maker(project), Choices(seed)).result()

    def replay(self, seed: int, decisions: Sequence[int] | None, project: str | Path | None = None) -> None:
        """Run the body for a seed, with the decisions of a shrunk run if given; raises as it does."""
        choices = Choices(seed) if decisions is None else Choices.replaying(seed, decisions)
        done = attempt(self.body, self.maker(project), choices)
        if done.error is not None:
            raise done.error

    def explore(
        self,
        make: MakeDeployment,
        project: str | Path | None,
        fixtures: Mapping[str, Any],
        seeds: Iterable[int] | None = None,
    ) -> None:
        """Run the body for all seeds; raises the error of the first that fails, shrunk, with a note.

        Raises `NondeterministicTestError` for a body whose runs depend on something else than the seed.
        """
        __tracebackhide__ = True

        def run(seed: int, *, listening: bool = False) -> Attempt:
            return attempt(self.body, make, Choices(seed), fixtures=fixtures, listening=listening)

        wanted_seeds = list(self.seeds if seeds is None else seeds)
        self._require_same(run(wanted_seeds[0], listening=True), run(wanted_seeds[0], listening=True))
        if self.jobs > 1:
            if fixtures:
                raise UsageError(
                    f"{self.body.__name__} can't run in {self.jobs} processes: it uses the fixtures "
                    f"{', '.join(fixtures)}"
                )
            failing = first_failing_seed(self, wanted_seeds, project)
        else:
            failing = next((seed for seed in wanted_seeds if run(seed).error is not None), None)
        if failing is not None:
            raise self._shrunk(make, failing, fixtures, project)

    def _require_same(self, first: Attempt, second: Attempt) -> None:
        difference = first_difference((first.trace, second.trace), (first.program, second.program))
        if difference is None and str(first.failure) != str(second.failure):
            difference = f"their ends:\n  first run:  {first.failure}\n  second run: {second.failure}"
        if difference is not None:
            raise self._unsteady(f"two runs with seed {first.trace.seed} differ at {difference}")

    def _unsteady(self, what: str) -> NondeterministicTestError:
        return NondeterministicTestError(
            f"{self.body.__name__} isn't deterministic by itself: {what}\n"
            "What the test does must depend on its arguments alone: draw from `choices` instead of `random`, ask "
            "`convex.now` instead of a clock, and keep nothing from one run to the next."
        )

    def _shrunk(
        self, make: MakeDeployment, seed: int, fixtures: Mapping[str, Any], project: str | Path | None
    ) -> BaseException:
        """The error of a failing seed at its smallest, with a note."""
        made: list[int] = []

        def record(_bound: int, seeded: int) -> int:
            made.append(seeded)
            return seeded

        first = attempt(self.body, make, Choices(seed, record), fixtures=fixtures, listening=True)
        second = attempt(self.body, make, Choices(seed), fixtures=fixtures, listening=True)
        self._require_same(first, second)
        failure = first.failure
        if failure is None:  # it failed where nobody was listening
            raise self._unsteady(f"it failed with seed {seed}, and not when it was run again")

        def fails(decide: Callable[[int, int], int]) -> bool:
            found = attempt(self.body, make, Choices(seed, decide), fixtures=fixtures).failure
            return found is not None and found.kind == failure.kind

        decisions, runs = shrink(made, fails, max_attempts=self._shrink_runs)
        replaying = Choices.replaying(seed, decisions)
        last = attempt(self.body, make, replaying, fixtures=fixtures, listening=True)
        error = last.error
        if error is None or first.program is None or last.program is None:
            raise self._unsteady(f"the shrunk run of seed {seed} failed, and not when it was run again")
        error.add_note(self._note(seed, decisions, first, last, runs, project))
        return error

    def _note(
        self,
        seed: int,
        decisions: tuple[int, ...],
        first: Attempt,
        last: Attempt,
        runs: int,
        project: str | Path | None,
    ) -> str:
        before, after = len(first.program or ()), last.program.lines() if last.program else []
        faults = first.trace.count("fault"), last.trace.count("fault")
        lines = [
            f"{self.body.__name__} fails with seed {seed}: {last.failure}",
            f"Shrunk in {runs} runs: {before} steps to {len(after)}, {faults[0]} faults to {faults[1]}. What is left:",
            "",
            *(f"    {line}" for line in after[:_SHOWN_STEPS]),
        ]
        if len(after) > _SHOWN_STEPS:
            lines.append(f"    … and {len(after) - _SHOWN_STEPS} more")
        lines += [f"    # fault: {event.subject}" for event in last.trace.events("fault")]
        where = f"{_relative(self.file)}::{self.body.__name__}"
        given = [f"seed={seed}", f"decisions={list(decisions)}"]
        if self._project is None and project is not None:
            given.append(f"project={quoted(str(_relative(Path(project))))}")
        lines += [
            "",
            "Again, as a program:",
            "",
            "    from biconvex.sim.explore import replay",
            f"    replay({quoted(where)}, {', '.join(given)})",
        ]
        return "\n".join(lines)


def simulate(
    *,
    seeds: int | range = 100,
    jobs: int = 1,
    project: str | Path | None = None,
    shrink_runs: int = 500,
    **options: Any,
) -> Callable[[Body], Callable[..., None]]:
    """Run a test `(convex, choices, …)` for many seeds, each on a fresh deployment.

    `convex` is the deployment and `choices`, where the test wants it, a `BodyChoices`; other arguments are fixtures,
    the same for all seeds. `seeds` is how many, or which; `jobs` how many processes run them. The project is that of
    pytest unless `project` names one, from the test's folder. Further options are those of `Deployment` (`faults`,
    `limits`, `env`, `costs`, …).

    Stops at the first seed that fails and shrinks it in at most `shrink_runs` runs, through Hypothesis: fewer steps,
    fewer faults, lower and earlier choices, while the error stays the same. The test then fails with that error and a
    note: what is left, and a program that shows it again. A test whose first two runs differ is not deterministic by
    itself and fails with `NondeterministicTestError`, which names the first difference.
    """
    chosen = range(seeds) if isinstance(seeds, int) else seeds
    if not len(chosen):
        raise UsageError("@simulate needs at least one seed")
    if jobs < 1:
        raise UsageError(f"@simulate(jobs={jobs}): there must be at least one process")

    def decorate(body: Body) -> Callable[..., None]:
        simulation = Simulation(body, chosen, jobs, shrink_runs, {"project": project, **options})
        fixtures = [name for name in wanted(body) if name != "choices"]

        @wraps(body)
        def test(*, request: Any = None, **given: Any) -> None:
            __tracebackhide__ = True
            found = _project_of(request)
            simulation.explore(simulation.maker(found), found, given)

        slots = ["request", *(name for name in fixtures if name != "request")]
        keyword = inspect.Parameter.KEYWORD_ONLY
        test.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [inspect.Parameter(name, keyword) for name in slots]
        )
        del test.__wrapped__  # pytest would take the body's arguments for fixtures
        test.simulation = simulation  # type: ignore[attr-defined]
        return test

    return decorate


def _project_of(request: Any) -> Path | None:
    """The project that pytest's ini options name, for a test that runs under pytest."""
    if request is None:
        return None
    config = request.config
    try:
        named = config.getini("convex_project")
    except ValueError:  # the plugin isn't loaded
        return None
    base = config.inipath.parent if config.inipath is not None else config.rootpath
    return base / named if named else None


def _relative(path: Path) -> Path:
    resolved, here = path.resolve(), Path.cwd()
    return resolved.relative_to(here) if resolved.is_relative_to(here) else resolved
