"""Functions, parameters, patterns and classes of TypeScript and JavaScript.

A method is a `Property` whose `Function` has no name, for a method's name binds nothing; getters and setters are
methods. A parameter named `this` is a type and is left out; so are fields without a value, and signatures.
The decorators of a field stand before it in the class's body, as `Other("decorator")`.
"""

from __future__ import annotations

from biconvex.lint.syntax import (
    ArrayPattern,
    Block,
    Class,
    Default,
    Function,
    Node,
    ObjectPattern,
    Other,
    Parameter,
    Property,
    Return,
    Spread,
)
from biconvex.lint.typescript.expressions import property_key
from biconvex.lint.typescript.reader import Handler, Raw, Reader, guarded, other, statements

__all__ = ["HANDLERS"]


@guarded
def function(reader: Reader, node: Raw, depth: int) -> Node:
    """A function declaration, a function expression, an arrow function."""
    kids = reader.kids(node, depth)
    return _function(reader, node, depth, kids, kids[0] if kids else node, [])


def _function(
    reader: Reader, node: Raw, depth: int, kids: list[Raw], first: Raw, decorators: list[Node]
) -> Function:
    """A function from its parts: perhaps a name, parameters, types, and last its body.

    Before `first` stand its words: `async`, `function`, `*`, `static`.
    """
    grammar = reader.grammar
    method, arrow = node.type == "method_definition", node.type == "arrow_function"
    name: str | None = None
    returns: str | None = None
    parameters: list[Parameter] = []
    for kid in kids[:-1]:
        kind = kid.kind_id
        if kind == grammar.parameters:
            parameters = _parameters(reader, kid, depth)
        elif kind in grammar.annotations:
            returns = reader.annotation(kid)
        elif kind == grammar.identifier and arrow:
            parameters = [Parameter(kid.start_byte, kid.end_byte, reader.table[kind](reader, kid, depth))]
        elif kind == grammar.identifier and not method:
            name = reader.read(kid.start_byte, kid.end_byte)
        else:
            reader.skip(kid)
    words = reader.text[node.start_byte : first.start_byte].replace("*", " * ").split()
    last = kids[-1] if kids else node
    body: list[Node]
    if last.kind_id == grammar.block:
        body = statements(reader, last, depth + 1)
    elif arrow and kids:
        value = reader.table[last.kind_id](reader, last, depth + 1)
        body = [Return(last.start_byte, last.end_byte, value)]
    else:
        body = []
    return Function(
        node.start_byte,
        node.end_byte,
        name,
        parameters,
        body,
        "async" in words,
        "*" in words,
        arrow,
        returns,
        decorators,
    )


def _parameters(reader: Reader, node: Raw, depth: int) -> list[Parameter]:
    out = []
    grammar = reader.grammar
    for kid in reader.kids(node, depth):
        target: Node | None = None
        annotation: str | None = None
        for part in reader.kids(kid, depth) if kid.type in _PARAMETERS else [kid]:
            kind = part.kind_id
            if kind in grammar.annotations:
                annotation = reader.annotation(part)
            elif kind == grammar.decorator:
                reader.strays.append(_decorator(reader, part, depth))
            elif kind == grammar.this or part.type in _MODIFIERS:
                reader.skip(part)
            else:
                value = reader.table[kind](reader, part, depth + 1)
                target = value if target is None else Default(target.start, part.end_byte, target, value)
        if target is not None:
            out.append(Parameter(kid.start_byte, kid.end_byte, target, annotation))
    return out


_PARAMETERS = frozenset({"required_parameter", "optional_parameter"})
_MODIFIERS = frozenset({"accessibility_modifier", "override_modifier"})


@guarded
def object_pattern(reader: Reader, node: Raw, depth: int) -> Node:
    """`{a, b: c, ...rest}`."""
    properties: list[Property | Spread] = []
    for kid in reader.kids(node, depth):
        item = reader.table[kid.kind_id](reader, kid, depth + 1)
        if isinstance(item, Property | Spread):
            properties.append(item)
        else:
            reader.strays.append(item)
    return ObjectPattern(node.start_byte, node.end_byte, properties)


@guarded
def array_pattern(reader: Reader, node: Raw, depth: int) -> Node:
    """`[a, , ...rest]`."""
    elements: list[Node | None] = []
    vacant = True  # whether a comma that comes now leaves a hole before it
    for kid in node.children:
        if kid.type == ",":
            if vacant:
                elements.append(None)
            vacant = True
        elif kid.kind_id in reader.lists:
            reader.lists[kid.kind_id](reader, kid, depth + 1, reader.strays)
        elif kid.is_named:
            elements.append(reader.table[kid.kind_id](reader, kid, depth + 1))
            vacant = False
    return ArrayPattern(node.start_byte, node.end_byte, elements)


@guarded
def default(reader: Reader, node: Raw, depth: int) -> Node:
    """`target = value` in a pattern; within an object's braces, a property."""
    kids = reader.kids(node, depth)
    if len(kids) != 2:
        return other(reader, node, depth)
    target, value = (reader.table[kid.kind_id](reader, kid, depth + 1) for kid in kids)
    start, end = node.start_byte, node.end_byte
    if isinstance(target, Property):
        return Property(start, end, target.key, Default(start, end, target.value, value), True)
    return Default(start, end, target, value)


@guarded
def class_definition(reader: Reader, node: Raw, depth: int) -> Node:
    """A class, as a declaration or an expression."""
    name: str | None = None
    bases: list[Node] = []
    members: list[Node] = []
    decorators: list[Node] = []
    for kid in reader.kids(node, depth):
        kind = kid.type
        if kind in {"type_identifier", "identifier"}:
            name = reader.read(kid.start_byte, kid.end_byte)
        elif kind == "class_heritage":
            bases = _bases(reader, kid, depth)
        elif kind == "class_body":
            members = _members(reader, kid, depth)
        elif kind == "decorator":
            decorators.append(_decorated(reader, kid, depth))
        else:
            reader.skip(kid)
    return Class(node.start_byte, node.end_byte, name, bases, members, decorators)


def _bases(reader: Reader, node: Raw, depth: int) -> list[Node]:
    bases = []
    for clause in reader.kids(node, depth):
        if clause.type == "extends_clause":
            for kid in reader.kids(clause, depth):
                if kid.type == "type_arguments":
                    reader.skip(kid)
                else:
                    bases.append(reader.table[kid.kind_id](reader, kid, depth + 1))
        else:
            reader.skip(clause)
    return bases


def _members(reader: Reader, node: Raw, depth: int) -> list[Node]:
    out: list[Node] = []
    waiting: list[Raw] = []  # the decorators of the member to come
    for kid in reader.kids(node, depth):
        kind = kid.type
        if kind == "decorator":
            waiting.append(kid)
            continue
        if kind == "method_definition":
            out.append(method(reader, kid, depth + 1, [_decorated(reader, each, depth) for each in waiting]))
            waiting = []
        elif kind == "public_field_definition":
            out += (_decorator(reader, each, depth) for each in waiting)
            waiting = []
            _field(reader, kid, depth, out)
        elif kind == "class_static_block":
            out.append(_static_block(reader, kid, depth))
        elif kind in {"method_signature", "abstract_method_signature", "index_signature"}:
            reader.skip(kid)
        else:
            out.append(reader.table[kid.kind_id](reader, kid, depth + 1))
    out += (_decorator(reader, each, depth) for each in waiting)
    return out


def _static_block(reader: Reader, node: Raw, depth: int) -> Block:
    out: list[Node] = []
    for kid in reader.kids(node, depth):
        out += statements(reader, kid, depth + 1)
    return Block(node.start_byte, node.end_byte, out)


def _field(reader: Reader, node: Raw, depth: int, out: list[Node]) -> None:
    """Add a field to a class's body if it has a value, and its decorators in any case."""
    key: Raw | None = None
    value: Node | None = None
    for kid in reader.kids(node, depth):
        if kid.kind_id == reader.grammar.decorator:
            out.append(_decorator(reader, kid, depth))
        elif kid.kind_id in reader.grammar.annotations or kid.type in _MODIFIERS:
            reader.skip(kid)
        elif key is None:
            key = kid
        else:
            value = reader.table[kid.kind_id](reader, kid, depth + 1)
    if key is not None and value is not None:
        name, computed = property_key(reader, key, depth)
        out.append(Property(node.start_byte, node.end_byte, name, value, False, computed))


def method_property(reader: Reader, node: Raw, depth: int) -> Node:
    """A method in an object."""
    return method(reader, node, depth, [])


def method(reader: Reader, node: Raw, depth: int, decorators: list[Node]) -> Node:
    """A method, getter or setter, as a property."""
    kids = reader.kids(node, depth)
    first = next((kid for kid in kids if kid.type not in _MODIFIERS), None)
    if first is None:
        return other(reader, node, depth)
    key, computed = property_key(reader, first, depth)
    value = _function(reader, node, depth, kids, first, decorators)
    return Property(node.start_byte, node.end_byte, key, value, False, computed, True)


def _decorated(reader: Reader, node: Raw, depth: int) -> Node:
    """The expression of a decorator."""
    kids = reader.kids(node, depth)
    return reader.table[kids[0].kind_id](reader, kids[0], depth + 1) if kids else other(reader, node, depth)


def _decorator(reader: Reader, node: Raw, depth: int) -> Node:
    """A decorator that has no function or class to belong to."""
    return Other(node.start_byte, node.end_byte, "decorator", [_decorated(reader, node, depth)])


HANDLERS: dict[str, Handler] = {
    "abstract_class_declaration": class_definition,
    "array_pattern": array_pattern,
    "arrow_function": function,
    "assignment_pattern": default,
    "class": class_definition,
    "class_declaration": class_definition,
    "function_declaration": function,
    "function_expression": function,
    "generator_function": function,
    "generator_function_declaration": function,
    "method_definition": method_property,
    "object_assignment_pattern": default,
    "object_pattern": object_pattern,
}
