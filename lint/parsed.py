"""What a front end hands on: the tree of a file, its comments, and what stood in the way of reading it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from biconvex.lint.source import Comment, SourceFile
from biconvex.lint.syntax import Export, Import, Module

__all__ = ["ParsedFile", "SyntaxProblem"]


class SyntaxProblem(msgspec.Struct, frozen=True):
    """Why a file, or a part of it, can't be read: byte offsets (end exclusive) and a sentence for people."""

    start: int
    end: int
    message: str


class ParsedFile(msgspec.Struct):
    """A file as a front end read it.

    `tree` is its tree, or what gives it, which is asked when somebody wants to see the tree. `comments` are in source
    order. `errors` has at most one entry, the first problem; `module` is then what could still be read: everything
    around the error in TypeScript, nothing in Python.
    """

    source: SourceFile
    tree: Module | Callable[[], Module]
    comments: list[Comment] = msgspec.field(default_factory=list)
    errors: list[SyntaxProblem] = msgspec.field(default_factory=list)
    _imports: list[Import | Export] | None = None

    @property
    def module(self) -> Module:
        """The tree."""
        if not isinstance(self.tree, Module):
            self.tree = self.tree()
        return self.tree

    @property
    def imports(self) -> list[Import | Export]:
        """The imports at the top level, and the exports of what other modules have."""
        if self._imports is None:
            body = (node for node in self.module.body if isinstance(node, Import | Export))
            self._imports = [node for node in body if node.source is not None]
        return self._imports
