"""The state of one translation of a Python file, and what all its handlers share.

A handler turns one node of Python's `ast` into one node of ours. It gets the reader, the node and how deep the node
stands, and finds the handlers of its children by their class. A statement that stands for several of ours
(`import a, b`) has a list handler. Depth is bounded as in the TypeScript front end: what lies deeper than `DEPTH`
becomes an empty `Other("deep")`, and its translation is kept among the children of the outermost such `Other`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, TypeAlias

from biconvex.lint.python.names import ApiNames
from biconvex.lint.syntax import Node, Other

__all__ = ["DEPTH", "Handler", "ListHandler", "Reader", "Spot", "Tree", "guarded", "other"]

DEPTH = 100
"""The levels of nesting that are translated in place; handwritten code has far fewer."""

Tree: TypeAlias = ast.expr | ast.stmt | ast.pattern
Spot: TypeAlias = Tree | ast.alias | ast.arg | ast.keyword | ast.ExceptHandler
"""A node of `ast` that has a place."""


class Reader:
    """One file being translated: where its lines start, its names, and what still waits for a place."""

    __slots__ = (
        "casts", "cut", "data", "deferred", "generators", "handlers", "lists", "names", "starts", "strings",
        "type_checking",
    )  # fmt: skip

    def __init__(
        self,
        data: bytes,
        starts: list[int],
        handlers: Mapping[type, Handler],
        lists: Mapping[type, ListHandler],
    ) -> None:
        """`starts` has the byte offset of each line, as Python counts lines; handlers are by class of `ast`."""
        self.data = data
        self.starts = starts
        self.handlers = handlers
        self.lists = lists
        self.names = ApiNames()
        self.casts: set[str] = set()  # what `typing.cast` is called here
        self.generators = [False]  # for the function around, and those around that: does it yield?
        self.type_checking = False
        self.strings: list[tuple[int, int]] = []  # the places of strings with a `#` in them
        self.deferred: list[tuple[Tree, Other]] = []
        self.cut: Other | None = None

    def start(self, node: Spot) -> int:
        """The byte offset at which a node begins."""
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node: Spot) -> int:
        """The byte offset at which a node ends."""
        return self.starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)

    def text(self, node: Spot | None) -> str | None:
        """The source of a node that is left out of the tree, a type."""
        if node is None:
            return None
        self.skip(node)
        return self.data[self.start(node) : self.end(node)].decode("utf-8", "replace")

    def skip(self, node: Spot) -> None:
        """Leave out a node, but remember the strings in it."""
        if b"#" in self.data[self.start(node) : self.end(node)]:
            for part in ast.walk(node):
                if isinstance(part, ast.JoinedStr | ast.Constant):
                    self.string(self.start(part), self.end(part))

    def string(self, start: int, end: int) -> None:
        """Remember a string if it has what could be taken for a comment."""
        if self.data.find(b"#", start, end) >= 0:
            self.strings.append((start, end))

    def expression(self, node: ast.expr | ast.pattern, depth: int) -> Node:
        """Translate an expression or a pattern."""
        return self.handlers.get(type(node), other)(self, node, depth + 1)

    def expressions(self, nodes: Iterable[ast.expr | ast.pattern], depth: int) -> list[Node]:
        """Translate several."""
        handlers = self.handlers
        return [handlers.get(type(node), other)(self, node, depth + 1) for node in nodes]

    def statements(self, nodes: Iterable[ast.stmt], depth: int) -> list[Node]:
        """Translate statements, which may become more or fewer."""
        out: list[Node] = []
        for node in nodes:
            listed = self.lists.get(type(node))
            if listed is None:
                out.append(self.handlers.get(type(node), other)(self, node, depth + 1))
            elif depth > DEPTH:
                out.append(self.defer(node))
            else:
                listed(self, node, depth + 1, out)
        return out

    def defer(self, node: Tree) -> Other:
        """A place for a node that stands too deep; it is translated when the file above it is done."""
        place = Other(self.start(node), self.end(node), "deep", [])
        self.deferred.append((node, self.cut or place))
        return place

    def finish(self) -> None:
        """Translate what was deferred, and what that defers in turn."""
        for node, cut in self.deferred:  # grows while it is read
            self.cut = cut
            if isinstance(node, ast.stmt):
                cut.children.extend(self.statements([node], 0))
            else:
                cut.children.append(self.expression(node, 0))


Handler: TypeAlias = Callable[[Reader, Any, int], Node]
ListHandler: TypeAlias = Callable[[Reader, Any, int, list[Node]], None]


def guarded(handler: Handler) -> Handler:
    """The handler, kept from recursing too deep. Every way around in a tree must pass a guarded handler."""

    @wraps(handler)
    def within(reader: Reader, node: Any, depth: int) -> Node:
        return reader.defer(node) if depth > DEPTH else handler(reader, node, depth)

    return within


@guarded
def other(reader: Reader, node: Tree, depth: int) -> Node:
    """Anything without a handler of its own: its children, under the name of its class."""
    children: list[Node] = []
    for kid in ast.iter_child_nodes(node):
        if isinstance(kid, ast.stmt):
            children += reader.statements([kid], depth)
        elif isinstance(kid, ast.expr | ast.pattern):
            children.append(reader.expression(kid, depth))
    return Other(reader.start(node), reader.end(node), type(node).__name__.lower(), children)
