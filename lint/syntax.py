"""The syntax tree: one small, language-neutral tree for TypeScript, JavaScript and Python.

A front end (`typescript`, `python`) translates a file into this tree; nothing above a front end knows
which language it reads. API names arrive here in Convex's own spelling: a front end turns the Python
spelling (`with_index`, `run_after`) into `withIndex`, `runAfter` where it names a member of the Convex API.

Every node has `start` and `end`: byte offsets into the UTF-8 text of its file, end exclusive.
What a front end has no node for becomes `Other`, which keeps the children, so that a walk misses nothing.
Types are dropped: `x as T`, `x!`, `x satisfies T` and `<T>x` are `x`; a `Cast` keeps only what rules need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal as OneOf

import msgspec

__all__ = [
    "Array", "ArrayPattern", "Assign", "Await", "Block", "Call", "Cast", "Class", "Conditional", "Declare",
    "Default", "Export", "ExpressionStatement", "Function", "If", "Import", "ImportName", "Index",
    "Literal", "Loop", "Member", "Module", "Name", "Node", "Object", "ObjectPattern", "Operation", "Other",
    "Parameter", "Property", "Return", "Spread", "Template", "Throw", "Try", "children", "walk",
]  # fmt: skip


class Node(msgspec.Struct, gc=False, eq=False):
    """A place in the source: `start` and `end` are byte offsets, end exclusive."""

    start: int
    end: int


# --- expressions -------------------------------------------------------------------------------------------


class Name(Node):
    """A reference to a binding, or the binding itself in a pattern."""

    id: str


class Member(Node):
    """`object.name` (and `object?.name`); `name_start` is where the name begins."""

    object: Node
    name: str
    name_start: int
    optional: bool = False


class Index(Node):
    """`object[index]` with any index expression."""

    object: Node
    index: Node


class Call(Node):
    """`callee(arguments)`; `new` for a constructor call.

    Python keyword arguments come as one last `Object` whose `keywords` is true: `f(a, args={})` is
    `f(a, {args: {}})`.
    """

    callee: Node
    arguments: list[Node]
    new: bool = False
    optional: bool = False


class Literal(Node):
    """A string, number, boolean, null/None, undefined, bigint, bytes or regular expression."""

    kind: OneOf["string", "number", "boolean", "null", "undefined", "bigint", "bytes", "regex"]
    value: str | int | float | bool | None


class Template(Node):
    """A string with substitutions: a template literal, an f-string. `text` joins the fixed parts with `${}`."""

    text: str
    parts: list[Node]


class Property(Node):
    """`key: value` in an object. `key` is None when it is computed (then `computed` has the expression)."""

    key: str | None
    value: Node
    shorthand: bool = False
    computed: Node | None = None
    method: bool = False


class Object(Node):
    """An object literal or a Python dict display; `...x` and `**x` are `Spread` members."""

    properties: list[Property | Spread]
    keywords: bool = False


class Array(Node):
    """An array, list, tuple or set display."""

    elements: list[Node]


class Spread(Node):
    """`...value`, `*value`, `**value`; as a pattern, the rest of the values."""

    value: Node


class Parameter(Node):
    """One parameter; `target` is a `Name` or a pattern (perhaps within a `Default` or `Spread`).

    `annotation` is the text of its type, without the colon.
    """

    target: Node
    annotation: str | None = None


class Function(Node):
    """Any function: declaration, arrow, method, lambda, `def`.

    An expression body is a body of one `Return`. `returns` is the text of the return type.
    """

    name: str | None
    parameters: list[Parameter]
    body: list[Node]
    is_async: bool = False
    is_generator: bool = False
    arrow: bool = False
    returns: str | None = None
    decorators: list[Node] = []


class Class(Node):
    """A class, with its methods as `Property` members."""

    name: str | None
    bases: list[Node]
    body: list[Node]
    decorators: list[Node] = []


class Await(Node):
    """`await value`."""

    value: Node


class Operation(Node):
    """A unary, binary, logical or comparison operation, also `void`, `typeof`, `yield`, `in`.

    Logical ones are `&&`, `||`, `??`, `!` whatever the language (`and` is `&&`).
    """

    operator: str
    operands: list[Node]


class Conditional(Node):
    """`test ? then : otherwise`."""

    test: Node
    then: Node
    otherwise: Node


class Cast(Node):
    """`value as type`, `cast(type, value)`; `type` is the text of the type."""

    value: Node
    type: str


class Assign(Node):
    """`target = value`, also `+=` and the walrus; an expression in TypeScript, a statement in Python."""

    target: Node
    value: Node
    operator: str = "="


# --- patterns ----------------------------------------------------------------------------------------------


class Default(Node):
    """A pattern with a default: `target = value`."""

    target: Node
    value: Node


class ObjectPattern(Node):
    """`{a, b: c, ...rest}`: properties whose values are patterns, and `Spread`."""

    properties: list[Property | Spread]


class ArrayPattern(Node):
    """`[a, , ...rest]`: None for a hole."""

    elements: list[Node | None]


# --- statements --------------------------------------------------------------------------------------------


class ExpressionStatement(Node):
    """An expression whose value nobody takes."""

    value: Node


class Declare(Node):
    """`const target = value`; in Python, an assignment to a plain name or pattern."""

    target: Node
    value: Node | None
    kind: OneOf["const", "let", "var", "assignment"] = "const"
    annotation: str | None = None


class Return(Node):
    """`return value`."""

    value: Node | None = None


class Throw(Node):
    """`throw value`, `raise value`."""

    value: Node | None = None


class If(Node):
    """`if`; an `else if` is one `If` within `otherwise`."""

    test: Node
    then: list[Node]
    otherwise: list[Node]


class Loop(Node):
    """Any loop or comprehension.

    `each` is the pattern that takes the values of `iterable` (for-of, for-in, Python's `for`); `header` has
    what else runs with the loop (initialiser, test, update; a comprehension's conditions).
    """

    kind: OneOf["for", "for-of", "for-in", "while", "do", "comprehension"]
    body: list[Node]
    each: Node | None = None
    iterable: Node | None = None
    header: list[Node] = []
    is_async: bool = False


class Try(Node):
    """`try`; `handler` is None without a catch clause, `parameter` the pattern of its error."""

    body: list[Node]
    handler: list[Node] | None
    parameter: Node | None
    final: list[Node]


class Block(Node):
    """Statements in a scope of their own: a block, a `with` body, the cases of a `switch`."""

    body: list[Node]


class ImportName(Node):
    """One imported name: `imported` is `default` for a default import and `*` for the namespace."""

    imported: str
    local: str
    type_only: bool = False


class Import(Node):
    """`import … from "source"`.

    Python: `from .a.b import c` has the source `./a/b`; `from ..x import y` has `../x`; an absolute `import a.b`
    keeps its dots (`a.b`). `dynamic` for `import("…")` and `require("…")`.
    """

    source: str
    names: list[ImportName]
    type_only: bool = False
    dynamic: bool = False


class Export(Node):
    """An export.

    Either `declaration` is what is exported (a `Declare`, `Function`, `Class`, or for
    `default` any expression), or `names` lists (local, exported) pairs, from `source` if that is not None;
    `export * from` is the pair (`*`, `*`). In Python, every module-level name is exported by its declaration.
    """

    declaration: Node | None
    names: list[tuple[str, str]] = []
    source: str | None = None
    default: bool = False
    type_only: bool = False


class Other(Node):
    """Anything else, with its children in order. `kind` is the front end's own name for it."""

    kind: str
    children: list[Node]


class Module(Node):
    """A whole file. `directives` are the prologue's strings (`use node`)."""

    body: list[Node]
    directives: list[str] = []


_HOLDS_NODES = re.compile(r"\b(?:Node|Property|Spread|Parameter|ImportName)\b")


@cache
def _inner_fields(kind: type[Node]) -> tuple[str, ...]:
    """Give the fields of a kind of node that may hold nodes, in order."""
    annotations = {
        name: str(text)
        for base in kind.__mro__
        for name, text in vars(base).get("__annotations__", {}).items()
    }
    return tuple(name for name in kind.__struct_fields__[2:] if _HOLDS_NODES.search(annotations[name]))


def children(node: Node) -> Iterator[Node]:
    """The direct child nodes, in source order of their fields."""
    for field in _inner_fields(type(node)):
        value = getattr(node, field)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, Node):
                    yield item


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, depth first, in source order; safe for any depth."""
    stack: list[Node | None] = [node]
    pop = stack.pop
    while stack:
        current = pop()
        if current is None:  # a hole in a pattern
            continue
        yield current
        fields = _inner_fields(type(current))
        if not fields:  # a name or a literal, as most are
            continue
        below: list[Node | None] = []
        for field in fields:
            value = getattr(current, field)
            if isinstance(value, Node):
                below.append(value)
            elif value:
                below += value
        below.reverse()
        stack += below
