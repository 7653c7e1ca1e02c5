"""Reads the suppressions among the comments of a file, each with the lines that it is about."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from typing import TYPE_CHECKING

import msgspec
from biconvex.lint.eslint import EQUIVALENTS
from biconvex.lint.syntax import ExpressionStatement, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.parsed import ParsedFile
    from biconvex.lint.source import Comment, SourceFile

__all__ = ["Named", "Suppression", "read_suppressions", "stands_alone"]

_LIKELY = re.compile(rb"biconvex:|(?:eslint|oxlint)-(?:disable|enable)")
_OURS = re.compile(
    r"(?:^(?://+|\#+|/\*+)|(?<=\s)(?://+|\#+))\s*biconvex:\s*(?P<verb>[\w-]*)(?:\s*\[(?P<names>[^\]\n]*)\])?"
)
_ANOTHER = re.compile(r"\s+(?:#|//)\s")
"""Where another comment begins within one: `# biconvex: ignore[rule]  # type: ignore`."""

_NAME = re.compile(r"[^\s,]+")
_THEIRS = re.compile(
    r"(?:eslint|oxlint)-(?P<verb>disable-next-line|disable-line|disable|enable)(?:\s+(?P<names>(?:(?!\s--+\s).)*))?",
    re.DOTALL,
)


class Named(msgspec.Struct, frozen=True):
    """A rule's name in a suppression, and its byte offsets."""

    rule: str
    start: int
    end: int


class Suppression(msgspec.Struct, eq=False):
    """A suppression: which rules, on which lines (both ends included; `last` is None for the end of the file).

    `start` and `end` are the byte offsets of what makes it, which need not be all of its comment. `verb` is the
    word after `biconvex:`, None for one of ESLint's; `misplaced` an `ignore-file` below code. `used` has the
    rules of which it has taken findings back.
    """

    source: SourceFile
    comment: Comment
    start: int
    end: int
    names: tuple[Named, ...]
    first: int
    last: int | None
    verb: str | None = None
    misplaced: bool = False
    used: set[str] = msgspec.field(default_factory=set)

    def covers(self, rule: str, line: int) -> bool:
        """Tell whether it takes back the findings of a rule on a line."""
        within = self.first <= line and (self.last is None or line <= self.last)
        return within and any(name.rule == rule for name in self.names)


def read_suppressions(file: ParsedFile) -> list[Suppression]:
    """Read the suppressions of a file: our own, then those of ESLint, each in source order."""
    if not _LIKELY.search(file.source.data):
        return []
    theirs = [] if file.source.language == "python" else _theirs(file)
    return [*_ours(file), *theirs]


# --- ours --------------------------------------------------------------------------------------------------


def _ours(file: ParsedFile) -> Iterator[Suppression]:
    source = file.source
    code = _code_begins(file)
    comment_lines = _comment_lines(file)
    for comment in file.comments:
        raw = source.text(comment.start, comment.end)
        for found in _OURS.finditer(raw):
            start, end = comment.start + len(raw[: found.start()].encode()), comment.end
            if another := _ANOTHER.search(raw, found.end()):
                end = comment.start + len(raw[: another.start()].encode())
            one = Suppression(source, comment, start, end, (), 1, 0, found["verb"])
            if found["names"] is not None:
                at = comment.start + len(raw[: found.start("names")].encode())
                one.names = tuple(_named(name, found["names"], at) for name in _NAME.finditer(found["names"]))
            if one.verb == "ignore-file":
                one.misplaced = start > code
                one.last = 0 if one.misplaced else None
            elif one.verb == "ignore":
                line = source.position(comment.end).line
                while line in comment_lines:
                    line += 1
                one.first = one.last = line
            yield one


def _named(found: re.Match[str], text: str, at: int) -> Named:
    start = at + len(text[: found.start()].encode())
    return Named(found[0], start, start + len(found[0].encode()))


def _code_begins(file: ParsedFile) -> int:
    """Where the first statement begins that is neither a directive nor a docstring."""
    for statement in file.module.body:
        value = statement.value if type(statement) is ExpressionStatement else None
        if not (type(value) is Literal and value.kind == "string"):
            return statement.start
    return file.module.end


def _comment_lines(file: ParsedFile) -> set[int]:
    """The lines with nothing but comments on them."""
    lines: set[int] = set()
    for comment in file.comments:
        if stands_alone(file.source, comment):
            first, last = file.source.position(comment.start).line, file.source.position(comment.end).line
            lines.update(range(first, last + 1))
    return lines


def stands_alone(source: SourceFile, comment: Comment) -> bool:
    """Tell whether a comment is all that is on its lines; the braces around one in JSX belong to it."""
    data = source.data
    begin = data.rfind(b"\n", 0, comment.start) + 1
    stop = data.find(b"\n", comment.end)
    before, after = data[begin : comment.start], data[comment.end : stop if stop >= 0 else None]
    around = (before.removeprefix(BOM_UTF8).strip(), after.strip())
    return around in {(b"", b""), (b"{", b"}")}


# --- those of ESLint ---------------------------------------------------------------------------------------


def _theirs(file: ParsedFile) -> Iterator[Suppression]:
    """Read ESLint's comments, as far as they are about rules that have an equivalent here."""
    told = [(comment, found) for comment in file.comments if (found := _THEIRS.match(comment.text))]
    for comment, found in told:
        line = file.source.position(comment.end).line
        if found["verb"] == "disable-line":
            yield _their(file, comment, _names(found), line, line)
        elif found["verb"] == "disable-next-line":
            yield _their(file, comment, _names(found), line + 1, line + 1)
        elif found["verb"] == "disable" and _is_block(file, comment):
            first = file.source.position(comment.start).line
            for name in _names(found):
                yield _their(file, comment, [name], first, _enabled_again(file, comment, name, told))


def _their(file: ParsedFile, comment: Comment, names: list[str], first: int, last: int | None) -> Suppression:
    ours = sorted({rule for name in names for rule in EQUIVALENTS.get(name, ())})
    named = tuple(Named(rule, comment.start, comment.end) for rule in ours)
    return Suppression(file.source, comment, comment.start, comment.end, named, first, last)


def _names(found: re.Match[str]) -> list[str]:
    """The rules of ESLint that a comment names; without any it means all."""
    return _NAME.findall(found["names"] or "") or list(EQUIVALENTS)


def _is_block(file: ParsedFile, comment: Comment) -> bool:
    """ESLint takes `disable` and `enable` for the rest of a file in block comments only."""
    return file.source.data.startswith(b"/*", comment.start)


def _enabled_again(
    file: ParsedFile, disabled: Comment, name: str, told: list[tuple[Comment, re.Match[str]]]
) -> int | None:
    """The line on which a rule is enabled again, if it is."""
    for comment, found in told:
        if (
            comment.start > disabled.start
            and found["verb"] == "enable"
            and _is_block(file, comment)
            and name in _names(found)
        ):
            return file.source.position(comment.start).line
    return None
