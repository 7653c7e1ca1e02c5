"""The comments of a Python file, found with the help of its strings.

`tokenize` alone needs several times as long as all the rest. But where the strings are is known from the tree, and a
`#` outside of strings begins a comment; only strings with a `#` in them are tokenized (`"a"  # comment` may go on in
the next line with `"b"`, and stand in the tree as one).
"""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator

from biconvex.lint.source import Comment

__all__ = ["find_comments"]


def find_comments(data: bytes, strings: list[tuple[int, int]], first: int) -> list[Comment]:
    """The comments from byte `first` on. `strings` are the places of at least all strings that have a `#` in them."""
    spans = _outermost(strings)
    starts = [start for start, _ in spans]
    out: list[Comment] = []
    at = data.find(b"#", first)
    while at >= 0:
        nearest = bisect_right(starts, at) - 1
        if nearest >= 0 and at < spans[nearest][1]:
            out += (_comment(data, place, first) for place in _between(data, *spans[nearest]))
            at = data.find(b"#", spans[nearest][1])
        else:
            out.append(_comment(data, at, first))
            at = data.find(b"#", out[-1].end)
    return out


def _outermost(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, without those that lie within another."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not out or end > out[-1][1]:
            out.append((start, end))
    return out


def _comment(data: bytes, start: int, first: int) -> Comment:
    found = _LINE_END.search(data, start)
    end = found.start() if found else len(data)
    begin = max(data.rfind(b"\n", first, start), data.rfind(b"\r", first, start), first - 1) + 1
    text = data[start:end].decode("utf-8").lstrip("#").strip()
    return Comment(text, start, end, bool(data[begin:start].strip()))


_LINE_END = re.compile(rb"[\r\n]")


def _between(data: bytes, start: int, end: int) -> Iterator[int]:
    """Where comments begin between the pieces of one string."""
    text = "(" + re.sub("\r(?!\n)", "\n", data[start:end].decode("utf-8")) + ")\n"
    lines = text.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            before = "\n".join([*lines[: row - 1], lines[row - 1][:column]])
            yield start + len(before.encode()) - 1
