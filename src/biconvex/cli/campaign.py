"""`biconvex campaign`: many seeds of a simulation test or of a fuzzer, in several processes, with results that last."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from biconvex.cli.outcomes import tell
from biconvex.sim import SimulationError
from biconvex.sim.explore.campaign import run_campaign, shard_of
from biconvex.sim.explore.tasks import FuzzTask, SimulationTask

if TYPE_CHECKING:
    from biconvex.sim.explore.results import SeedOutcome
    from biconvex.sim.explore.tasks import Task

__all__ = ["campaign"]

_INTERRUPTED = 130


class _Shard(click.ParamType[tuple[int, int]]):
    name = "shard"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        first, slash, last = str(value).partition("/")
        if not slash or not first.isdigit() or not last.isdigit() or not 1 <= int(first) <= int(last):
            self.fail(f"{value!r} is no shard such as 1/4", param, ctx)
        return int(first), int(last)


class _Seeds(click.ParamType[range]):
    name = "seeds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> range:
        if isinstance(value, range):
            return value
        first, _, last = str(value).partition(":")
        if not first.isdigit() or not last.isdigit() or int(first) >= int(last):
            self.fail(f"{value!r} is no range of seeds such as 0:1000", param, ctx)
        return range(int(first), int(last))


@click.command()
@click.argument("target")
@click.option("--seeds", type=_Seeds(), default="0:100", show_default=True, help="Seeds from A to before B.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--shard", type=_Shard(), default="1/1", metavar="I/N", help="Every Nth seed from the Ith on.")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep results here, go on there.",
)
@click.option("--project", metavar="DIR", help="The project that a simulation test is run on.")
@click.option(
    "--max-calls", type=click.IntRange(1), default=50, show_default=True, help="Steps of a fuzzer's run."
)
@click.option(
    "--runs", type=click.IntRange(2), default=20, show_default=True, help="A fuzzer's runs for each seed."
)
def campaign(
    target: str,
    seeds: range,
    jobs: int,
    shard: tuple[int, int],
    results: Path | None,
    project: str | None,
    max_calls: int,
    runs: int,
) -> None:
    """Run TARGET for many seeds.

    It is a test that is decorated with @simulate (tests/test_votes.py::test_votes), or a project, which is fuzzed. The
    same command goes on where it stopped, if it has a file for --results. Exit code 1 if any seed failed.
    """
    is_test = "::" in target
    task: Task = (
        SimulationTask(target, project) if is_test else FuzzTask(target, runs=runs, max_calls=max_calls)
    )
    wanted = shard_of(seeds, *shard)
    heard: list[SeedOutcome] = []
    try:
        outcomes = run_campaign(task, wanted, results=results, jobs=jobs, heard=heard.append)
    except SimulationError as error:
        raise click.UsageError(str(error)) from None
    except KeyboardInterrupt:
        where = f" Run the same command to go on: {results} has them." if results is not None else ""
        click.echo(f"Interrupted after {len(heard)} of {len(wanted)} seeds.{where}", err=True)
        sys.exit(_INTERRUPTED)
    sys.exit(tell(outcomes))
