"""Functions, parameters, comprehensions, patterns of assignment and classes of Python.

`lambda` is an arrow function. In a class's body, a method is a `Property` whose `Function` has no name, and
`name = value` is a `Property` too; a field that has only a type is left out.
"""

from __future__ import annotations

import ast

from biconvex.lint.python.expressions import keywords
from biconvex.lint.python.reader import DEPTH, Handler, Reader, guarded
from biconvex.lint.syntax import (
    ArrayPattern,
    Class,
    Default,
    Function,
    Loop,
    Name,
    Node,
    Object,
    Parameter,
    Property,
    Return,
    Spread,
)

__all__ = ["HANDLERS", "target"]


def target(reader: Reader, node: ast.expr, depth: int) -> Node:
    """What takes a value: a name, a member, an index, or a pattern of them."""
    if depth > DEPTH:
        return reader.defer(node)
    if isinstance(node, ast.Tuple | ast.List):
        elements: list[Node | None] = []
        for kid in node.elts:
            elements.append(target(reader, kid, depth + 1))  # noqa: PERF401 (a list of the wider type)
        return ArrayPattern(reader.start(node), reader.end(node), elements)
    if isinstance(node, ast.Starred):
        return Spread(reader.start(node), reader.end(node), target(reader, node.value, depth + 1))
    return reader.expression(node, depth)


def _start(reader: Reader, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Where a definition begins, with its decorators."""
    if not node.decorator_list:
        return reader.start(node)
    return reader.data.rfind(b"@", 0, reader.start(node.decorator_list[0]))


@guarded
def function(reader: Reader, node: ast.FunctionDef | ast.AsyncFunctionDef, depth: int) -> Node:
    """`def`, `async def`."""
    return _function(reader, node, depth, node.name)


def _function(
    reader: Reader, node: ast.FunctionDef | ast.AsyncFunctionDef, depth: int, name: str | None
) -> Function:
    decorators = reader.expressions(node.decorator_list, depth)
    given = _parameters(reader, node.args, depth)
    returns = reader.text(node.returns)
    reader.generators.append(False)
    body = reader.statements(node.body, depth)
    is_generator = reader.generators.pop()
    return Function(
        _start(reader, node),
        reader.end(node),
        name,
        given,
        body,
        isinstance(node, ast.AsyncFunctionDef),
        is_generator,
        False,
        returns,
        decorators,
    )


@guarded
def anonymous(reader: Reader, node: ast.Lambda, depth: int) -> Node:
    """`lambda parameters: value`."""
    given = _parameters(reader, node.args, depth)
    reader.generators.append(False)
    value = reader.expression(node.body, depth)
    is_generator = reader.generators.pop()
    body: list[Node] = [Return(value.start, value.end, value)]
    return Function(reader.start(node), reader.end(node), None, given, body, False, is_generator, True)


def _parameters(reader: Reader, node: ast.arguments, depth: int) -> list[Parameter]:
    """The parameters of all kinds, in the order they are written."""
    out: list[Parameter] = []
    positional = [*node.posonlyargs, *node.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(node.defaults))
    for arg, default in zip(positional, [*defaults, *node.defaults], strict=True):
        out.append(_parameter(reader, arg, default, depth))
    if node.vararg:
        out.append(_rest(reader, node.vararg))
    for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        out.append(_parameter(reader, arg, default, depth))
    if node.kwarg:
        out.append(_rest(reader, node.kwarg))
    return out


def _parameter(reader: Reader, arg: ast.arg, default: ast.expr | None, depth: int) -> Parameter:
    start, end = reader.start(arg), reader.end(arg)
    name: Node = _name(reader, arg)
    if default is not None:
        end = reader.end(default)
        name = Default(start, end, name, reader.expression(default, depth))
    return Parameter(start, end, name, reader.text(arg.annotation))


def _rest(reader: Reader, arg: ast.arg) -> Parameter:
    """`*args`, `**options`."""
    name = _name(reader, arg)
    start = reader.data.rfind(b"*", 0, name.start)
    if reader.data[start - 1 : start] == b"*":
        start -= 1
    return Parameter(start, reader.end(arg), Spread(start, name.end, name), reader.text(arg.annotation))


def _name(reader: Reader, arg: ast.arg) -> Name:
    """The name of a parameter, whose place in `ast` includes the annotation."""
    start, end = reader.start(arg), reader.end(arg)
    if arg.annotation is not None:
        end = start + len(reader.data[start:end].partition(b":")[0].rstrip())
    return Name(start, end, arg.arg)


@guarded
def comprehension(
    reader: Reader, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, depth: int
) -> Node:
    """A comprehension: a loop within a loop for each of its `for`s; the innermost has the element as its body."""
    start, end = reader.start(node), reader.end(node)
    element: Node
    if isinstance(node, ast.DictComp):
        key, value = reader.expressions((node.key, node.value), depth)
        pair = Property(key.start, value.end, None, value, False, key)
        element = Object(pair.start, pair.end, [pair])
    else:
        element = reader.expression(node.elt, depth)
    for generator in reversed(node.generators):
        each = target(reader, generator.target, depth + 1)
        iterable = reader.expression(generator.iter, depth)
        tests = reader.expressions(generator.ifs, depth)
        element = Loop(
            start, end, "comprehension", [element], each, iterable, tests, bool(generator.is_async)
        )
    return element


@guarded
def class_definition(reader: Reader, node: ast.ClassDef, depth: int) -> Node:
    """A class; keyword arguments such as `metaclass` come last among its bases."""
    decorators = reader.expressions(node.decorator_list, depth)
    bases = reader.expressions(node.bases, depth)
    if node.keywords:
        bases.append(keywords(reader, node.keywords, depth))
    body: list[Node] = []
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            method = _function(reader, statement, depth + 1, None)
            body.append(Property(method.start, method.end, statement.name, method, method=True))
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            reader.skip(statement.annotation)
            if statement.value is not None:
                body.append(_field(reader, statement, statement.target.id, statement.value, depth))
        elif (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            body.append(_field(reader, statement, statement.targets[0].id, statement.value, depth))
        else:
            body += reader.statements([statement], depth)
    return Class(_start(reader, node), reader.end(node), node.name, bases, body, decorators)


def _field(reader: Reader, node: ast.stmt, name: str, value: ast.expr, depth: int) -> Property:
    return Property(reader.start(node), reader.end(node), name, reader.expression(value, depth))


HANDLERS: dict[type, Handler] = {
    ast.AsyncFunctionDef: function,
    ast.ClassDef: class_definition,
    ast.DictComp: comprehension,
    ast.FunctionDef: function,
    ast.GeneratorExp: comprehension,
    ast.Lambda: anonymous,
    ast.ListComp: comprehension,
    ast.SetComp: comprehension,
}
