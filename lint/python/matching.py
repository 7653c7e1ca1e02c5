"""`match` of Python: the same `Other("switch")` that a `switch` is, with patterns for tests.

A case is an `Other("case")` of its pattern, its guard if it has one, and its statements; `case _:` is an
`Other("default")`. Sequences and mappings are `ArrayPattern` and `ObjectPattern`; a capture is a `Name`.
"""

from __future__ import annotations

import ast

from biconvex.lint.python.reader import Handler, Reader, guarded
from biconvex.lint.syntax import (
    ArrayPattern,
    Block,
    Literal,
    Name,
    Node,
    ObjectPattern,
    Other,
    Property,
    Spread,
)

__all__ = ["HANDLERS"]


@guarded
def switch(reader: Reader, node: ast.Match, depth: int) -> Node:
    """The whole statement."""
    cases: list[Node] = []
    for case in node.cases:
        children: list[Node] = []
        wild = (
            isinstance(case.pattern, ast.MatchAs)
            and case.pattern.pattern is None
            and case.pattern.name is None
        )
        if not wild or case.guard is not None:
            children.append(reader.expression(case.pattern, depth))
        if case.guard is not None:
            children.append(reader.expression(case.guard, depth))
        kind = "case" if children else "default"
        children += reader.statements(case.body, depth)
        cases.append(Other(reader.start(case.pattern), reader.end(case.body[-1]), kind, children))
    block = Block(cases[0].start, cases[-1].end, cases)
    subject = reader.expression(node.subject, depth)
    return Other(reader.start(node), reader.end(node), "switch", [subject, block])


@guarded
def value(reader: Reader, node: ast.MatchValue, depth: int) -> Node:
    """A literal, or a dotted name."""
    return reader.expression(node.value, depth)


def singleton(reader: Reader, node: ast.MatchSingleton, _depth: int) -> Node:
    """`None`, `True`, `False`."""
    kind = "null" if node.value is None else "boolean"
    return Literal(reader.start(node), reader.end(node), "null" if kind == "null" else "boolean", node.value)


@guarded
def sequence(reader: Reader, node: ast.MatchSequence, depth: int) -> Node:
    """`[a, *rest]`."""
    elements: list[Node | None] = []
    elements += reader.expressions(node.patterns, depth)
    return ArrayPattern(reader.start(node), reader.end(node), elements)


@guarded
def mapping(reader: Reader, node: ast.MatchMapping, depth: int) -> Node:
    """`{"key": pattern, **rest}`."""
    properties: list[Property | Spread] = []
    for key, pattern in zip(node.keys, node.patterns, strict=True):
        name, taker = reader.expression(key, depth), reader.expression(pattern, depth)
        known = type(name) is Literal and name.kind == "string"
        text = str(name.value) if type(name) is Literal and known else None
        properties.append(Property(name.start, taker.end, text, taker, computed=None if known else name))
    if node.rest is not None:
        properties.append(_rest(reader, node, node.rest, b"**"))
    return ObjectPattern(reader.start(node), reader.end(node), properties)


def star(reader: Reader, node: ast.MatchStar, _depth: int) -> Node:
    """`*rest`, `*_`."""
    return _rest(reader, node, node.name or "_", b"*")


def _rest(reader: Reader, node: ast.pattern, name: str, mark: bytes) -> Spread:
    start, end = reader.start(node), reader.end(node)
    at = max(reader.data.rfind(mark, start, end), start)
    spelled = name.encode()
    found = reader.data.find(spelled, at, end)
    taker = Name(found, found + len(spelled), name) if found >= 0 else Name(at, end, name)
    return Spread(at, taker.end, taker)


@guarded
def capture(reader: Reader, node: ast.MatchAs, depth: int) -> Node:
    """`name`, `_`, `pattern as name`."""
    start, end = reader.start(node), reader.end(node)
    if node.name is None:
        return Other(start, end, "wildcard", [])
    if node.pattern is None:
        return Name(start, end, node.name)
    at = max(end - len(node.name.encode()), start)
    return Other(start, end, "as", [reader.expression(node.pattern, depth), Name(at, end, node.name)])


HANDLERS: dict[type, Handler] = {
    ast.Match: switch,
    ast.MatchAs: capture,
    ast.MatchMapping: mapping,
    ast.MatchSequence: sequence,
    ast.MatchSingleton: singleton,
    ast.MatchStar: star,
    ast.MatchValue: value,
}
