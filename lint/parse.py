"""The way into the front ends: a file of any language becomes a syntax tree with its comments and errors."""

from __future__ import annotations

from biconvex.lint import typescript
from biconvex.lint.parsed import ParsedFile, SyntaxProblem
from biconvex.lint.source import SourceFile
from biconvex.lint.syntax import Module

__all__ = ["ParsedFile", "SyntaxProblem", "parse"]


def parse(source: SourceFile) -> ParsedFile:
    return typescript.parse(source)
