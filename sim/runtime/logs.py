"""The log of one run: how many lines it may have, and how long they may be (semantics §7, rows 37 and 38)."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["RunLog", "truncated"]

_SUFFIX = " (truncated due to length)"


class RunLog:
    """Lines as Convex shows them (`[LOG] 'text'`), in order; nested functions' lines come as their calls end."""

    __slots__ = ("_line_bytes", "_max_lines", "lines")

    def __init__(self, max_lines: int, line_bytes: int) -> None:
        self._max_lines = max_lines
        self._line_bytes = line_bytes
        self.lines: list[str] = []

    def add(self, level: str, text: str) -> None:
        """Add a line of the function's own; the last line there is room for says that others are missing."""
        room = self._max_lines - 1 - len(self.lines)
        if room > 0:
            self.lines.append(f"[{level.upper()}] {truncated(text, self._line_bytes)}")
        elif room == 0:
            self._overflow()

    def add_nested(self, lines: Iterable[str]) -> None:
        """Add the lines of a function that this one has called within its transaction."""
        room = self._max_lines - 1 - len(self.lines)
        if room < 0:
            return
        nested = list(lines)
        self.lines += nested[:room]
        if len(nested) > room:
            self._overflow()

    def add_system(self, text: str) -> None:
        """Add a warning of Convex's own; these come last and are not counted."""
        self.lines.append(f"[WARN] {text}")

    def _overflow(self) -> None:
        self.lines.append(f"[ERROR] Log overflow (maximum {self._max_lines}). Remaining log lines omitted.")


def truncated(text: str, most: int) -> str:
    """`text` cut to so many bytes of UTF-8, at the boundary of a character, and marked if it was."""
    if len(text) * 4 <= most:
        return text
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= most:
        return text
    return encoded[:most].decode("utf-8", "ignore") + _SUFFIX
