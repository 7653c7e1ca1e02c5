"""The first thing in a TypeScript file that can't be read, in words for the person who wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from biconvex.lint.parsed import SyntaxProblem
from biconvex.lint.typescript.newer import errors, is_tolerated

if TYPE_CHECKING:
    from tree_sitter import Node as Raw

__all__ = ["first_problem"]

_OPENING = {"(": ")", "[": "]", "{": "}", "${": "}"}
_CLOSING = frozenset({")", "]", "}"})
_QUOTES = frozenset({"'", '"', "`"})
_SHOWN = 40  # characters of an error that a message quotes


def first_problem(root: Raw, data: bytes) -> SyntaxProblem | None:
    """What is wrong in a tree that has errors; None if all of them are tolerated.

    A bracket or quote without its partner explains more than the place at which the parser gave up, so it comes first.
    """
    error = next((each for each in errors(root) if not is_tolerated(each, data)), None)
    if error is None:
        return None
    return _unmatched(root) or _described(error, data)


def _unmatched(root: Raw) -> SyntaxProblem | None:
    """The first bracket or quote without a partner; of brackets that are never closed, the last."""
    opened: list[Raw] = []
    for token in _tokens(root):
        kind = token.type
        if kind in _OPENING:
            opened.append(token)
        elif kind in _CLOSING:
            if not opened:
                return _problem(token, f"this `{kind}` closes nothing")
            begun = opened.pop()
            if _OPENING[begun.type] != kind:
                line = token.start_point.row + 1
                return _problem(begun, f"this `{begun.type}` isn't closed before the `{kind}` in line {line}")
        elif kind in _QUOTES and _is_alone(token):
            return _problem(token, f"this `{kind}` is never closed")
    return _problem(opened[-1], f"this `{opened[-1].type}` is never closed") if opened else None


def _is_alone(quote: Raw) -> bool:
    """Whether a quote begins no string: then it stands in an error, without another of its kind."""
    parent = quote.parent
    if parent is None or not parent.is_error:
        return False
    return sum(1 for each in parent.children if each.type == quote.type) % 2 == 1


def _tokens(root: Raw) -> Iterator[Raw]:
    """The tokens that are in the file, in source order."""
    pending = [root]
    while pending:
        node = pending.pop()
        if node.child_count:
            pending.extend(reversed(node.children))
        elif not node.is_missing:
            yield node


def _described(error: Raw, data: bytes) -> SyntaxProblem:
    if error.is_missing:
        what = f"`{error.type}`" if not error.is_named else "a name or an expression"
        return _problem(error, f"{what} is missing here")
    text = data[error.start_byte : error.end_byte].decode("utf-8", "replace")
    line = text.partition("\n")[0].strip()
    if not line:
        return _problem(error, "this can't be read as TypeScript")
    shown = line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
    return _problem(error, f"`{shown}` can't be read as TypeScript here")


def _problem(node: Raw, message: str) -> SyntaxProblem:
    return SyntaxProblem(node.start_byte, node.end_byte, message)
