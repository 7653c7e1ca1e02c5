"""What a campaign came to, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from biconvex.sim.explore.results import SeedOutcome

__all__ = ["tell"]

_SHOWN = 20


def tell(outcomes: Sequence[SeedOutcome]) -> int:
    """Say how seeds came out, the failing ones by line; the exit code: 1 if any failed."""
    failed = [outcome for outcome in outcomes if outcome.failed]
    for outcome in failed[:_SHOWN]:
        click.echo(f"seed {outcome.seed}: {outcome.headline}")
    if len(failed) > _SHOWN:
        click.echo(f"… and {len(failed) - _SHOWN} more")
    click.echo(f"{len(outcomes)} seeds, {len(failed)} failed.")
    return int(bool(failed))
