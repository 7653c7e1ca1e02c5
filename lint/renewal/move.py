"""Where the places of a text are after an edit: those before the changed lines, and those behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.finding import Edit, Evidence, Finding, Fix

__all__ = ["Move", "moved"]


class Move(msgspec.Struct, frozen=True):
    """An edit that replaced whole lines: 0-based numbers of lines and byte offsets, ends exclusive.

    `first_line` and `first` say where the changed lines begin, before and after; `last_line` and `last` where they
    ended, `lines` and `size` by how much what follows has moved.
    """

    first_line: int
    last_line: int
    lines: int
    first: int
    last: int
    size: int

    @classmethod
    def between(cls, before: bytes, after: bytes) -> Move:
        """Give the smallest edit of whole lines that makes one text of the other."""
        old, new = before.split(b"\n"), after.split(b"\n")
        most = min(len(old), len(new))
        head = next((at for at in range(most) if old[at] != new[at]), most)
        tail = next((at for at in range(most - head) if old[-1 - at] != new[-1 - at]), most - head)
        last = len(old) - tail
        return cls(
            first_line=head,
            last_line=last,
            lines=len(new) - len(old),
            first=sum(map(len, old[:head])) + head,
            last=sum(map(len, old[:last])) + last,
            size=len(after) - len(before),
        )

    def line(self, line: int) -> int | None:
        """Give the number (1-based) that a line has now; None for one that was changed."""
        if line <= self.first_line:
            return line
        return line + self.lines if line > self.last_line else None

    def offset(self, offset: int) -> int | None:
        """Give where an offset is now; None within what was changed."""
        if offset < self.first:
            return offset
        return offset + self.size if offset >= self.last else None

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Give where a stretch of text is now; None if any of it was changed."""
        if end <= self.first:
            return (start, end)
        return (start + self.size, end + self.size) if start >= self.last else None


def moved(finding: Finding, moves: Mapping[str, Move]) -> Finding | None:
    """Give a finding as it reads after edits of the given files; None if one of its places was changed."""
    if not moves.keys() & _paths(finding):
        return finding
    line, end_line = finding.line, finding.end_line
    if finding.path in moves:
        move = moves[finding.path]
        begin, end = move.line(finding.line), move.line(finding.end_line)
        if begin is None or end is None:
            return None
        line, end_line = begin, end
    evidence = tuple(_evidence(each, moves) for each in finding.evidence)
    fix = _fix(finding.fix, moves)
    if None in evidence or (finding.fix is not None and fix is None):
        return None
    topic = _topic(finding.topic, moves)
    if topic is None and finding.topic is not None:
        return None
    return replace(
        finding,
        line=line,
        end_line=end_line,
        evidence=tuple(each for each in evidence if each is not None),
        fix=fix,
        topic=topic,
    )


def _paths(finding: Finding) -> set[str]:
    paths = {finding.path, *(each.path for each in finding.evidence)}
    if finding.fix is not None:
        paths.update(edit.path for edit in finding.fix.edits)
    if finding.topic is not None:
        paths.add(finding.topic.rpartition(":")[0])
    return paths


def _evidence(evidence: Evidence, moves: Mapping[str, Move]) -> Evidence | None:
    if evidence.path not in moves:
        return evidence
    line = moves[evidence.path].line(evidence.line)
    return replace(evidence, line=line) if line is not None else None


def _fix(fix: Fix | None, moves: Mapping[str, Move]) -> Fix | None:
    if fix is None:
        return None
    edits = tuple(_edit(edit, moves) for edit in fix.edits)
    return None if None in edits else replace(fix, edits=edits)


def _edit(edit: Edit, moves: Mapping[str, Move]) -> Edit | None:
    if edit.path not in moves:
        return edit
    span = moves[edit.path].span(edit.start, edit.end)
    return replace(edit, start=span[0], end=span[1]) if span is not None else None


def _topic(topic: str | None, moves: Mapping[str, Move]) -> str | None:
    """Give a topic again; one that names an offset in a file moves with that."""
    path, _, offset = (topic or "").rpartition(":")
    if path not in moves or not offset.isdecimal():
        return topic
    now = moves[path].offset(int(offset))
    return f"{path}:{now}" if now is not None else None
