"""What a handler prints, taken line by line."""

from __future__ import annotations

import io
from collections.abc import Callable

__all__ = ["PrintedLines"]


class PrintedLines(io.TextIOBase):
    """A text stream that hands every finished line to a callback."""

    def __init__(self, take: Callable[[str], None]) -> None:
        super().__init__()
        self._take = take
        self._begun = ""

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Take text; finished lines go to the callback."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._take(line)
        return len(text)

    def finish_line(self) -> None:
        """Hand over what was begun without a line break."""
        if self._begun:
            self._take(self._begun)
            self._begun = ""
