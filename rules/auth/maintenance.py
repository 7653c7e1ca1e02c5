"""Functions for maintenance, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.rules.auth.arguments import takes_nothing
from biconvex.rules.auth.identity import words_of

if TYPE_CHECKING:
    from biconvex.lint.model import Function

__all__ = ["is_maintenance"]

_ALWAYS = frozenset({"seed", "wipe", "purge", "nuke", "truncate", "migrate", "backfill"})
_OFTEN = frozenset({"clear", "delete", "remove", "reset", "destroy", "erase", "drop", "cleanup"})
_ALL = frozenset({"all", "everything", "database", "db", "tables", "data"})


def is_maintenance(function: Function) -> bool:
    """Tell whether a function is named like one that fills, wipes or converts the database."""
    words = words_of(function.name or "")
    if not words:
        return False
    if words[0] in _ALWAYS:
        return True
    return words[0] in _OFTEN and (not _ALL.isdisjoint(words) or takes_nothing(function))
