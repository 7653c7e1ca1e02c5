"""What a run of the linter comes to: the findings, and the figures about the run."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.finding import Finding, Severity
from biconvex.lint.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.source import SourceFile

__all__ = ["LintResult"]


class LintResult(msgspec.Struct, frozen=True):
    """The outcome of linting one or more backends.

    `findings` are sorted by place, none twice. `sources` has every file that was read, by its path. `files`
    and `functions` (the registered ones) count what was asked about. `rule_seconds` is the time each rule
    took, by rule name; `stages` what each stage of the run took, in order. `asked` are
    the paths of the files that were asked about. `suppressed` counts findings that comments took back, `known`
    those in the baseline, `stale` what the baseline has and nothing finds any more, `fixed` those fixed before.
    """

    findings: tuple[Finding, ...]
    sources: Mapping[str, SourceFile]
    backends: int
    files: int
    functions: int
    rule_seconds: Mapping[str, float]
    stages: tuple[Stage, ...] = ()
    asked: frozenset[str] = frozenset()
    suppressed: int = 0
    known: int = 0
    stale: int = 0
    fixed: int = 0

    @property
    def by_severity(self) -> dict[str, int]:
        """How many findings there are of each severity, the worst first; zeros included."""
        counts = Counter(finding.severity for finding in self.findings)
        return {severity.value: counts[severity] for severity in Severity}

    @property
    def fixable(self) -> dict[str, int]:
        """How many findings have a fix that is `safe`, and how many one that is `unsafe`."""
        fixes = Counter(finding.fix.safe for finding in self.findings if finding.fix)
        return {"safe": fixes[True], "unsafe": fixes[False]}

    @property
    def by_rule(self) -> dict[str, int]:
        """How many findings there are of each rule that has any, by rule name."""
        return dict(sorted(Counter(finding.rule for finding in self.findings).items()))
