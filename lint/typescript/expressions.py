"""Expressions of TypeScript and JavaScript.

Parentheses, `!`, `satisfies` and type arguments leave no trace. `import("…")` and `require("…")` of a literal are
`Import`; `x++` is `x += 1`; a template without substitutions is a string; `import.meta` is a member of `import`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.syntax import (
    Array,
    Assign,
    Await,
    Call,
    Cast,
    Conditional,
    Declare,
    Import,
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
)
from biconvex.lint.typescript.literals import number, regex, string, unescape
from biconvex.lint.typescript.reader import DEPTH, Handler, Raw, Reader, guarded, items, other
from biconvex.lint.typescript.regroup import regrouped

if TYPE_CHECKING:
    from typing import Literal as OneOf

__all__ = ["HANDLERS", "name", "property_key"]


def name(reader: Reader, node: Raw, _depth: int) -> Node:
    """An identifier, `this`, `super`."""
    start, end = node.start_byte, node.end_byte
    piece = reader.text[start:end]
    return Name(start, end, piece if piece.isascii() else reader.read(start, end))


def member(reader: Reader, node: Raw, depth: int) -> Node:
    """`object.name`; checks its depth itself, because there are so many of them."""
    if depth > DEPTH:
        return reader.defer(node)
    kids = node.named_children
    optional = False
    if len(kids) != 2:
        kids = reader.kids(node, depth)
        optional = len(kids) == 3
        if len(kids) < 2:
            return other(reader, node, depth)
    owner, key = kids[0], kids[-1]
    at, end = key.start_byte, key.end_byte
    piece = reader.text[at:end]
    before = reader.table[owner.kind_id](reader, owner, depth + 1)
    name = piece if piece.isascii() else reader.read(at, end)
    found = Member(node.start_byte, end, before, name, at, optional)
    return regrouped(found) if type(before) in _PREFIXED else found


@guarded
def index(reader: Reader, node: Raw, depth: int) -> Node:
    """`object[index]`."""
    kids = reader.kids(node, depth)
    if len(kids) < 2:
        return other(reader, node, depth)
    owner, key = (reader.table[kid.kind_id](reader, kid, depth + 1) for kid in (kids[0], kids[-1]))
    return regrouped(Index(node.start_byte, node.end_byte, owner, key))


def call(reader: Reader, node: Raw, depth: int) -> Node:
    """`callee(arguments)`, a tagged template too; checks its depth itself."""
    if depth > DEPTH:
        return reader.defer(node)
    kids = node.named_children
    if len(kids) != 2:
        kids = reader.kids(node, depth)
        if len(kids) < 2:
            return other(reader, node, depth)
        for types in kids[1:-1]:
            reader.skip(types)
    target, given = kids[0], kids[-1]
    start, end = node.start_byte, node.end_byte
    callee = reader.table[target.kind_id](reader, target, depth + 1)
    if given.type != "arguments":
        return Call(start, end, callee, [reader.table[given.kind_id](reader, given, depth + 1)])
    arguments = items(reader, given, depth)
    if type(callee) is Name and callee.id in _LOADERS and arguments:
        source = arguments[0]
        if type(source) is Literal and isinstance(source.value, str):
            return Import(start, end, source.value, [], False, True)
    gap = target.end_byte
    optional = gap != given.start_byte and "?." in reader.text[gap : given.start_byte]
    found = Call(start, end, callee, arguments, False, optional)
    return regrouped(found) if type(callee) in _PREFIXED else found


_PREFIXED = (Await, Operation)
_LOADERS = frozenset({"import", "require"})


@guarded
def new(reader: Reader, node: Raw, depth: int) -> Node:
    """`new callee(arguments)`, perhaps without the parentheses."""
    kids = reader.kids(node, depth)
    if not kids:
        return other(reader, node, depth)
    target = kids[0]
    arguments: list[Node] = []
    for kid in kids[1:]:
        if kid.type == "arguments":
            arguments = items(reader, kid, depth)
        else:
            reader.skip(kid)
    callee = reader.table[target.kind_id](reader, target, depth + 1)
    return Call(node.start_byte, node.end_byte, callee, arguments, True)


@guarded
def template(reader: Reader, node: Raw, depth: int) -> Node:
    """A template literal."""
    start, end = node.start_byte, node.end_byte
    fixed, parts, at = [], [], start + 1
    for kid in node.named_children:
        if kid.kind_id == reader.grammar.substitution:
            fixed.append(reader.read(at, kid.start_byte))
            at = kid.end_byte
            parts.extend(items(reader, kid, depth))
    fixed.append(reader.read(at, end - 1))
    text = "${}".join(unescape(piece.replace("\r\n", "\n")) for piece in fixed)
    return Template(start, end, text, parts) if parts else Literal(start, end, "string", text)


@guarded
def array(reader: Reader, node: Raw, depth: int) -> Node:
    """An array; its holes are left out."""
    return Array(node.start_byte, node.end_byte, items(reader, node, depth))


@guarded
def object_literal(reader: Reader, node: Raw, depth: int) -> Node:
    """An object literal."""
    properties: list[Property | Spread] = []
    for item in items(reader, node, depth):
        if isinstance(item, Property | Spread):
            properties.append(item)
        else:
            reader.strays.append(item)
    return Object(node.start_byte, node.end_byte, properties)


def pair(reader: Reader, node: Raw, depth: int) -> Node:
    """`key: value` in an object or a pattern."""
    kids = node.named_children
    if len(kids) != 2:
        kids = reader.kids(node, depth)
        if len(kids) < 2:
            return other(reader, node, depth)
    key, computed = property_key(reader, kids[0], depth)
    value = kids[-1]
    return Property(
        node.start_byte,
        node.end_byte,
        key,
        reader.table[value.kind_id](reader, value, depth + 1),
        False,
        computed,
    )


def shorthand(reader: Reader, node: Raw, depth: int) -> Node:
    """`name` in an object or a pattern."""
    value = name(reader, node, depth)
    return Property(node.start_byte, node.end_byte, reader.read(node.start_byte, node.end_byte), value, True)


def property_key(reader: Reader, node: Raw, depth: int) -> tuple[str | None, Node | None]:
    """The name of a property, or else the expression that computes it."""
    kind = node.kind_id
    start, end = node.start_byte, node.end_byte
    if kind == reader.grammar.string:
        return unescape(reader.read(start + 1, end - 1)), None
    if kind == reader.grammar.computed:
        kids = reader.kids(node, depth)
        return None, reader.table[kids[0].kind_id](reader, kids[0], depth + 1) if kids else None
    return reader.read(start, end), None


def spread(reader: Reader, node: Raw, depth: int) -> Node:
    """`...value`."""
    kids = reader.kids(node, depth)
    if not kids:
        return other(reader, node, depth)
    return Spread(node.start_byte, node.end_byte, reader.table[kids[0].kind_id](reader, kids[0], depth + 1))


@guarded
def inner(reader: Reader, node: Raw, depth: int) -> Node:
    """What leaves no trace around its first part: `(x)`, `x!`, `x satisfies T`, `f<T>`."""
    kids = node.named_children
    if len(kids) != 1 or kids[0].kind_id in reader.grammar.asides:
        kids = reader.kids(node, depth)
        if not kids:
            return Other(node.start_byte, node.end_byte, node.type, [])
        for kid in kids[1:]:
            reader.skip(kid)
    return reader.table[kids[0].kind_id](reader, kids[0], depth + 1)


@guarded
def cast(reader: Reader, node: Raw, depth: int) -> Node:
    """`value as type`."""
    kids = reader.kids(node, depth)
    if not kids:
        return other(reader, node, depth)
    kept = reader.table[kids[0].kind_id](reader, kids[0], depth + 1)
    for kid in kids[1:]:
        reader.skip(kid)
    kind = reader.read(kids[1].start_byte, kids[1].end_byte) if len(kids) > 1 else "const"
    return Cast(node.start_byte, node.end_byte, kept, kind)


@guarded
def assertion(reader: Reader, node: Raw, depth: int) -> Node:
    """`<type>value`."""
    kids = reader.kids(node, depth)
    if len(kids) < 2:
        return other(reader, node, depth)
    types, value = kids[0], kids[-1]
    reader.skip(types)
    kept = reader.table[value.kind_id](reader, value, depth + 1)
    return Cast(
        node.start_byte, node.end_byte, kept, reader.read(types.start_byte + 1, types.end_byte - 1).strip()
    )


@guarded
def wait(reader: Reader, node: Raw, depth: int) -> Node:
    """`await value`; the grammar reads `await using x = y` so too."""
    kids = reader.kids(node, depth)
    if not kids:
        return other(reader, node, depth)
    value = reader.table[kids[0].kind_id](reader, kids[0], depth + 1)
    if type(value) is Declare:
        value.start = node.start_byte
        return value
    return Await(node.start_byte, node.end_byte, value)


@guarded
def binary(reader: Reader, node: Raw, depth: int) -> Node:
    """Two operands and what stands between them."""
    kids = node.named_children
    if len(kids) == 2:
        operator = reader.text[kids[0].end_byte : kids[1].start_byte].strip()
    else:
        kids = reader.kids(node, depth)
        token = node.child_by_field_name("operator")
        if len(kids) != 2 or token is None:
            return other(reader, node, depth)
        operator = token.type
    left, right = kids
    return Operation(
        node.start_byte,
        node.end_byte,
        operator,
        [
            reader.table[left.kind_id](reader, left, depth + 1),
            reader.table[right.kind_id](reader, right, depth + 1),
        ],
    )


@guarded
def unary(reader: Reader, node: Raw, depth: int) -> Node:
    """`!x`, `-x`, `typeof x`, `void x`, `delete x.y`."""
    token = node.child_by_field_name("operator")
    kids = reader.kids(node, depth)
    if len(kids) != 1 or token is None:
        return other(reader, node, depth)
    value = reader.table[kids[0].kind_id](reader, kids[0], depth + 1)
    return Operation(node.start_byte, node.end_byte, token.type, [value])


@guarded
def update(reader: Reader, node: Raw, depth: int) -> Node:
    """`x++`, `--x`: an assignment of 1 more or less, a number that has the place of the operator."""
    token = node.child_by_field_name("operator")
    kids = reader.kids(node, depth)
    if len(kids) != 1 or token is None:
        return other(reader, node, depth)
    target = reader.table[kids[0].kind_id](reader, kids[0], depth + 1)
    one = Literal(token.start_byte, token.end_byte, "number", 1)
    return Assign(node.start_byte, node.end_byte, target, one, "+=" if token.type == "++" else "-=")


@guarded
def assign(reader: Reader, node: Raw, depth: int) -> Node:
    """`target = value`, `target += value`; the grammar reads `using x = y` so too."""
    token = node.child_by_field_name("operator")
    kids = reader.kids(node, depth)
    if len(kids) != 2:
        return other(reader, node, depth)
    target, value = (reader.table[kid.kind_id](reader, kid, depth + 1) for kid in kids)
    start, end = node.start_byte, node.end_byte
    if start != kids[0].start_byte and reader.text.startswith("using", start):
        return Declare(start, end, target, value)
    return Assign(start, end, target, value, "=" if token is None else token.type)


@guarded
def conditional(reader: Reader, node: Raw, depth: int) -> Node:
    """`test ? then : otherwise`."""
    kids = reader.kids(node, depth)
    if len(kids) != 3:
        return other(reader, node, depth)
    test, then, otherwise = (reader.table[kid.kind_id](reader, kid, depth + 1) for kid in kids)
    return Conditional(node.start_byte, node.end_byte, test, then, otherwise)


@guarded
def generate(reader: Reader, node: Raw, depth: int) -> Node:
    """`yield value`, `yield* values`."""
    kids = reader.kids(node, depth)
    operator = "yield*" if any(kid.type == "*" for kid in node.children) else "yield"
    values = [reader.table[kid.kind_id](reader, kid, depth + 1) for kid in kids]
    return Operation(node.start_byte, node.end_byte, operator, values)


@guarded
def sequence(reader: Reader, node: Raw, depth: int) -> Node:
    """`first, second`."""
    return Other(node.start_byte, node.end_byte, "sequence", items(reader, node, depth))


def meta(reader: Reader, node: Raw, _depth: int) -> Node:
    """`import.meta`, `new.target`."""
    start, end = node.start_byte, node.end_byte
    first, _, last = reader.read(start, end).partition(".")
    return Member(start, end, Name(start, start + len(first), first), last, end - len(last))


def _constant(kind: OneOf["boolean", "null", "undefined"], value: bool | None) -> Handler:
    def constant(_reader: Reader, node: Raw, _depth: int) -> Node:
        return Literal(node.start_byte, node.end_byte, kind, value)

    return constant


HANDLERS: dict[str, Handler] = {
    "array": array,
    "as_expression": cast,
    "assignment_expression": assign,
    "augmented_assignment_expression": assign,
    "await_expression": wait,
    "binary_expression": binary,
    "call_expression": call,
    "false": _constant("boolean", False),
    "identifier": name,
    "import": name,
    "instantiation_expression": inner,
    "jsx_expression": inner,
    "member_expression": member,
    "meta_property": meta,
    "nested_identifier": member,
    "new_expression": new,
    "non_null_expression": inner,
    "null": _constant("null", None),
    "number": number,
    "object": object_literal,
    "pair": pair,
    "pair_pattern": pair,
    "parenthesized_expression": inner,
    "private_property_identifier": name,
    "property_identifier": name,
    "regex": regex,
    "satisfies_expression": inner,
    "sequence_expression": sequence,
    "rest_pattern": spread,
    "shorthand_property_identifier": shorthand,
    "shorthand_property_identifier_pattern": shorthand,
    "spread_element": spread,
    "string": string,
    "subscript_expression": index,
    "super": name,
    "template_string": template,
    "template_substitution": inner,
    "ternary_expression": conditional,
    "this": name,
    "true": _constant("boolean", True),
    "type_assertion": assertion,
    "unary_expression": unary,
    "undefined": _constant("undefined", None),
    "update_expression": update,
    "yield_expression": generate,
}
