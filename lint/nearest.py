"""The name that somebody may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean"]


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """Ask for the known name that is nearest to a wrong one; say something else if none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - nobody has been wrong in most runs

    near = get_close_matches(name.lower().replace("_", "-"), sorted(known), n=1)
    return f"did you mean `{near[0]}`?" if near else otherwise
