"""Tells what is wrong with a suppression: it can't be understood, names no rule that there is, or isn't needed."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit, Finding, Fix, Severity
from biconvex.lint.nearest import did_you_mean
from biconvex.lint.suppressions.comments import Named, Suppression, stands_alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["about"]

_VERBS = ("ignore", "ignore-file")
_SELF = frozenset({"unused-suppression", "invalid-suppression"})
_BLANK = b" \t"


def about(one: Suppression, judged: frozenset[str], known: frozenset[str] | None) -> Iterator[Finding]:
    """Yield what is wrong with a suppression of ours.

    It is unused if it has taken back nothing of a rule in `judged`; a rule that isn't in `known` doesn't exist.
    """
    if one.verb not in _VERBS:
        message = f"`biconvex: {one.verb}` is no instruction, so it suppresses nothing."
        yield _finding(one, "invalid-suppression", message, "write `ignore[rule]` or `ignore-file[rule]`")
    elif not one.names:
        message = f"`biconvex: {one.verb}` names no rule, so it suppresses nothing."
        example = f"name each rule in brackets, as in `{one.verb}[floating-promise] reason`"
        yield _finding(one, "invalid-suppression", message, example)
    elif one.misplaced:
        message = "`ignore-file` stands below code, so it suppresses nothing."
        help_ = "move it above all code, or use `ignore` at the line"
        yield _finding(one, "invalid-suppression", message, help_)
    else:
        yield from _about_names(one, judged, known)


def _about_names(one: Suppression, judged: frozenset[str], known: frozenset[str] | None) -> Iterator[Finding]:
    for name in one.names:
        if known is not None and name.rule not in known:
            message = f"There is no rule `{name.rule}`, so nothing of it is suppressed."
            yield _finding(
                one,
                "invalid-suppression",
                message,
                did_you_mean(name.rule, known, "see `biconvex rules` for the names"),
            )
    unused = [name for name in one.names if name.rule in judged - one.used - _SELF]
    if unused:
        what = " and ".join(f"`{name.rule}`" for name in unused)
        message = f"This suppression of {what} isn't needed: there is nothing of the kind here."
        if len(unused) == len(one.names):
            fix = Fix("remove it", (_without(one),))
        else:
            rest = [name for name in one.names if name not in unused]
            fix = Fix(f"remove {what} from it", (_with(one, rest),))
        yield _finding(one, "unused-suppression", message, fix.title, fix)


def _finding(one: Suppression, rule: str, message: str, help_: str, fix: Fix | None = None) -> Finding:
    begin, end = one.source.position(one.start), one.source.position(one.end)
    return Finding(
        one.source.path, begin.line, begin.column, end.line, end.column, rule, Severity.WARNING, message, help_, fix=fix
    )  # fmt: skip


def _with(one: Suppression, names: Sequence[Named]) -> Edit:
    """Leave only some names in the brackets."""
    text = ", ".join(name.rule for name in names)
    return Edit(one.source.path, one.names[0].start, one.names[-1].end, text)


def _without(one: Suppression) -> Edit:
    """Take a suppression out: with its comment if that is all of it, and with its line if that is all on it."""
    data, comment = one.source.data, one.comment
    whole = (one.start, one.end) == (comment.start, comment.end)
    begin = data.rfind(b"\n", 0, one.start) + 1
    begin += len(BOM_UTF8) if data.startswith(BOM_UTF8, begin) else 0
    if whole and stands_alone(one.source, comment):
        stop = data.find(b"\n", one.end)
        return Edit(one.source.path, begin, stop + 1 if stop >= 0 else len(data), "")
    start, end = one.start, one.end
    if not whole and end == comment.end and data.startswith(b"/*", comment.start):
        end -= len(b"*/")  # what stands before it remains a comment
    if whole or end == comment.end:
        while start > begin and data[start - 1] in _BLANK:
            start -= 1
    elif start == comment.start:
        while data[end] in _BLANK:
            end += 1
    return Edit(one.source.path, start, end, "")
