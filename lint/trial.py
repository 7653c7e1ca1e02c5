"""Tries a rule on its cases, in both languages: a rule's file is its own test, also in a third party's pack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.analysis import build_from_sources
from biconvex.lint.cases import Span, case_files, unmark
from biconvex.lint.fixes.rounds import fix_in_rounds
from biconvex.lint.rule import finding_of

if TYPE_CHECKING:
    from biconvex.lint.finding import Finding
    from biconvex.lint.model import Place
    from biconvex.lint.rule import Case, Problem, Rule
    from biconvex.lint.source import Language, SourceFile

__all__ = ["CaseOutcome", "FixOutcome", "fix_case", "fixed_files", "run_case"]


class CaseOutcome(msgspec.Struct, frozen=True):
    """Where a case wants findings and where the rule has them, both in order, and what the rule says."""

    expected: tuple[Span, ...]
    found: tuple[Span, ...]
    problems: tuple[Problem, ...]


class FixOutcome(msgspec.Struct, frozen=True):
    """What the fixes of a rule make of a case.

    `files` are all files of the case afterwards; `made`, `broken` and `left` the findings that were fixed, whose
    fix would have left a file that can't be read, and that can still be fixed.
    """

    files: Mapping[str, str]
    made: tuple[Finding, ...]
    broken: tuple[Finding, ...]
    left: tuple[Finding, ...]


class _Found(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...]
    sources: Mapping[str, SourceFile]


def run_case(rule: Rule, case: Case, language: Language) -> CaseOutcome:
    """Run a rule on a case. In a silent case nothing is marked, so that nothing is expected."""
    sources: dict[str, str] = {}
    expected: list[Span] = []
    for path, text in case_files(case, language).items():
        sources[path], spans = unmark(text, path)
        expected += spans
    backend = build_from_sources(sources)
    problems = tuple(_with_options(rule, case).check(backend))
    found = [_span(problem.place, backend.root) for problem in problems]
    return CaseOutcome(tuple(sorted(expected)), tuple(sorted(found)), problems)


def fix_case(rule: Rule, case: Case, language: Language, *, unsafe: bool = True) -> FixOutcome:
    """Make all fixes of a rule on a case."""
    ready = _with_options(rule, case)
    files = {path: unmark(text, path)[0] for path, text in case_files(case, language).items()}

    def look(changed: Mapping[str, SourceFile]) -> _Found:
        files.update(
            (path.removeprefix("convex/"), source.text(0, len(source.data)))
            for path, source in changed.items()
        )
        backend = build_from_sources(files)
        sources = {module.source.path: module.source for module in backend.modules.values()}
        findings = sorted(
            (finding_of(ready, one) for one in ready.check(backend)), key=lambda one: one.sort_key
        )
        return _Found(tuple(findings), sources)

    fixing = fix_in_rounds(look, unsafe=unsafe)
    left = tuple(one for one in fixing.last.findings if one.fix and (one.fix.safe or unsafe))
    return FixOutcome(files, tuple(fixing.made), tuple(fixing.broken), left)


def fixed_files(case: Case, language: Language) -> dict[str, str] | None:
    """Give all files of a case as they must be after its fixes; None where it says that nothing is fixed."""
    fixed = getattr(case.fixed, language) if case.fixed else None
    if fixed is None:
        return None
    files = {path: unmark(text, path)[0] for path, text in case_files(case, language).items()}
    return files | (dict(fixed) if isinstance(fixed, Mapping) else dict.fromkeys(files, fixed))


def _with_options(rule: Rule, case: Case) -> Rule:
    return type(rule)(rule.Options(**case.options)) if case.options else rule


def _span(place: Place, root: str) -> Span:
    return Span(place.source.path.removeprefix(f"{root}/"), place.start, place.end, place.text)
