"""What an edit can show in, beside what is found in the files that lead to it.

Facts are told as plain values, with places where they are after the edit: told before and after, they are equal where
the edit makes no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from biconvex.lint import syntax
from biconvex.lint.lookup import imported_for_types
from biconvex.lint.model import Backend, Body, DatabaseUse, Function, Module, Place, Schema, Table
from biconvex.lint.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from biconvex.lint.model import Kind
    from biconvex.lint.renewal.move import Move

__all__ = ["imports_of", "surroundings", "told"]

_KINDS: tuple[Kind, ...] = ("query", "mutation", "action", "httpAction")
_FACTS = (
    "ctx_calls", "handovers", "throws", "index_uses", "promises", "references", "direct_uses", "outside_calls",
    "module_writes",
)  # fmt: skip


def imports_of(module: syntax.Module) -> frozenset[str]:
    """Give all that a file imports, as it is written, wherever that stands."""
    sources = (node.source for node in syntax.walk(module) if isinstance(node, syntax.Import | syntax.Export))
    return frozenset(source for source in sources if source is not None)


def surroundings(backend: Backend, above: Collection[str], moves: Mapping[str, Move]) -> object | None:
    """Tell what the files of a part of a backend hand to others: those above it, to all that they lead to.

    `moves` says where places have gone since. None where one file's query goes on in another.
    """
    telling = _Telling(backend, above, moves)
    facts = [
        telling.told(fact)
        for name in _FACTS
        for fact in getattr(backend, name)
        if fact.place.source.path not in above
    ]
    uses = (use for use in backend.database_uses if use.place.source.path not in above)
    if any(_strays(use) for use in uses):
        return None
    bodies = [telling.whole_body(body) for body in backend.bodies if body.place.source.path not in above]
    named = {
        (each.place.source.path, each.root, each.path, each.status)
        for each in backend.references
        if each.place.source.path in above
    }
    modules = [_outside_of(module) for module in backend.modules.values() if module.source.path in above]
    # whether these are deployed is for another file to say
    elsewhere = [job.module.path for job in backend.crons], [each.module.path for each in backend.routers]
    return (facts, bodies, sorted(named), modules, sorted(backend.open_references), elsewhere)


def told(value: object, backend: Backend, moves: Mapping[str, Move]) -> object:
    """Tell a value that may hold facts and places."""
    return _Telling(backend, (), moves).told(value)


def _strays(use: DatabaseUse) -> bool:
    """Tell whether a query was begun in another file, which hands it on."""
    return any(chain.place.source.path != use.place.source.path for chain in use.chains)


def _outside_of(module: Module) -> object:
    """Tell what others may want to know of a file, its functions apart."""
    imports = [
        (each.source, each.target, each.type_only, each.names, imported_for_types(module, each))
        for each in module.imports
    ]
    exports = (sorted(module.exports), module.exports_complete)
    return (module.path, module.source.path, module.runtime, module.is_entry, imports, exports)


class _Telling:
    """Tells facts of one backend. What stands in the files `above` is told with who reaches it."""

    def __init__(self, backend: Backend, above: Collection[str], moves: Mapping[str, Move]) -> None:
        self._backend = backend
        self._above = above
        self._moves = moves
        self._bodies: dict[Body, object] = {}

    def told(self, value: Any) -> object:
        """Tell any value."""
        if isinstance(value, Place):
            return self._place(value)
        if isinstance(value, Body):
            return self._body(value)
        if isinstance(value, Function):
            return self._function(value)
        if isinstance(value, syntax.Node):
            return type(value).__name__  # what it says is in its file, which the place beside it names
        if isinstance(value, Module | Schema | Table | SourceFile):
            return type(value).__name__
        if isinstance(value, msgspec.Struct):
            return (type(value).__name__, *(self.told(getattr(value, at)) for at in value.__struct_fields__))
        if isinstance(value, dict):
            return [(self.told(key), self.told(each)) for key, each in value.items()]
        if isinstance(value, tuple | list):
            return [self.told(each) for each in value]
        if isinstance(value, set | frozenset):
            return sorted(repr(self.told(each)) for each in value)
        return (type(value).__name__, value)

    def whole_body(self, body: Body) -> object:
        """Tell a body, and how registered functions of every kind get to it."""
        ways = [self.told(self._backend.reach(body, kind)) for kind in _KINDS]
        return (self._body(body), ways, self.told(self._backend.reached_by(body)))

    def _place(self, place: Place) -> object:
        path = place.source.path
        move = self._moves.get(path)
        return (path, (place.start, place.end) if move is None else move.span(place.start, place.end))

    def _name(self, place: Place) -> object:
        """Tell the beginning of a place, whatever became of the rest."""
        path = place.source.path
        move = self._moves.get(path)
        return (path, move.offset(place.start) if move is not None else place.start)

    def _function(self, function: Function) -> object:
        return (
            function.reference, function.name, function.kind, function.visibility, function.exported,
            self._name(function.place), self._name(function.registration),
        )  # fmt: skip

    def _body(self, body: Body) -> object:
        known = self._bodies.get(body)
        if known is None:
            known = (body.name, self._name(body.place), sorted(body.kinds), body.parameters)
            if body.place.source.path in self._above:
                known = (known, [self.told(way) for way in self._backend.reached_by(body)])
            self._bodies[body] = known
        return known
