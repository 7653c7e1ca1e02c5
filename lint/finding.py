"""Findings: what a rule has to say, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Evidence", "Finding", "Severity"]


class Severity(Enum):
    """How bad it is: Convex rejects it or it fails (`error`), it will hurt (`warning`), good to know (`info`)."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact that a finding rests on, and where to read it (1-based line and column)."""

    path: str
    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnostic. Lines and columns are 1-based; `end_column` is one past the last character.

    `path` is relative to the working directory. `message` states the fact with the user's own names,
    `help` says the remedy in the imperative (None where there is no one remedy).
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    rule: str
    severity: Severity
    message: str
    help: str | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """By place, then rule, then message."""
        return (self.path, self.line, self.column, self.rule, self.message)
