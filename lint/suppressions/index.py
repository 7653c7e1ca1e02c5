"""Holds the suppressions of some files against the findings in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.plugins import ENGINE_RULES
from biconvex.lint.suppressions.comments import read_suppressions
from biconvex.lint.suppressions.report import about

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from biconvex.lint.finding import Finding
    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.suppressions.comments import Suppression

__all__ = ["Suppressions"]


class Suppressions:
    """The suppressions of files, by path; a file that several backends share counts once."""

    def __init__(self) -> None:
        self._told: dict[str, list[Suppression]] = {}
        self.taken: list[Finding] = []

    def read(self, files: Iterable[ParsedFile]) -> None:
        """Take in the comments of files."""
        for file in files:
            if file.source.path not in self._told and (told := read_suppressions(file)):
                self._told[file.source.path] = told

    def applied(
        self, findings: Iterable[Finding], ran: Iterable[str], known: frozenset[str] | None = None
    ) -> Iterator[Finding]:
        """Yield the findings that nothing suppresses, then what is wrong with the suppressions.

        `findings` are all of those in the files, or what they need would look unused. `ran` are the names of the
        rules that ran: a suppression of another may be needed. `known` are all rule names there are, None if
        that isn't known. Where something failed (a rule, the parser), no suppression is unused. `taken` has
        those that were taken back, afterwards.
        """
        if not self._told:
            yield from findings
            return
        judged = ENGINE_RULES.union(ran)
        doubtful: set[str] = set()
        for finding in findings:
            if finding.rule == "internal-error":
                judged = frozenset()
            elif finding.rule == "syntax-error":
                doubtful.add(finding.path)
            yield from self._unless_suppressed(finding)
        for path, told in self._told.items():
            for one in told:
                if one.verb is not None:
                    for note in about(one, frozenset() if path in doubtful else judged, known):
                        yield from self._unless_suppressed(note)

    def _unless_suppressed(self, finding: Finding) -> Iterator[Finding]:
        matching = [one for one in self._told.get(finding.path, ()) if one.covers(finding.rule, finding.line)]
        for one in matching:
            one.used.add(finding.rule)
        if matching:
            self.taken.append(finding)
        else:
            yield finding
