"""Expressions of Python.

`and`, `or`, `not` are `&&`, `||`, `!`; `==` and `is` are `===`; `x not in y` is `!(x in y)`; a chain of comparisons
is one `Operation` (`< <=`) of all its operands. `f(a, b=1)` is `f(a, {b: 1})`, `typing.cast(T, x)` a `Cast`,
`x := 1` an `Assign`; the parts of an f-string are those of a `Template`.
"""

from __future__ import annotations

import ast

from biconvex.lint.python.reader import DEPTH, Handler, Reader, guarded, other
from biconvex.lint.syntax import (
    Array,
    Assign,
    Await,
    Call,
    Cast,
    Conditional,
    Index,
    Literal,
    Member,
    Name,
    Node,
    Object,
    Operation,
    Other,
    Property,
    Spread,
    Template,
    walk,
)

__all__ = ["HANDLERS", "binary_operator", "keywords"]


def name(reader: Reader, node: ast.Name, _depth: int) -> Node:
    """A name."""
    start = reader.starts[node.lineno - 1]
    return Name(start + node.col_offset, start + (node.end_col_offset or 0), node.id)


def member(reader: Reader, node: ast.Attribute, depth: int) -> Node:
    """`object.name`, which is not called; checks its depth itself."""
    if depth > DEPTH:
        return reader.defer(node)
    return _member(reader, node, depth, False)


def _member(reader: Reader, node: ast.Attribute, depth: int, called: bool) -> Node:
    owner = reader.handlers.get(type(node.value), other)(reader, node.value, depth + 1)
    start, end = reader.start(node), reader.end(node)
    spelled = node.attr.encode()
    at = end - len(spelled)
    if reader.data[at:end] != spelled:  # Python normalises the names that it reads (NFKC)
        at = reader.data.rfind(b".", start, end) + 1
        at += len(reader.data[at:end]) - len(reader.data[at:end].lstrip())
    found = Member(start, end, owner, node.attr, at)
    reader.names.member(found, called)
    return found


def call(reader: Reader, node: ast.Call, depth: int) -> Node:
    """`callee(arguments)`; checks its depth itself."""
    if depth > DEPTH:
        return reader.defer(node)
    func = node.func
    start, end = reader.start(node), reader.end(node)
    callee = (
        _member(reader, func, depth + 1, True)
        if isinstance(func, ast.Attribute)
        else reader.expression(func, depth)
    )
    if _is_cast(reader, callee) and len(node.args) == 2 and not node.keywords:
        return Cast(start, end, reader.expression(node.args[1], depth), _type_text(reader, node.args[0]))
    arguments = reader.expressions(node.args, depth)
    if node.keywords:
        given = keywords(reader, node.keywords, depth)
        reader.names.keywords(callee, given)
        arguments.append(given)
    return Call(start, end, callee, arguments)


def keywords(reader: Reader, nodes: list[ast.keyword], depth: int) -> Object:
    """Keyword arguments as an object."""
    properties: list[Property | Spread] = []
    for node in nodes:
        value = reader.expression(node.value, depth)
        start, end = reader.start(node), reader.end(node)
        properties.append(
            Spread(start, end, value) if node.arg is None else Property(start, end, node.arg, value)
        )
    return Object(properties[0].start, properties[-1].end, properties, True)


def _is_cast(reader: Reader, callee: Node) -> bool:
    if type(callee) is Name:
        return callee.id in reader.casts
    return (
        type(callee) is Member
        and callee.name == "cast"
        and type(callee.object) is Name
        and callee.object.id in {"typing", "typing_extensions"}
    )


def _type_text(reader: Reader, node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        reader.skip(node)
        return node.value
    return reader.text(node) or ""


def constant(reader: Reader, node: ast.Constant, _depth: int) -> Node:
    """A literal, or `...`."""
    start, end, value = reader.start(node), reader.end(node), node.value
    if isinstance(value, str):
        reader.string(start, end)
        return Literal(start, end, "string", _without_surrogates(value))
    if value is None:
        return Literal(start, end, "null", None)
    if isinstance(value, bool):
        return Literal(start, end, "boolean", value)
    if isinstance(value, int | float):
        return Literal(start, end, "number", value)
    if isinstance(value, bytes):
        reader.string(start, end)
        return Literal(start, end, "bytes", value.decode("latin-1"))
    return Other(start, end, "ellipsis" if value is ... else "complex", [])


def _without_surrogates(value: str) -> str:
    """Text that UTF-8 can hold: half a surrogate pair, which an escape can spell, becomes U+FFFD."""
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@guarded
def template(reader: Reader, node: ast.JoinedStr, depth: int) -> Node:
    """An f-string."""
    start, end = reader.start(node), reader.end(node)
    reader.string(start, end)
    pieces: list[str] = []
    parts: list[Node] = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            pieces.append(_without_surrogates(str(value.value)))
            continue
        pieces.append("${}")
        kid = value.value if isinstance(value, ast.FormattedValue) else value
        part = reader.expression(kid, depth)
        _settle(reader, part, start, end)
        parts.append(part)
        if isinstance(value, ast.FormattedValue) and isinstance(value.format_spec, ast.JoinedStr):
            for spec in value.format_spec.values:
                if isinstance(spec, ast.FormattedValue):
                    part = reader.expression(spec.value, depth)
                    _settle(reader, part, start, end)
                    parts.append(part)
    text = "".join(pieces)
    return Template(start, end, text, parts) if parts else Literal(start, end, "string", text)


def _settle(reader: Reader, part: Node, start: int, end: int) -> None:
    """Before Python 3.12, `ast` misplaces what is in some f-strings: then it has the place of the whole."""
    data = reader.data
    for node in walk(part):
        astray = not start <= node.start <= node.end <= end
        if astray or (type(node) is Name and data[node.start : node.end] != node.id.encode()):
            break
    else:
        return
    for node in walk(part):
        node.start, node.end = start, end
        if type(node) is Member:
            node.name_start = start


@guarded
def index(reader: Reader, node: ast.Subscript, depth: int) -> Node:
    """`object[index]`."""
    owner, key = reader.expressions((node.value, node.slice), depth)
    return Index(reader.start(node), reader.end(node), owner, key)


@guarded
def display(reader: Reader, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Node:
    """A list, a tuple, a set."""
    return Array(reader.start(node), reader.end(node), reader.expressions(node.elts, depth))


@guarded
def dictionary(reader: Reader, node: ast.Dict, depth: int) -> Node:
    """`{"key": value, computed: value, **others}`."""
    properties: list[Property | Spread] = []
    for key, item in zip(node.keys, node.values, strict=True):
        value = reader.expression(item, depth)
        if key is None:
            at = reader.data.rfind(b"**", 0, value.start)
            properties.append(Spread(at, reader.end(item), value))
            continue
        start, end = reader.start(key), reader.end(item)
        computed = reader.expression(key, depth)
        if type(computed) is Literal and computed.kind == "string":
            properties.append(Property(start, end, str(computed.value), value))
        else:
            properties.append(Property(start, end, None, value, False, computed))
    return Object(reader.start(node), reader.end(node), properties)


@guarded
def starred(reader: Reader, node: ast.Starred, depth: int) -> Node:
    """`*values`."""
    return Spread(reader.start(node), reader.end(node), reader.expression(node.value, depth))


@guarded
def logical(reader: Reader, node: ast.BoolOp, depth: int) -> Node:
    """`a and b and c`: from the left, as `(a && b) && c`."""
    operator = "&&" if isinstance(node.op, ast.And) else "||"
    first, *rest = reader.expressions(node.values, depth)
    start = reader.start(node)
    for at, right in enumerate(rest, 1):
        first = Operation(start, reader.end(node.values[at]), operator, [first, right])
    first.end = reader.end(node)
    return first


@guarded
def binary(reader: Reader, node: ast.BinOp, depth: int) -> Node:
    """`a + b`."""
    operands = reader.expressions((node.left, node.right), depth)
    return Operation(reader.start(node), reader.end(node), binary_operator(node.op), operands)


def binary_operator(operator: ast.operator) -> str:
    """How an operator is written."""
    return _BINARY[type(operator)]


@guarded
def unary(reader: Reader, node: ast.UnaryOp, depth: int) -> Node:
    """`-a`, `not a`."""
    operand = reader.expression(node.operand, depth)
    return Operation(reader.start(node), reader.end(node), _UNARY[type(node.op)], [operand])


@guarded
def compare(reader: Reader, node: ast.Compare, depth: int) -> Node:
    """`a < b`, `a < b < c`, `a not in b`."""
    start, end = reader.start(node), reader.end(node)
    operands = reader.expressions((node.left, *node.comparators), depth)
    operator = " ".join(_COMPARISONS[type(op)] for op in node.ops)
    if operator == "not in":
        return Operation(start, end, "!", [Operation(start, end, "in", operands)])
    return Operation(start, end, operator, operands)


_BINARY: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&",
}  # fmt: skip
_UNARY: dict[type, str] = {ast.Not: "!", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
_COMPARISONS: dict[type, str] = {
    ast.Eq: "===", ast.NotEq: "!==", ast.Is: "===", ast.IsNot: "!==", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
    ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


@guarded
def conditional(reader: Reader, node: ast.IfExp, depth: int) -> Node:
    """`then if test else otherwise`."""
    test, then, otherwise = reader.expressions((node.test, node.body, node.orelse), depth)
    return Conditional(reader.start(node), reader.end(node), test, then, otherwise)


@guarded
def walrus(reader: Reader, node: ast.NamedExpr, depth: int) -> Node:
    """`target := value`."""
    target, value = reader.expressions((node.target, node.value), depth)
    return Assign(reader.start(node), reader.end(node), target, value)


@guarded
def wait(reader: Reader, node: ast.Await, depth: int) -> Node:
    """`await value`."""
    return Await(reader.start(node), reader.end(node), reader.expression(node.value, depth))


@guarded
def generate(reader: Reader, node: ast.Yield | ast.YieldFrom, depth: int) -> Node:
    """`yield value`, `yield from values`."""
    reader.generators[-1] = True
    operator = "yield" if isinstance(node, ast.Yield) else "yield*"
    operands = [] if node.value is None else [reader.expression(node.value, depth)]
    return Operation(reader.start(node), reader.end(node), operator, operands)


HANDLERS: dict[type, Handler] = {
    ast.Attribute: member,
    ast.Await: wait,
    ast.BinOp: binary,
    ast.BoolOp: logical,
    ast.Call: call,
    ast.Compare: compare,
    ast.Constant: constant,
    ast.Dict: dictionary,
    ast.IfExp: conditional,
    ast.JoinedStr: template,
    ast.List: display,
    ast.Name: name,
    ast.NamedExpr: walrus,
    ast.Set: display,
    ast.Starred: starred,
    ast.Subscript: index,
    ast.Tuple: display,
    ast.UnaryOp: unary,
    ast.Yield: generate,
    ast.YieldFrom: generate,
}
