"""The way into the front ends: a file of any language becomes a syntax tree with its comments and errors."""

from __future__ import annotations

import codecs

from biconvex.lint import typescript
from biconvex.lint.parsed import ParsedFile, SyntaxProblem
from biconvex.lint.source import SourceFile
from biconvex.lint.syntax import Module

__all__ = ["ParsedFile", "SyntaxProblem", "not_text", "parse"]

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def parse(source: SourceFile) -> ParsedFile:
    """Read a file, whatever its bytes: what can't be read is in `errors`, and nothing is ever raised."""
    problem = not_text(source.data)
    if problem is None:
        return _python(source) if source.language == "python" else typescript.parse(source)
    return _with_nulls(source) or ParsedFile(source, Module(0, len(source.data), []), errors=[problem])


def _python(source: SourceFile) -> ParsedFile:
    from biconvex.lint import python  # noqa: PLC0415 - most projects have no Python, and it is slow to load

    return python.parse(source)


def _with_nulls(source: SourceFile) -> ParsedFile | None:
    """Read TypeScript whose strings have null bytes, which it allows; None when that isn't all that is wrong."""
    if source.language != "typescript" or b"\0" not in source.data:
        return None
    # tree-sitter takes a null byte for the end of the file; another control character stands in for it
    covered = SourceFile(source.path, source.language, source.data.replace(b"\0", b"\1"))
    if not_text(covered.data) is not None:
        return None
    parsed = typescript.parse(covered)
    parsed.source = source
    return None if parsed.errors else parsed


def not_text(data: bytes) -> SyntaxProblem | None:
    """Tell what is wrong with bytes that are not UTF-8 text, or have null bytes; None if nothing is."""
    if data.startswith(_UTF_16):
        return SyntaxProblem(0, 2, "this file is UTF-16: save it as UTF-8")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = data[error.start]
        message = f"this file isn't UTF-8 (byte 0x{byte:02x} here): save it as UTF-8"
        return SyntaxProblem(error.start, min(error.start + 1, len(data)), message)
    null = data.find(b"\0")
    if null >= 0:
        return SyntaxProblem(
            null, null + 1, "there is a null byte here: this isn't a text file, or a damaged one"
        )
    return None
