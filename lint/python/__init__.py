"""The Python front end: a `.py` file becomes the syntax tree, by the standard library's `ast`."""

from __future__ import annotations

import ast
import gc
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from biconvex.lint.parsed import ParsedFile, SyntaxProblem
from biconvex.lint.python import expressions, functions, matching, statements
from biconvex.lint.python.comments import find_comments
from biconvex.lint.python.reader import Handler, Reader
from biconvex.lint.source import SourceFile
from biconvex.lint.syntax import Module

__all__ = ["parse"]

_HANDLERS: dict[type, Handler] = {
    **expressions.HANDLERS,
    **functions.HANDLERS,
    **matching.HANDLERS,
    **statements.HANDLERS,
}
_BOM = b"\xef\xbb\xbf"
_LINE_BREAK = re.compile(rb"\r\n?|\n")


def parse(source: SourceFile) -> ParsedFile:
    """Read a file of UTF-8 text without null bytes. A file that Python refuses has an empty tree and one error."""
    with _collection_paused():
        return _parse(source)


@contextmanager
def _collection_paused() -> Iterator[None]:
    """No garbage collection: a tree of `ast` has no cycles, and looking for them costs a quarter of the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _parse(source: SourceFile) -> ParsedFile:
    data = source.data
    first = len(_BOM) if data.startswith(_BOM) else 0
    starts = [first, *(found.end() for found in _LINE_BREAK.finditer(data, first))]
    module = Module(0, len(data), [])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of `"\\d"` and `1if x`; that isn't ours to say
            tree = ast.parse(data[first:].decode("utf-8"))
    except SyntaxError as error:
        return ParsedFile(source, module, errors=[_problem(error, data, starts)])
    except (RecursionError, MemoryError):
        message = "this file nests deeper than Python itself can parse: split up its deepest expression"
        return ParsedFile(source, module, errors=[SyntaxProblem(first, len(data), message)])
    except ValueError as error:  # a number with thousands of digits
        return ParsedFile(
            source, module, errors=[SyntaxProblem(first, len(data), f"Python refuses it: {error}")]
        )
    reader = Reader(data, starts, _HANDLERS, statements.LISTS)
    module.body = reader.statements(tree.body, 0)
    reader.finish()
    return ParsedFile(source, module, find_comments(data, reader.strings, first))


def _problem(error: SyntaxError, data: bytes, starts: list[int]) -> SyntaxProblem:
    """Where `ast` says the error is: its lines and columns count from 1, its columns in characters."""

    def place(line: int | None, column: int | None) -> int:
        begin = starts[min(max(line or 1, 1), len(starts)) - 1]
        if not column or column < 1:
            return begin
        text = data[begin : begin + 4 * column].decode("utf-8", "ignore")
        return min(begin + len(text[: column - 1].encode()), len(data))

    start = place(error.lineno, error.offset)
    end = max(place(error.end_lineno or error.lineno, error.end_offset), start)
    return SyntaxProblem(start, end, f"Python can't read this: {error.msg}")
