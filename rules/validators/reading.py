"""Which arguments a handler reads, by name, as far as all of its reads are in sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from biconvex.lint import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from biconvex.lint.model import Backend, Body, Function

__all__ = ["Reads", "arguments_read", "served_alone"]

_OF_EVERY_OBJECT = frozenset({"constructor", "hasOwnProperty", "toString", "valueOf"})


@dataclass(frozen=True, slots=True)
class Reads:
    """The arguments that a handler takes by name, each with the first node that does.

    `all` is true if there are no others: the arguments as a whole go nowhere else.
    """

    names: Mapping[str, syntax.Node]
    all: bool


def served_alone(backend: Backend) -> Iterator[Function]:
    """Give each function all of whose arguments are declared in sight, and whose handler nobody else can call."""
    seen: set[Body] = set()  # a function may be exported twice
    for function in backend.functions:
        shape, handler = function.args.shape, function.handler
        if (
            shape is None
            or shape.kind != "object"
            or not shape.complete
            or handler is None
            or function.custom
        ):
            continue
        if handler in seen:
            continue
        seen.add(handler)
        written, where = handler.place, function.registration
        inline = written.source is where.source and where.start <= written.start < where.end
        if inline or handler.syntax.decorators:  # then its name is that of the registered function
            yield function


def arguments_read(handler: Body) -> Reads | None:
    """Tell what a handler reads of its second parameter; None where its name may mean something else, too."""
    function = handler.syntax
    if len(function.parameters) < 2:
        return Reads({}, all=True)
    target = function.parameters[1].target
    if isinstance(target, syntax.Default):
        target = target.target
    if isinstance(target, syntax.ObjectPattern):
        return _of_pattern(target)
    if not isinstance(target, syntax.Name):
        return None
    found = _Uses(target.id, python=handler.place.source.language == "python")
    for part in function.body:
        for node in syntax.walk(part):
            if _binds(node, target.id):
                return None
            found.note(node)
    return found.reads()


def _of_pattern(pattern: syntax.ObjectPattern) -> Reads:
    names: dict[str, syntax.Node] = {}
    everything = True
    for item in pattern.properties:
        if isinstance(item, syntax.Property) and item.key is not None:
            names.setdefault(item.key, item)
        else:
            everything = False
    return Reads(names, everything)


class _Uses:
    """Each use of the arguments by the name of the parameter: what is no member of it may take all of them."""

    def __init__(self, name: str, *, python: bool) -> None:
        self._name = name
        self._python = python
        self._names: dict[str, syntax.Node] = {}
        self._written: set[str] = set()
        self._uses: list[syntax.Node] = []
        self._known: set[int] = set()
        self._all = True

    def note(self, node: syntax.Node) -> None:
        """Take one node of the body, each after those around it."""
        if isinstance(node, syntax.Name):
            if node.id == self._name:
                self._uses.append(node)
        elif isinstance(node, syntax.Declare):
            if isinstance(node.target, syntax.ObjectPattern) and self._is_whole(node.value):
                found = _of_pattern(node.target)
                self._all = self._all and found.all
                self._names = {**found.names, **self._names}
                self._known.add(id(_bare(node.value)))
        elif isinstance(node, syntax.Assign):
            self._written |= {key for key in (self._key(node.target),) if key is not None}
        elif isinstance(node, syntax.Call):
            self._method(node)
        elif (key := self._key(node)) is not None:
            self._take(key, node)

    def reads(self) -> Reads:
        """Give what was noted; what the handler itself writes is no argument."""
        names = {key: node for key, node in self._names.items() if key not in self._written}
        return Reads(names, self._all and all(id(use) in self._known for use in self._uses))

    def _method(self, node: syntax.Call) -> None:
        """Python's `args.get("title")`."""
        callee, first = node.callee, node.arguments[0] if node.arguments else None
        if (
            self._python
            and isinstance(callee, syntax.Member)
            and callee.name == "get"
            and self._is_whole(callee.object)
            and isinstance(first, syntax.Literal)
            and isinstance(first.value, str)
        ):
            self._names.setdefault(first.value, node)
            self._known.add(id(_bare(callee.object)))

    def _key(self, node: syntax.Node) -> str | None:
        """Give `title` for `args.title` and `args["title"]`."""
        if isinstance(node, syntax.Member) and not self._python:
            return node.name if self._is_whole(node.object) else None
        if isinstance(node, syntax.Index) and self._is_whole(node.object):
            key = node.index.value if isinstance(node.index, syntax.Literal) else None
            return key if isinstance(key, str) else None
        return None

    def _take(self, key: str, node: syntax.Node) -> None:
        if key not in _OF_EVERY_OBJECT and isinstance(node, syntax.Member | syntax.Index):
            self._names.setdefault(key, node)
            self._known.add(id(_bare(node.object)))

    def _is_whole(self, node: syntax.Node | None) -> bool:
        bare = _bare(node)
        return isinstance(bare, syntax.Name) and bare.id == self._name


def _bare(node: syntax.Node | None) -> syntax.Node | None:
    while isinstance(node, syntax.Cast):
        node = node.value
    return node


def _binds(node: syntax.Node, name: str) -> bool:
    """Tell whether a node gives a name another meaning, or another value."""
    if isinstance(node, syntax.Parameter | syntax.Declare | syntax.Assign):
        target = node.target
        if isinstance(target, syntax.Name):
            return target.id == name
        return isinstance(target, syntax.ObjectPattern | syntax.ArrayPattern) and name in _bound(target)
    return isinstance(node, syntax.Loop) and node.each is not None and name in _bound(node.each)


def _bound(pattern: syntax.Node) -> set[str]:
    return {node.id for node in syntax.walk(pattern) if isinstance(node, syntax.Name)}
