"""A line of source code with carets below what a finding is about."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from biconvex.lint.finding import Finding
    from biconvex.lint.source import SourceFile

__all__ = ["Excerpt", "excerpt"]

_TAB = "    "
_WIDEST = 160
_BEFORE = 60


class Excerpt(msgspec.Struct, frozen=True):
    """One line of code for a screen; `indent` and `carets` go on the line below it."""

    code: str
    indent: str
    carets: str


def excerpt(source: SourceFile, finding: Finding) -> Excerpt | None:
    """Cut the line out of the source where a finding begins; None when there is nothing to see there.

    Tabs become spaces and control characters `�`, so that a source can't write to the terminal. Of a
    line that no screen would hold, the part around the finding stays.
    """
    line = source.line(finding.line)
    if not line.strip():
        return None
    begin = finding.column - 1
    end = finding.end_column - 1 if finding.end_line == finding.line else len(line)
    left = 0
    if len(line) > _WIDEST:
        left = max(0, min(begin - _BEFORE, len(line) - _WIDEST))
    right = left + _WIDEST
    head, body, tail = line[left:begin], line[begin : min(end, right)], line[end:right] if end < right else ""
    before, within = _shown(head), _shown(body)
    lead, trail = "…" if left else "", "…" if right < len(line) else ""
    return Excerpt(
        code=f"{lead}{before}{within}{_shown(tail)}{trail}".rstrip(),
        indent=" " * (len(lead) + _width(before)),
        carets="^" * max(1, _width(within.rstrip())),
    )


def _shown(text: str) -> str:
    expanded = text.replace("\t", _TAB)
    return "".join("�" if unicodedata.category(char) in {"Cc", "Cf"} else char for char in expanded)


def _width(text: str) -> int:
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
