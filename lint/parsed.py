"""What a front end hands on: the tree of a file, its comments, and what stood in the way of reading it."""

from __future__ import annotations

import msgspec
from biconvex.lint.source import Comment, SourceFile
from biconvex.lint.syntax import Module

__all__ = ["ParsedFile", "SyntaxProblem"]


class SyntaxProblem(msgspec.Struct, frozen=True):
    """Why a file, or a part of it, can't be read: byte offsets (end exclusive) and a sentence for people."""

    start: int
    end: int
    message: str


class ParsedFile(msgspec.Struct):
    """A file as a front end read it.

    `comments` are in source order. `errors` has at most one entry, the first problem; `module` is then what could
    still be read: everything around the error in TypeScript, nothing in Python.
    """

    source: SourceFile
    module: Module
    comments: list[Comment] = msgspec.field(default_factory=list)
    errors: list[SyntaxProblem] = msgspec.field(default_factory=list)
