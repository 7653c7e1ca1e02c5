"""`fuzz`: a backend, called in every way that its validators allow, with no test written.

One seed is one hunt: so many runs, each on a fresh deployment and of so many steps, until none of them finds anything
new. A finding is shrunk and written as a program; its seed finds it again, in any process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from time import monotonic
from typing import Any, Final, TypeAlias

from biconvex.sim.deployment import Deployment
from biconvex.sim.explore.fuzz_reports import FuzzReport
from biconvex.sim.explore.hunting import FuzzSeedResult, Plan, hunt_seed
from biconvex.sim.explore.session import Rules
from biconvex.sim.kernel import Choices
from biconvex.sim.values import UsageError

__all__ = ["FuzzFailure", "Target", "fuzz", "fuzz_plan", "fuzz_report", "fuzz_seed"]

Target: TypeAlias = str | Path | Deployment | Callable[[Choices], Deployment]
"""What is fuzzed: a project, a deployment whose like is made anew for each run, or a function that makes them."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


class FuzzFailure(AssertionError):
    """A fuzzer found something. `report` is all of it."""

    def __init__(self, report: FuzzReport) -> None:
        super().__init__(f"fuzzing {report.project}\n\n{report}")
        self.report = report


def fuzz_plan(
    target: Target,
    *,
    runs: int = 20,
    max_calls: int = 50,
    functions: Sequence[str] = ("*",),
    private: Sequence[str] = (),
    expected: Sequence[str] = (),
    routes: Sequence[str] = (),
    setup: Callable[[Deployment], object] | None = None,
    shrink_runs: int = 60,
    database: Path | None = None,
    **options: Any,
) -> Plan:
    """What is to be done for each seed: `runs` deployments of up to `max_calls` steps each.

    `functions` are patterns (`messages:*`) for the public functions to call, `private` tables whose documents no client
    without identity may get, `expected` patterns for errors that are meant (`*not found*`), `routes` HTTP routes to ask
    (`"POST /hook"`). `setup` is called with each new deployment: routes for `convex.outbound`, documents, stubs.
    `shrink_runs` is how many runs shrinking a finding may take, and `database` a folder in which findings are kept, to
    be tried first the next time. Further options are those of `Deployment`, where `target` is a path. Raises
    `UsageError` for what makes no sense, `ProjectError` where the backend can't be loaded.
    """
    if runs < 2 or max_calls < 1:
        raise UsageError("fuzzing takes at least 2 runs (the first is empty) of at least 1 call each")
    make, project = _maker(target, options)

    def made(choices: Choices) -> Deployment:
        convex = make(choices)
        if setup is not None:
            setup(convex)
        return convex

    with made(Choices(0)) as convex:
        has_crons = len(convex.crons) > 0
        public = [function for function in convex.functions if function.visibility == "public"]
    chosen = [f for f in public if f.kind != "httpAction" and any(fnmatchcase(f.path, p) for p in functions)]
    asked = tuple(_route(route) for route in routes)
    if not chosen and not asked:
        known = ", ".join(function.path for function in public) or "none"
        raise UsageError(f"{project} has no public function like {', '.join(functions)}; it has {known}")
    rules = Rules(tuple(private), tuple(expected))
    return Plan(made, project, tuple(chosen), runs, max_calls, rules, asked, shrink_runs, database, has_crons)


def fuzz_seed(target: Target, seed: int, **plan: Any) -> FuzzSeedResult:
    """What one seed brings to light; `plan` is as for `fuzz_plan`. The result depends on the arguments alone."""
    return hunt_seed(fuzz_plan(target, **plan), seed)


def fuzz_report(
    target: Target,
    *,
    seeds: int | Iterable[int] = 5,
    seconds: float | None = None,
    heard: Callable[[FuzzSeedResult], object] | None = None,
    **plan: Any,
) -> FuzzReport:
    """Fuzz a backend for some seeds (how many, or which), or for so many seconds; `plan` is as for `fuzz_plan`.

    A finding of one seed is passed over by the later ones. `heard` is called after each seed.
    """
    planned = fuzz_plan(target, **plan)
    ends = None if seconds is None else monotonic() + seconds

    def spent() -> bool:
        return ends is not None and monotonic() >= ends

    results: list[FuzzSeedResult] = []
    known: set[str] = set()
    for seed in range(seeds) if isinstance(seeds, int) else seeds:
        if spent():
            break
        result = hunt_seed(planned, seed, known=known, spent=spent)
        known.update(finding.key for finding in result.findings)
        results.append(result)
        if heard is not None:
            heard(result)
    paths = [function.path for function in planned.functions]
    unvalidated = [function.path for function in planned.functions if function.args is None]
    return FuzzReport.of(planned.project, results, paths, unvalidated)


def fuzz(target: Target, **options: Any) -> FuzzReport:
    """Fuzz a backend in a test: `fuzz_report`, and `FuzzFailure` with the report where there are findings."""
    __tracebackhide__ = True
    report = fuzz_report(target, **options)
    if report.findings:
        raise FuzzFailure(report)
    return report


def _maker(target: Target, options: dict[str, Any]) -> tuple[Callable[[Choices], Deployment], str]:
    if isinstance(target, str | Path):
        return (lambda choices: Deployment(target, seed=choices, **options)), str(target)
    if options:
        raise UsageError(f"{', '.join(options)}: options of deployments go where the deployments are made")
    if isinstance(target, Deployment):
        return target.again, str(target.path)
    if not callable(target):
        raise UsageError(
            f"fuzz takes a path, a deployment, or a function that makes deployments; got {target!r}"
        )
    return target, "path/to/project"


def _route(text: str) -> tuple[str, str]:
    method, _, path = text.partition(" ")
    if method not in _METHODS or not path.startswith("/"):
        raise UsageError(f'a route is a method and a path, such as "POST /hook"; got {text!r}')
    return method, path
