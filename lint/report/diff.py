"""The difference that fixes make, as a unified diff that `git apply` and `patch -p1` take."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.source import SourceFile

__all__ = ["render_diff"]


def render_diff(before: Mapping[str, SourceFile], after: Mapping[str, SourceFile]) -> str:
    """Render what has changed between files of the same paths; the empty text if nothing has."""
    return "".join(line for path in sorted(after) for line in _diff(path, before[path], after[path]))


def _diff(path: str, before: SourceFile, after: SourceFile) -> Iterator[str]:
    for line in unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(source: SourceFile) -> list[str]:
    """The lines with their ends; only a line feed ends one, so that no other character is taken for it."""
    pieces = source.text(0, len(source.data)).split("\n")
    return [f"{line}\n" for line in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
