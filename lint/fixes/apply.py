"""Puts fixes into texts: each of them whole or not at all, and only where the file can still be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.parse import parse
from biconvex.lint.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from biconvex.lint.finding import Edit, Finding

__all__ = ["Applied", "apply_fixes", "edited"]


class Applied(msgspec.Struct):
    """What came of fixes: `sources` has the files that changed, by path.

    `made` are the findings whose fixes are in; `broken` those whose fix would have left a file that can't be
    read. All others are in the way of one that was made, and may be tried again on the new text.
    """

    sources: dict[str, SourceFile] = msgspec.field(default_factory=dict)
    made: list[Finding] = msgspec.field(default_factory=list)
    broken: list[Finding] = msgspec.field(default_factory=list)


def apply_fixes(sources: Mapping[str, SourceFile], findings: Iterable[Finding]) -> Applied:
    """Make the fixes of findings, in their order, as far as they don't touch each other.

    `sources` has every file that they edit, as it was when they were found.
    """
    chosen = _apart(findings)
    applied = _made(sources, chosen)
    if applied is not None:
        return applied
    kept: list[Finding] = []
    broken: list[Finding] = []
    for finding in chosen:  # one of them breaks a file: find it
        attempt = _made(sources, [*kept, finding])
        (broken if attempt is None else kept).append(finding)
    applied = _made(sources, kept) or Applied()
    applied.broken = broken
    return applied


def edited(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Make edits of one file that don't touch each other. New lines get the line ends that the file has."""
    first = data.find(b"\n")
    line_end = b"\r\n" if first > 0 and data[first - 1 : first] == b"\r" else b"\n"
    parts: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        text = edit.text.replace("\r\n", "\n").encode().replace(b"\n", line_end)
        parts += (data[at : edit.start], text)
        at = edit.end
    return b"".join((*parts, data[at:]))


def _apart(findings: Iterable[Finding]) -> list[Finding]:
    """The findings whose fixes don't touch those of an earlier one; what both want to do alike is done once."""
    chosen: list[Finding] = []
    taken: dict[str, list[Edit]] = {}
    for finding in findings:
        edits = finding.fix.edits if finding.fix else ()
        if edits and not any(_touch(edit, other) for edit in edits for other in taken.get(edit.path, ())):
            chosen.append(finding)
            for edit in edits:
                taken.setdefault(edit.path, []).append(edit)
    return chosen


def _touch(one: Edit, other: Edit) -> bool:
    return one != other and one.start <= other.end and other.start <= one.end


def _made(sources: Mapping[str, SourceFile], findings: list[Finding]) -> Applied | None:
    """The texts after fixes that don't touch each other; None if one of them can't be read any more."""
    edits: dict[str, dict[Edit, None]] = {}
    for finding in findings:
        for edit in finding.fix.edits if finding.fix else ():
            edits.setdefault(edit.path, {})[edit] = None
    applied = Applied(made=list(findings))
    for path, changes in edits.items():
        before = sources[path]
        after = SourceFile(path, before.language, edited(before.data, changes), before.markdown)
        if not before.markdown and parse(after).errors and not parse(before).errors:
            return None
        applied.sources[path] = after
    return applied
