"""Statements of Python.

An assignment to names is a `Declare`, one to anything else an `ExpressionStatement` of an `Assign`; `a = b = f()`
declares `a` as the value of the `Assign` to `b`. A `with` is a `Block` that first declares what its context managers
give (awaited ones under an `Await`). `try … else` continues the body; the clauses of several `except`s follow one
another in one handler, their types left out. The `else` of a loop is a `Block` after it. `pass` leaves no trace.
"""

from __future__ import annotations

import ast

from biconvex.lint.python.expressions import binary_operator
from biconvex.lint.python.functions import target
from biconvex.lint.python.reader import Handler, ListHandler, Reader, guarded
from biconvex.lint.syntax import (
    ArrayPattern,
    Assign,
    Await,
    Block,
    Declare,
    ExpressionStatement,
    If,
    Import,
    ImportName,
    Loop,
    Name,
    Node,
    Operation,
    Other,
    Return,
    Spread,
    Throw,
    Try,
)

__all__ = ["HANDLERS", "LISTS"]


@guarded
def expression(reader: Reader, node: ast.Expr, depth: int) -> Node:
    """An expression as a statement."""
    return ExpressionStatement(reader.start(node), reader.end(node), reader.expression(node.value, depth))


@guarded
def assign(reader: Reader, node: ast.Assign, depth: int) -> Node:
    """`a = value`, `a, b = value`, `a.b = value`, `a = b = value`."""
    start, end = reader.start(node), reader.end(node)
    value = reader.expression(node.value, depth)
    first, *others = node.targets
    for each in reversed(others):
        value = Assign(reader.start(each), end, target(reader, each, depth + 1), value)
    taker = target(reader, first, depth + 1)
    if _binds(taker):
        return Declare(start, end, taker, value, "assignment")
    return ExpressionStatement(start, end, Assign(start, end, taker, value))


def _binds(node: Node | None) -> bool:
    """Whether a target is a name, or a pattern of nothing but names."""
    pending = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, ArrayPattern):
            pending += each.elements
        elif isinstance(each, Spread):
            pending.append(each.value)
        elif not isinstance(each, Name):
            return False
    return True


@guarded
def annotated(reader: Reader, node: ast.AnnAssign, depth: int) -> Node:
    """`a: int = value`, `a: int`."""
    start, end = reader.start(node), reader.end(node)
    annotation = reader.text(node.annotation)
    taker = target(reader, node.target, depth + 1)
    value = None if node.value is None else reader.expression(node.value, depth)
    if isinstance(taker, Name):
        return Declare(start, end, taker, value, "assignment", annotation)
    if value is None:
        return Other(start, end, "annotation", [taker])
    return ExpressionStatement(start, end, Assign(start, end, taker, value))


@guarded
def augmented(reader: Reader, node: ast.AugAssign, depth: int) -> Node:
    """`a += value`."""
    start, end = reader.start(node), reader.end(node)
    taker, value = target(reader, node.target, depth + 1), reader.expression(node.value, depth)
    return ExpressionStatement(start, end, Assign(start, end, taker, value, binary_operator(node.op) + "="))


@guarded
def give(reader: Reader, node: ast.Return, depth: int) -> Node:
    """`return value`."""
    value = None if node.value is None else reader.expression(node.value, depth)
    return Return(reader.start(node), reader.end(node), value)


def throw(reader: Reader, node: ast.Raise, depth: int, out: list[Node]) -> None:
    """`raise value`, `raise value from cause`."""
    if node.cause is not None:
        cause = reader.expression(node.cause, depth)
        out.append(Other(cause.start, cause.end, "cause", [cause]))
    value = None if node.exc is None else reader.expression(node.exc, depth)
    out.append(Throw(reader.start(node), reader.end(node), value))


@guarded
def branch(reader: Reader, node: ast.If, depth: int) -> Node:
    """`if … elif … else`; what is imported under `TYPE_CHECKING` is imported for its type only."""
    test = reader.expression(node.test, depth)
    outside = reader.type_checking
    reader.type_checking = outside or _asks_for_types(node.test)
    then = reader.statements(node.body, depth)
    reader.type_checking = outside
    return If(reader.start(node), reader.end(node), test, then, reader.statements(node.orelse, depth))


def _asks_for_types(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "TYPE_CHECKING") or (
        isinstance(node, ast.Attribute) and node.attr == "TYPE_CHECKING"
    )


def loop_over(reader: Reader, node: ast.For | ast.AsyncFor, depth: int, out: list[Node]) -> None:
    """`for each in iterable`."""
    each = target(reader, node.target, depth + 1)
    iterable = reader.expression(node.iter, depth)
    body = reader.statements(node.body, depth)
    end = reader.end(node.body[-1])
    is_async = isinstance(node, ast.AsyncFor)
    out.append(Loop(reader.start(node), end, "for-of", body, each, iterable, [], is_async))
    _after(reader, node.orelse, depth, out)


def loop(reader: Reader, node: ast.While, depth: int, out: list[Node]) -> None:
    """`while test`."""
    test = reader.expression(node.test, depth)
    body = reader.statements(node.body, depth)
    out.append(Loop(reader.start(node), reader.end(node.body[-1]), "while", body, header=[test]))
    _after(reader, node.orelse, depth, out)


def _after(reader: Reader, nodes: list[ast.stmt], depth: int, out: list[Node]) -> None:
    """The `else` of a loop."""
    if nodes:
        out.append(Block(reader.start(nodes[0]), reader.end(nodes[-1]), reader.statements(nodes, depth)))


@guarded
def manage(reader: Reader, node: ast.With | ast.AsyncWith, depth: int) -> Node:
    """`with value as target`."""
    body: list[Node] = []
    for item in node.items:
        value = reader.expression(item.context_expr, depth)
        start, end = value.start, value.end
        if isinstance(node, ast.AsyncWith):
            value = Await(start, end, value)
        if item.optional_vars is not None:
            taker = target(reader, item.optional_vars, depth + 1)
            body.append(Declare(start, taker.end, taker, value, "assignment"))
        elif isinstance(value, Await):
            body.append(ExpressionStatement(start, end, value))
        else:
            body.append(Other(start, end, "with", [value]))
    return Block(reader.start(node), reader.end(node), body + reader.statements(node.body, depth))


@guarded
def attempt(reader: Reader, node: ast.Try, depth: int) -> Node:
    """`try … except … else … finally`."""
    tried = reader.statements([*node.body, *node.orelse], depth)
    handler: list[Node] | None = None
    parameter: Name | None = None
    for clause in node.handlers:
        handler = [] if handler is None else handler
        end = reader.start(clause)
        if clause.type is not None:
            reader.skip(clause.type)
            end = reader.end(clause.type)
        if clause.name is not None:
            at = reader.data.find(clause.name.encode(), end)
            name = Name(max(at, end), max(at, end) + len(clause.name.encode()) * (at >= 0), clause.name)
            if parameter is None:
                parameter = name
            elif name.id != parameter.id:
                handler.append(Declare(name.start, name.end, name, None, "assignment"))
        handler += reader.statements(clause.body, depth)
    final = reader.statements(node.finalbody, depth)
    return Try(reader.start(node), reader.end(node), tried, handler, parameter, final)


def delete(reader: Reader, node: ast.Delete, depth: int, out: list[Node]) -> None:
    """`del a, b.c`."""
    for value in reader.expressions(node.targets, depth):
        deleted = Operation(value.start, value.end, "delete", [value])
        out += [ExpressionStatement(value.start, value.end, deleted)]


@guarded
def claim(reader: Reader, node: ast.Assert, depth: int) -> Node:
    """`assert test, message`."""
    values = [node.test] if node.msg is None else [node.test, node.msg]
    return Other(reader.start(node), reader.end(node), "assert", reader.expressions(values, depth))


def outer(reader: Reader, node: ast.Global | ast.Nonlocal, _depth: int) -> Node:
    """`global a, b`, `nonlocal a`."""
    start, end = reader.start(node), reader.end(node)
    kind = "global" if isinstance(node, ast.Global) else "nonlocal"
    at = start + len(kind)
    names: list[Node] = []
    for name in node.names:
        spelled = name.encode()
        found = reader.data.find(spelled, at, end)
        names.append(Name(found, found + len(spelled), name) if found >= 0 else Name(start, end, name))
        at = max(at, found + len(spelled))
    return Other(start, end, kind, names)


def jump(reader: Reader, node: ast.Break | ast.Continue, _depth: int) -> Node:
    """`break`, `continue`."""
    kind = "break" if isinstance(node, ast.Break) else "continue"
    return Other(reader.start(node), reader.end(node), kind, [])


def nothing(_reader: Reader, _node: ast.Pass, _depth: int, _out: list[Node]) -> None:
    """`pass`."""


def importing(reader: Reader, node: ast.Import, _depth: int, out: list[Node]) -> None:
    """`import a.b as c` imports the module `a.b` as `c`; `import a.b` imports `a` as `a`, and `a.b` for no name."""
    for alias in node.names:
        place = node if len(node.names) == 1 else alias
        start, end = reader.start(place), reader.end(place)
        first = alias.name.partition(".")[0]
        local = alias.asname or first
        source = alias.name if alias.asname else first
        name = ImportName(reader.start(alias), reader.end(alias), "*", local)
        _imported(reader, Import(start, end, source, [name], reader.type_checking), out)
        if source != alias.name:
            _imported(reader, Import(start, end, alias.name, [], reader.type_checking), out)


def importing_from(reader: Reader, node: ast.ImportFrom, _depth: int, out: list[Node]) -> None:
    """`from .a.b import c as d` imports from `./a/b`, `from . import c` from `.`, `from ..a import b` from `../a`."""
    names = [
        ImportName(reader.start(alias), reader.end(alias), alias.name, alias.asname or alias.name)
        for alias in node.names
    ]
    source = node.module or ""
    if node.level:
        above = "." if node.level == 1 else "/".join([".."] * (node.level - 1))
        source = f"{above}/{source.replace('.', '/')}" if source else above
    elif source in {"typing", "typing_extensions"}:
        reader.casts.update(name.local for name in names if name.imported == "cast")
    _imported(reader, Import(reader.start(node), reader.end(node), source, names, reader.type_checking), out)


def _imported(reader: Reader, node: Import, out: list[Node]) -> None:
    reader.names.imported(node)
    out.append(node)


HANDLERS: dict[type, Handler] = {
    ast.AnnAssign: annotated,
    ast.Assert: claim,
    ast.Assign: assign,
    ast.AsyncWith: manage,
    ast.AugAssign: augmented,
    ast.Break: jump,
    ast.Continue: jump,
    ast.Expr: expression,
    ast.Global: outer,
    ast.If: branch,
    ast.Nonlocal: outer,
    ast.Return: give,
    ast.Try: attempt,
    ast.TryStar: attempt,
    ast.With: manage,
}

LISTS: dict[type, ListHandler] = {
    ast.AsyncFor: loop_over,
    ast.Delete: delete,
    ast.For: loop_over,
    ast.Import: importing,
    ast.ImportFrom: importing_from,
    ast.Pass: nothing,
    ast.Raise: throw,
    ast.While: loop,
}
