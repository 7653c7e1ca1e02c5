"""Fixes in rounds: make those that don't touch each other, look again, and so on until nothing is left to fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import msgspec
from biconvex.lint.fixes.apply import apply_fixes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from biconvex.lint.finding import Finding
    from biconvex.lint.source import SourceFile

__all__ = ["MOST_ROUNDS", "Fixing", "Found", "fix_in_rounds"]

MOST_ROUNDS = 20
"""After so many rounds, fixes undo each other; those of a sound set of rules take two or three."""


class Found(Protocol):
    """What looking for findings gives: the findings, and the files as they were read, by path."""

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings, in the order in which their fixes are to be made."""

    @property
    def sources(self) -> Mapping[str, SourceFile]:
        """Every file that a fix may edit."""


FoundT = TypeVar("FoundT", bound=Found)


class Fixing(msgspec.Struct, Generic[FoundT]):
    """What came of fixing.

    `before` has the files that changed as they were, `after` as they are now, by path; `made` the findings that
    were fixed, `broken` those whose fix would have left a file that can't be read. `last` is what is found now.
    `settled` is false when there was more to fix after the last round.
    """

    last: FoundT
    before: dict[str, SourceFile] = msgspec.field(default_factory=dict)
    after: dict[str, SourceFile] = msgspec.field(default_factory=dict)
    made: list[Finding] = msgspec.field(default_factory=list)
    broken: list[Finding] = msgspec.field(default_factory=list)
    settled: bool = True


def fix_in_rounds(
    look: Callable[[Mapping[str, SourceFile]], FoundT], *, unsafe: bool = False
) -> Fixing[FoundT]:
    """Make every safe fix, with `unsafe` the others too. Nothing is written to the disk.

    `look` looks for findings, with the given files in place of those on the disk.
    """
    fixing = Fixing(look({}))
    for _ in range(MOST_ROUNDS):
        fixable = [one for one in fixing.last.findings if one.fix and (one.fix.safe or unsafe)]
        applied = apply_fixes(fixing.last.sources, fixable)
        fixing.broken = applied.broken
        if not applied.made:
            return fixing
        fixing.made += applied.made
        for path, source in applied.sources.items():
            fixing.before.setdefault(path, fixing.last.sources[path])
            fixing.after[path] = source
        fixing.last = look(fixing.after)
    fixing.settled = False
    return fixing
