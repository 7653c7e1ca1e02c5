"""Tries a rule on its cases, in both languages: a rule's file is its own test, also in a third party's pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from biconvex.lint.analysis import build_from_sources
from biconvex.lint.cases import Span, case_files, unmark

if TYPE_CHECKING:
    from biconvex.lint.model import Place
    from biconvex.lint.rule import Case, Problem, Rule
    from biconvex.lint.source import Language

__all__ = ["CaseOutcome", "run_case"]


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """Where a case wants findings and where the rule has them, both in order, and what the rule says."""

    expected: tuple[Span, ...]
    found: tuple[Span, ...]
    problems: tuple[Problem, ...]


def run_case(rule: Rule, case: Case, language: Language) -> CaseOutcome:
    """Run a rule on a case. In a silent case nothing is marked, so that nothing is expected."""
    sources: dict[str, str] = {}
    expected: list[Span] = []
    for path, text in case_files(case, language).items():
        sources[path], spans = unmark(text, path)
        expected += spans
    backend = build_from_sources(sources)
    problems = tuple(rule.check(backend))
    found = [_span(problem.place, backend.root) for problem in problems]
    return CaseOutcome(tuple(sorted(expected)), tuple(sorted(found)), problems)


def _span(place: Place, root: str) -> Span:
    return Span(place.source.path.removeprefix(f"{root}/"), place.start, place.end, place.text)
