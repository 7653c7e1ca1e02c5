"""Statements of TypeScript and JavaScript.

An `enum` is a constant object, a `namespace` a constant whose value is an `Other("namespace")` around its block;
what is only declared (`declare …`, overloads, interfaces, type aliases) is an empty `Other`. A label leaves no trace.
A `switch` is an `Other` of its value and a `Block` of `Other("case")` (the test, then the statements) and
`Other("default")`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.syntax import (
    Block,
    Declare,
    ExpressionStatement,
    If,
    Literal,
    Loop,
    Name,
    Node,
    Object,
    Other,
    Property,
    Return,
    Spread,
    Throw,
    Try,
)
from biconvex.lint.typescript.expressions import property_key
from biconvex.lint.typescript.reader import (
    Handler,
    ListHandler,
    Raw,
    Reader,
    body,
    erased,
    guarded,
    other,
    statements,
)

if TYPE_CHECKING:
    from typing import Literal as OneOf

__all__ = ["HANDLERS", "LISTS"]


@guarded
def expression(reader: Reader, node: Raw, depth: int) -> Node:
    """An expression as a statement; the grammar reads a namespace so too."""
    kids = node.named_children
    if len(kids) != 1 or kids[0].kind_id in reader.grammar.asides:
        kids = reader.kids(node, depth)
        if not kids:
            return Other(node.start_byte, node.end_byte, node.type, [])
    value = reader.table[kids[0].kind_id](reader, kids[0], depth + 1)
    if type(value) is Declare:
        return value
    return ExpressionStatement(node.start_byte, node.end_byte, value)


@guarded
def block(reader: Reader, node: Raw, depth: int) -> Node:
    """`{ … }`."""
    return Block(node.start_byte, node.end_byte, statements(reader, node, depth))


def declare(reader: Reader, node: Raw, depth: int, out: list[Node]) -> None:
    """`const a = 1, b = 2`: one node for each; the only one has the place of the statement."""
    word = reader.text[node.start_byte : node.start_byte + 3]
    kind: OneOf["const", "let", "var"] = "let" if word == "let" else "var" if word == "var" else "const"
    declarators = reader.kids(node, depth)
    alone = len(declarators) == 1
    for declarator in declarators:
        place = node if alone else declarator
        kids = declarator.named_children
        annotation: str | None = None
        if len(kids) != 2 or kids[1].kind_id in reader.grammar.annotations:
            kids, types = [], reader.kids(declarator, depth)
            for kid in types:
                if kid.kind_id in reader.grammar.annotations:
                    annotation = reader.annotation(kid)
                else:
                    kids.append(kid)
        parts = [reader.table[kid.kind_id](reader, kid, depth + 1) for kid in kids]
        if parts:
            value = parts[1] if len(parts) > 1 else None
            out.append(Declare(place.start_byte, place.end_byte, parts[0], value, kind, annotation))


def labelled(reader: Reader, node: Raw, depth: int, out: list[Node]) -> None:
    """`label: statement`."""
    for kid in reader.kids(node, depth)[1:]:
        if kid.type == "labeled_statement":
            out.append(reader.table[kid.kind_id](reader, kid, depth + 1))
        elif kid.kind_id == reader.grammar.block:
            out.append(block(reader, kid, depth + 1))
        else:
            out += body(reader, kid, depth)


def empty(_reader: Reader, _node: Raw, _depth: int, _out: list[Node]) -> None:
    """A semicolon alone, the label of a `break`."""


@guarded
def give(reader: Reader, node: Raw, depth: int) -> Node:
    """`return value`."""
    kids = reader.kids(node, depth)
    value = reader.table[kids[0].kind_id](reader, kids[0], depth + 1) if kids else None
    return Return(node.start_byte, node.end_byte, value)


@guarded
def throw(reader: Reader, node: Raw, depth: int) -> Node:
    """`throw value`."""
    kids = reader.kids(node, depth)
    value = reader.table[kids[0].kind_id](reader, kids[0], depth + 1) if kids else None
    return Throw(node.start_byte, node.end_byte, value)


@guarded
def branch(reader: Reader, node: Raw, depth: int) -> Node:
    """`if (test) then else otherwise`."""
    kids = reader.kids(node, depth)
    if len(kids) < 2:
        return other(reader, node, depth)
    test = reader.table[kids[0].kind_id](reader, kids[0], depth + 1)
    then = body(reader, kids[1], depth)
    otherwise: list[Node] = []
    for clause in kids[2:]:
        for kid in reader.kids(clause, depth):
            otherwise += body(reader, kid, depth)
    return If(node.start_byte, node.end_byte, test, then, otherwise)


@guarded
def loop(reader: Reader, node: Raw, depth: int) -> Node:
    """`for (initialiser; test; update)`, `while (test)`, `do … while (test)`."""
    kids = reader.kids(node, depth)
    if not kids:
        return other(reader, node, depth)
    kind: OneOf["for", "do", "while"] = "for"
    if node.type == "do_statement":
        kind = "do"
        kids.append(kids.pop(0))
    elif node.type == "while_statement":
        kind = "while"
    header: list[Node] = []
    for kid in kids[:-1]:
        part = body(reader, kid, depth)
        header += [each.value if type(each) is ExpressionStatement else each for each in part]
    return Loop(node.start_byte, node.end_byte, kind, body(reader, kids[-1], depth), header=header)


@guarded
def loop_over(reader: Reader, node: Raw, depth: int) -> Node:
    """`for (each of iterable)`, `for (each in iterable)`."""
    kids = reader.kids(node, depth)
    token = node.child_by_field_name("operator")
    if len(kids) < 3 or token is None:
        return other(reader, node, depth)
    first, last = kids[0], kids[-2]
    each = reader.table[first.kind_id](reader, first, depth + 1)
    iterable = reader.table[last.kind_id](reader, last, depth + 1)
    return Loop(
        node.start_byte,
        node.end_byte,
        "for-of" if token.type == "of" else "for-in",
        body(reader, kids[-1], depth),
        each,
        iterable,
        [],
        any(kid.type == "await" for kid in node.children[:3]),
    )


@guarded
def attempt(reader: Reader, node: Raw, depth: int) -> Node:
    """`try … catch (parameter) … finally …`."""
    tried: list[Node] = []
    handler: list[Node] | None = None
    parameter: Node | None = None
    final: list[Node] = []
    for kid in reader.kids(node, depth):
        if kid.type == "catch_clause":
            handler = []
            for part in reader.kids(kid, depth):
                if part.kind_id == reader.grammar.block:
                    handler = statements(reader, part, depth + 1)
                elif part.kind_id in reader.grammar.annotations:
                    reader.skip(part)
                else:
                    parameter = reader.table[part.kind_id](reader, part, depth + 1)
        elif kid.type == "finally_clause":
            for part in reader.kids(kid, depth):
                final += body(reader, part, depth)
        else:
            tried += body(reader, kid, depth)
    return Try(node.start_byte, node.end_byte, tried, handler, parameter, final)


@guarded
def switch(reader: Reader, node: Raw, depth: int) -> Node:
    """`switch (value) { case test: … default: … }`."""
    out: list[Node] = []
    for kid in reader.kids(node, depth):
        if kid.type == "switch_body":
            out.append(Block(kid.start_byte, kid.end_byte, statements(reader, kid, depth)))
        else:
            out.append(reader.table[kid.kind_id](reader, kid, depth + 1))
    return Other(node.start_byte, node.end_byte, "switch", out)


def _renamed(kind: str) -> Handler:
    """A statement that is an `Other` of its children under a name that both languages share."""

    @guarded
    def renamed(reader: Reader, node: Raw, depth: int) -> Node:
        return Other(node.start_byte, node.end_byte, kind, statements(reader, node, depth))

    return renamed


@guarded
def enum(reader: Reader, node: Raw, depth: int) -> Node:
    """`enum Name { A, B = "b" }`: a constant object; a member without a value counts on from the one before."""
    kids = reader.kids(node, depth)
    if len(kids) < 2:
        return other(reader, node, depth)
    properties: list[Property | Spread] = []
    count: int | float | None = 0
    for kid in reader.kids(kids[1], depth):
        parts = reader.kids(kid, depth) if kid.type == "enum_assignment" else [kid]
        key, computed = property_key(reader, parts[0], depth)
        if len(parts) > 1:
            value = reader.table[parts[1].kind_id](reader, parts[1], depth + 1)
            given = value.value if type(value) is Literal and value.kind == "number" else None
            count = given + 1 if isinstance(given, int | float) else None
        else:
            known = count is not None
            value = Literal(kid.start_byte, kid.end_byte, "number" if known else "undefined", count)
            count = count + 1 if count is not None else None
        properties.append(Property(kid.start_byte, kid.end_byte, key, value, False, computed))
    name = reader.table[kids[0].kind_id](reader, kids[0], depth + 1)
    value = Object(kids[1].start_byte, kids[1].end_byte, properties)
    return Declare(node.start_byte, node.end_byte, name, value)


@guarded
def namespace(reader: Reader, node: Raw, depth: int) -> Node:
    """`namespace A.B { … }`: declares `A`."""
    kids = reader.kids(node, depth)
    if len(kids) < 2 or kids[0].kind_id == reader.grammar.string:
        return erased(reader, node, depth)
    start = kids[0].start_byte
    name = reader.read(start, kids[0].end_byte).partition(".")[0].strip()
    inside = block(reader, kids[-1], depth + 1)
    value = Other(inside.start, inside.end, "namespace", [inside])
    return Declare(node.start_byte, node.end_byte, Name(start, start + len(name.encode()), name), value)


@guarded
def alias(reader: Reader, node: Raw, depth: int) -> Node:
    """`import a = b.c`."""
    kids = reader.kids(node, depth)
    if len(kids) != 2:
        return other(reader, node, depth)
    target, value = (reader.table[kid.kind_id](reader, kid, depth + 1) for kid in kids)
    return Declare(node.start_byte, node.end_byte, target, value)


HANDLERS: dict[str, Handler] = {
    "break_statement": _renamed("break"),
    "continue_statement": _renamed("continue"),
    "do_statement": loop,
    "enum_declaration": enum,
    "expression_statement": expression,
    "for_in_statement": loop_over,
    "for_statement": loop,
    "if_statement": branch,
    "import_alias": alias,
    "internal_module": namespace,
    "module": namespace,
    "return_statement": give,
    "statement_block": block,
    "switch_case": _renamed("case"),
    "switch_default": _renamed("default"),
    "switch_statement": switch,
    "throw_statement": throw,
    "try_statement": attempt,
    "while_statement": loop,
}

LISTS: dict[str, ListHandler] = {
    "empty_statement": empty,
    "labeled_statement": labelled,
    "lexical_declaration": declare,
    "statement_identifier": empty,
    "variable_declaration": declare,
}
