"""The marker `@pytest.mark.convex(…)`: what a test's deployments are to be like."""

from __future__ import annotations

from typing import Any

import pytest

__all__ = ["ARGUMENTS", "MARKER", "check_markers", "marked"]

ARGUMENTS = ("project", "seed", "limits", "costs", "env", "faults")
MARKER = (
    "convex(project=…, seed=…, limits=…, costs=…, env=…, faults=…): what the deployments of the fixtures `convex` and "
    "`convex_factory` are made with"
)


def check_markers(item: pytest.Item) -> None:
    """Raise `UsageError` for a marker with arguments that there aren't."""
    for mark in item.iter_markers("convex"):
        if mark.args:
            raise pytest.UsageError(
                f"{item.nodeid}: @pytest.mark.convex takes its arguments by name ({', '.join(ARGUMENTS)}), not "
                f"{mark.args[0]!r}"
            )
        for name in mark.kwargs:
            if name not in ARGUMENTS:
                from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

                close = get_close_matches(name, ARGUMENTS, 1)
                hint = f"Did you mean {close[0]!r}?" if close else f"It takes {', '.join(ARGUMENTS)}."
                raise pytest.UsageError(
                    f"{item.nodeid}: @pytest.mark.convex has no argument {name!r}. {hint}"
                )


def marked(item: pytest.Item) -> dict[str, Any]:
    """What a test's markers say together; the closest one counts."""
    found: dict[str, Any] = {}
    for mark in item.iter_markers("convex"):
        for name, value in mark.kwargs.items():
            found.setdefault(name, value)
    return found
