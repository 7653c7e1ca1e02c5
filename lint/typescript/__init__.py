"""The TypeScript front end: a `.ts`, `.tsx`, `.js` or kindred file becomes the syntax tree, by tree-sitter.

`.ts`, `.mts` and `.cts` are read as TypeScript, where `<T>x` is a cast; all others as TSX, where `<T>` is an element.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath
from time import monotonic

import tree_sitter_typescript
from biconvex.lint.parsed import ParsedFile, SyntaxProblem
from biconvex.lint.source import Comment, SourceFile
from biconvex.lint.syntax import ExpressionStatement, Literal, Module, Node
from biconvex.lint.typescript import expressions, functions, jsx, modules, statements
from biconvex.lint.typescript.errors import first_problem
from biconvex.lint.typescript.newer import cover, errors
from biconvex.lint.typescript.reader import Grammar, Handler, Raw, Reader, erased
from biconvex.lint.typescript.reader import statements as statement_list
from tree_sitter import Language, Parser

__all__ = ["PATIENCE_S", "parse"]

PATIENCE_S = 5.0
"""How many seconds tree-sitter may take for one file; a megabyte of code takes a tenth of one."""

_HARMLESS = 1 << 16
"""So many bytes are parsed in time, whatever they are; to watch the time costs a tenth of it."""

_TYPES = (
    "adding_type_annotation", "ambient_declaration", "array_type", "asserts", "asserts_annotation",
    "call_signature", "conditional_type", "constraint", "construct_signature", "constructor_type", "default_type",
    "existential_type", "extends_type_clause", "flow_maybe_type", "function_signature", "function_type",
    "generic_type", "implements_clause", "index_signature", "index_type_query", "infer_type", "interface_body",
    "interface_declaration", "intersection_type", "literal_type", "lookup_type", "mapped_type_clause",
    "method_signature", "nested_type_identifier", "object_type", "omitting_type_annotation",
    "opting_type_annotation", "optional_type", "parenthesized_type", "predefined_type", "property_signature",
    "readonly_type", "rest_type", "template_literal_type", "template_type", "this_type", "tuple_type",
    "type_alias_declaration", "type_annotation", "type_arguments", "type_identifier", "type_parameter",
    "type_parameters", "type_predicate", "type_predicate_annotation", "type_query", "union_type",
)  # fmt: skip


@lru_cache(maxsize=2)
def _grammar(tsx: bool) -> Grammar:
    language = tree_sitter_typescript.language_tsx if tsx else tree_sitter_typescript.language_typescript
    handlers: dict[str, Handler] = dict.fromkeys(_TYPES, erased)
    for part in (expressions, functions, jsx, statements, modules):
        handlers.update(part.HANDLERS)
    return Grammar(Language(language()), handlers, statements.LISTS | modules.LISTS)


def parse(source: SourceFile) -> ParsedFile:
    """Read a file of UTF-8 text. Whatever is in it, the tree has what could be read of it."""
    data = source.data
    grammar = _grammar(PurePosixPath(source.path).suffix not in {".ts", ".mts", ".cts"})
    root = _parse(grammar, data)
    problem: SyntaxProblem | None = None
    if root is not None and root.has_error:
        covered = cover(data, root)
        if covered != data:
            root = _best(root, _parse(grammar, covered))
        problem = first_problem(root, data) if root.has_error else None
    if root is None:
        message = (
            f"this takes over {PATIENCE_S:g} s to parse: it isn't TypeScript, or broken at very many places"
        )
        return ParsedFile(source, Module(0, len(data), []), errors=[SyntaxProblem(0, len(data), message)])
    reader = Reader(data, grammar)
    body = statement_list(reader, root, 0)
    reader.finish()
    module = Module(0, len(data), body, _directives(body, data))
    return ParsedFile(source, module, _comments(reader, data), [problem] if problem else [])


def _parse(grammar: Grammar, data: bytes) -> Raw | None:
    """The tree of tree-sitter; None if that takes too long, as it can for a megabyte of garbage."""
    if len(data) < _HARMLESS:
        return Parser(grammar.language).parse(data).root_node
    limit = monotonic() + PATIENCE_S
    view = memoryview(data)
    try:
        tree = Parser(grammar.language).parse(
            lambda offset, _point: view[offset:],
            progress_callback=lambda _offset, _has_error: monotonic() > limit,
        )
    except ValueError:
        if monotonic() > limit:
            return None
        raise
    return tree.root_node


def _directives(body: list[Node], data: bytes) -> list[str]:
    """The strings that a file begins with; a template is none."""
    out: list[str] = []
    for statement in body:
        value = statement.value if type(statement) is ExpressionStatement else None
        if not (type(value) is Literal and value.kind == "string" and isinstance(value.value, str)):
            break
        if data[value.start : value.start + 1] == b"`":
            break
        out.append(value.value)
    return out


def _best(first: Raw, second: Raw | None) -> Raw:
    """The tree with fewer errors."""
    return (
        second
        if second is not None and sum(1 for _ in errors(second)) <= sum(1 for _ in errors(first))
        else first
    )


def _comments(reader: Reader, data: bytes) -> list[Comment]:
    out: list[Comment] = []
    for start, end in sorted(set(reader.comments)):
        begin = data.rfind(b"\n", 0, start) + 1
        if out and out[-1].end > begin:
            trailing = out[-1].trailing or not data[out[-1].end : start].isspace()
        else:
            trailing = bool(data[begin:start].strip())
        text = reader.read(start, end)
        if text.startswith("/*"):
            text = text.removeprefix("/*").removesuffix("*/").removeprefix("*")
        out.append(Comment(text.lstrip("/").strip(), start, end, trailing))
    return out
