"""Findings: what a rule has to say, where, and what edits would put it right."""

from __future__ import annotations

from enum import Enum

import msgspec

__all__ = ["Edit", "Evidence", "Finding", "Fix", "Severity"]


class Severity(Enum):
    """How bad it is: Convex rejects it or it fails (`error`), it will hurt (`warning`), good to know (`info`)."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Evidence(msgspec.Struct, frozen=True):
    """A fact that a finding rests on, and where to read it (1-based line and column)."""

    path: str
    line: int
    column: int
    message: str


class Edit(msgspec.Struct, frozen=True):
    """The bytes from `start` to `end` (exclusive) of a file become `text`; `path` as in `Finding`.

    Lines in `text` end with a plain newline, whatever the file has: it is fitted to the file when it goes in.
    """

    path: str
    start: int
    end: int
    text: str


class Fix(msgspec.Struct, frozen=True):
    """Edits that remove a finding, all of them or none. `title` says in the imperative what they do.

    A safe fix keeps what the code means, apart from the mistake itself; all others are only made when asked for.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


class Finding(msgspec.Struct, frozen=True):
    """One diagnostic. Lines and columns are 1-based; `end_column` is one past the last character.

    `path` is relative to the working directory. `message` states the fact with the user's own names,
    `help` says the remedy in the imperative (None where there is no one remedy), `fix` carries it out.
    Findings of a rule with the same `topic` are one mistake made in many places: a report may show them as one.
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
    fix: Fix | None = None
    topic: str | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """By place, then rule, then message."""
        return (self.path, self.line, self.column, self.rule, self.message)
