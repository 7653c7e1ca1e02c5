"""Edits of the arguments of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit
from biconvex.lint.fixes.edits import skip_trivia

if TYPE_CHECKING:
    from biconvex.lint.declarations import Place
    from biconvex.lint.syntax import Node

__all__ = ["insert_first_argument"]


def insert_first_argument(call: Place, first: Node, text: str) -> Edit | None:
    """Put an argument before the first one of a call; None where something is between it and the call's bracket."""
    data = call.source.data
    bracket = data.rfind(b"(", call.start, first.start)
    callee = data[call.start : max(bracket, call.start)].rstrip()
    plain = callee[-1:].isalnum() or callee[-1:] in {b"_", b"$"}
    if bracket < 0 or not plain or skip_trivia(call.source, bracket + 1) != first.start:
        return None
    return Edit(call.source.path, first.start, first.start, f"{text}, ")
