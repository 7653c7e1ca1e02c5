"""How the commands say that they were called wrongly. Imports neither face of the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["UsageProblem", "did_you_mean"]


class UsageProblem(click.ClickException):
    """A mistake in the call or the configuration: one line on stderr, and exit code 2."""

    exit_code = 2


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """Ask for the known name that is nearest to a wrong one; say something else if none is near."""
    from difflib import get_close_matches

    near = get_close_matches(name.lower().replace("_", "-"), known, n=1)
    return f"did you mean `{near[0]}`?" if near else otherwise
