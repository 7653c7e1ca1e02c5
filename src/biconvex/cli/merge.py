"""`biconvex merge`: the results of a campaign's shards, put together."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from biconvex.cli.outcomes import tell
from biconvex.sim import SimulationError
from biconvex.sim.explore.results import merged, write_results

__all__ = ["merge"]


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write all results to this file."
)
def merge(files: tuple[Path, ...], output: Path | None) -> None:
    """Put FILES together, the results of shards of one campaign, and tell what all of it came to.

    Exit code 1 if any seed failed.
    """
    try:
        task, outcomes = merged(files)
    except SimulationError as error:
        raise click.UsageError(str(error)) from None
    if output is not None:
        write_results(output, task, outcomes)
    sys.exit(tell(outcomes))
