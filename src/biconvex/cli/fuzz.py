"""`biconvex fuzz`: call every public function of a backend in every way that its validators allow."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from biconvex.sim import SimulationError
from biconvex.sim.explore.fuzzing import fuzz_report
from biconvex.sim.kernel import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from biconvex.sim.explore.hunting import FuzzSeedResult

__all__ = ["fuzz"]


class _Seconds(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_duration(str(value)) / 1e9
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Seeds(click.ParamType[range]):
    name = "seeds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> range:
        if isinstance(value, range):
            return value
        first, colon, last = str(value).partition(":")
        try:
            seeds = range(int(first), int(last)) if colon else range(int(first), int(first) + 1)
        except ValueError:
            self.fail(f"{value!r} is no seed, and no range of seeds such as 0:100", param, ctx)
        if not len(seeds):
            self.fail(f"there are no seeds from {first} to before {last}", param, ctx)
        return seeds


@click.command()
@click.argument("project", type=click.Path(path_type=Path), default=Path())
@click.option(
    "--for", "seconds", type=_Seconds(), metavar="DURATION", help="Stop after this much real time: 30s, 10m."
)
@click.option(
    "--seeds",
    type=_Seeds(),
    metavar="A:B",
    help="Seeds from A to before B, or one (default: 0:5; with --for, as many as there is time for).",
)
@click.option(
    "--runs", type=click.IntRange(2), default=20, show_default=True, help="Fresh deployments for each seed."
)
@click.option(
    "--max-calls", type=click.IntRange(1), default=50, show_default=True, help="Steps on each of them."
)
@click.option(
    "--function", "functions", multiple=True, metavar="PATTERN", help="Only these functions (messages:*)."
)
@click.option(
    "--private", multiple=True, metavar="TABLE", help="No document of it may reach who isn't logged in."
)
@click.option(
    "--expect", "expected", multiple=True, metavar="PATTERN", help="Errors that are meant: '*not found*'."
)
@click.option(
    "--route", "routes", multiple=True, metavar="'METHOD /PATH'", help="An HTTP route to ask as well."
)
@click.option(
    "--env", multiple=True, metavar="NAME=VALUE", help="An environment variable of the deployments."
)
@click.option(
    "--database",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep findings here, to try them first.",
)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def fuzz(
    project: Path,
    seconds: float | None,
    seeds: range | None,
    functions: tuple[str, ...],
    env: tuple[str, ...],
    style: str,
    **plan: Any,
) -> None:
    """Call every public function of PROJECT with arguments that its validators accept.

    What is looked for should happen in no backend: errors other than ConvexError, failing jobs, limits that come near,
    reads that grow with a table, promises that nobody awaits. Each finding is printed with a short Python program that
    shows it. The same seeds find the same.

    Exit status: 0 nothing was found, 1 something was, 2 the project can't be fuzzed.
    """
    chosen = seeds if seeds is not None else range(5 if seconds is None else sys.maxsize)
    variables = dict(_variable(text) for text in env)
    try:
        with _progress(chosen, seconds) as heard:
            report = fuzz_report(
                project,
                seeds=chosen,
                seconds=seconds,
                heard=heard,
                functions=functions or ("*",),
                **plan,
                **({"env": variables} if variables else {}),
            )
    except SimulationError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    click.echo(msgspec.json.format(msgspec.json.encode(report)) if style == "json" else str(report))
    sys.exit(1 if report.findings else 0)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"--env takes NAME=VALUE, got {text!r}")
    return name, value


class _progress:  # noqa: N801 - used as a function
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, seeds: range, seconds: float | None) -> None:
        self._total = len(seeds) if seconds is None else None
        self._seconds = seconds
        self._bar: Any = None

    def __enter__(self) -> Callable[[FuzzSeedResult], None] | None:
        if not sys.stderr.isatty():
            return None
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[found]}"),
            TimeElapsedColumn(),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        task = self._bar.add_task("fuzzing", total=self._total, found="")
        found = calls = 0

        def heard(result: FuzzSeedResult) -> None:
            nonlocal found, calls
            found += len(result.findings)
            calls += sum(map(sum, result.calls.values()))
            self._bar.update(task, advance=1, found=f"{calls:,} calls, {found} findings")

        return heard

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
