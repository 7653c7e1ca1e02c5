"""Calls of what is not in the backend, from bodies and from the functions without a ctx that they call.

A function without a ctx is no body: it is not walked but only looked through, once, for what it calls by name.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec
from biconvex.lint import syntax
from biconvex.lint.analysis.ctx import ALL_KINDS
from biconvex.lint.analysis.scopes import bound_names
from biconvex.lint.analysis.sequences import calls_back
from biconvex.lint.analysis.values import Closure, External
from biconvex.lint.model import OutsideCall, Place, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from biconvex.lint.analysis.facts import CallContext
    from biconvex.lint.analysis.scopes import Scope
    from biconvex.lint.model import Body, Kind

__all__ = ["OutsideCalls", "PlainCall", "dotted"]

Kinds = "Callable[[CallContext], frozenset[Kind]]"

_GLOBAL_OBJECTS = ("globalThis.", "self.", "window.", "global.")


def dotted(external: External) -> str:
    """Name what a package or the language gives: `axios.default.get`, `Date.now`."""
    name = ".".join((external.source, *external.path) if external.source else external.path)
    for prefix in _GLOBAL_OBJECTS if not external.source else ():
        name = name.removeprefix(prefix)
    return name


class PlainCall(msgspec.Struct, frozen=True, eq=False):
    """A call, in a body, of a function that gets no ctx."""

    context: CallContext
    closure: Closure
    place: Place


class _Found(msgspec.Struct, eq=False):
    """What a function without a ctx calls by name."""

    outside: list[tuple[str, syntax.Call]]
    plain: list[tuple[Closure, Place]]


class OutsideCalls:
    """All calls of what is not in the backend, each once, with the kinds of functions that reach them."""

    def __init__(self, kinds: Callable[[CallContext], frozenset[Kind]]) -> None:
        self._kinds = kinds
        self._looked: dict[int, _Found] = {}

    def freeze(
        self,
        direct: Sequence[tuple[str, syntax.Call, Scope, list[CallContext]]],
        plain: Sequence[PlainCall],
    ) -> Iterator[OutsideCall]:
        """Give the calls that stand in bodies, then those in functions without a ctx."""
        for name, node, scope, contexts in direct:
            ways: dict[Kind, tuple[Body, tuple[Step, ...]]] = {}
            for context in contexts:
                for kind in sorted(self._kinds(context)):
                    ways.setdefault(kind, (context.draft.body, ()))
            yield OutsideCall(name, Place(scope.module.source, node.start, node.end), node, node.new, ways)
        yield from self._in_plain(plain)

    def _in_plain(self, plain: Sequence[PlainCall]) -> Iterator[OutsideCall]:
        reached: dict[int, tuple[Closure, dict[Kind, tuple[Body, tuple[Step, ...]]]]] = {}
        for kind in sorted(ALL_KINDS):
            queue: deque[tuple[Closure, Place, Body, tuple[Step, ...]]] = deque(
                (call.closure, call.place, call.context.draft.body, ())
                for call in plain
                if kind in self._kinds(call.context)
            )
            while queue:
                closure, place, body, before = queue.popleft()
                _, ways = reached.setdefault(id(closure.node), (closure, {}))
                if kind in ways:
                    continue
                way = (*before, _step(closure, place))
                ways[kind] = (body, way)
                queue.extend((callee, at, body, way) for callee, at in self._look(closure).plain)
        for closure, ways in reached.values():
            source = closure.scope.module.source
            for name, node in self._look(closure).outside:
                yield OutsideCall(name, Place(source, node.start, node.end), node, node.new, ways)

    def _look(self, closure: Closure) -> _Found:
        """Look through a function for what it calls, by names that mean what they mean at the top of its module."""
        found = self._looked.get(id(closure.node))
        if found is not None:
            return found
        found = self._looked[id(closure.node)] = _Found([], [])
        own: set[str] = set()
        called: list[syntax.Call] = []
        for parameter in closure.node.parameters:
            own.update(bound_names(parameter.target))
        for node in _nodes(closure.node.body):
            kind = type(node)
            if kind is syntax.Call:
                called.append(node)  # type: ignore[arg-type]
            elif kind is syntax.Declare:
                own.update(bound_names(node.target))  # type: ignore[attr-defined]
            elif kind is syntax.Loop:
                own.update(bound_names(node.each))  # type: ignore[attr-defined]
            elif kind is syntax.Parameter:
                own.update(bound_names(node.target))  # type: ignore[attr-defined]
            elif kind is syntax.Function or kind is syntax.Class:
                own.add(node.name or "")  # type: ignore[attr-defined]
        source = closure.scope.module.source
        for call in called:
            value = _meaning(call.callee, closure.scope, own)
            if isinstance(value, External):
                found.outside.append((dotted(value), call))
            elif isinstance(value, Closure) and value.scope.body is None:
                found.plain.append((value, Place(source, call.start, call.end)))
        return found


def _nodes(statements: list[syntax.Node]) -> Iterator[syntax.Node]:
    """Give all nodes, but of the functions within only those that are surely called."""
    stack = list(statements)
    while stack:
        node = stack.pop()
        yield node
        kind = type(node)
        if kind is syntax.Call:
            called = calls_back(node)  # type: ignore[arg-type]
            stack.append(node.callee)  # type: ignore[attr-defined]
            for argument in node.arguments:  # type: ignore[attr-defined]
                if type(argument) is not syntax.Function:
                    stack.append(argument)
                elif called:
                    stack.extend(syntax.children(argument))
        elif kind is not syntax.Function:
            stack.extend(syntax.children(node))


def _meaning(callee: syntax.Node, scope: Scope, own: set[str]) -> object:
    """Tell what a path of names means outside of a function that has names of its own."""
    path: list[str] = []
    while type(callee) is syntax.Member:
        path.append(callee.name)
        callee = callee.object
    if type(callee) is not syntax.Name or callee.id in own:
        return None
    variable = scope.find(callee.id)
    value = External("", (callee.id,)) if variable is None else variable.get()
    for name in reversed(path):
        value = value.member(name) if value is not None else None
    return value


def _step(closure: Closure, place: Place) -> Step:
    return Step(place, closure.name or closure.node.name or "", (), leaves_loop=False)
