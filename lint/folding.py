"""Folding: one mistake that is made in many places becomes one finding.

A rule says with `Problem.topic` which of its problems are the same mistake. Folding is the last thing that happens to
findings before they are reported: suppressions, baselines, changes and fixes are about each place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Evidence, Finding, Fix
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["folded"]

_SHOWN = 3
"""As many of the other places are told one by one."""


def folded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give the first finding of each rule, severity and topic, with the places of the others as evidence.

    Findings without a topic stay as they are, and so does the order. A fix of a folded finding has the edits of all.
    """
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        alone = finding.topic is None
        key = id(finding) if alone else (finding.rule, finding.severity.value, finding.topic)
        groups.setdefault(key, []).append(finding)
    return tuple(_one(group) for group in groups.values())


def _one(group: list[Finding]) -> Finding:
    first, others = group[0], group[1:]
    if not others:
        return first
    more = "one more place" if len(others) == 1 else f"{len(others)} more places"
    same = [Evidence(other.path, other.line, other.column, "the same here") for other in others[:_SHOWN]]
    if len(others) > _SHOWN:
        last = others[-1]
        left = len(others) - _SHOWN
        what = "and here" if left == 1 else f"and {left} more places, the last of them here"
        same.append(Evidence(last.path, last.line, last.column, what))
    return replace(
        first,
        help=f"{first.help}; likewise in {more}" if first.help else f"likewise in {more}",
        evidence=(*first.evidence, *same),
        fix=_all_fixes(group, more),
    )


def _all_fixes(group: list[Finding], more: str) -> Fix | None:
    fixes = [finding.fix for finding in group if finding.fix is not None]
    if group[0].fix is None or len(fixes) < len(group):
        return None
    edits = dict.fromkeys(edit for fix in fixes for edit in fix.edits)
    return Fix(f"{fixes[0].title}, and likewise in {more}", tuple(edits), all(fix.safe for fix in fixes))
