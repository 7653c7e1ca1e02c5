"""Walking functions that work with a ctx: handlers, the helpers they call, and functions within them.

Each function is walked once for each shape of what its parameters carry (a whole ctx, `ctx.db`, an object
that holds one), and remembered. A call of one from another is an edge of the call graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.analysis.ctx import QUERY, is_query, of_shape
from biconvex.lint.analysis.evaluate import DEEPEST
from biconvex.lint.analysis.frames import BodyDraft, Edge, Frame
from biconvex.lint.analysis.promises import Draft, settle
from biconvex.lint.analysis.queries import Chain
from biconvex.lint.analysis.scopes import Scope, bound_names, local_names
from biconvex.lint.analysis.statements import Statements
from biconvex.lint.analysis.values import Closure, Deferred, Instance, Pending, Value, choose, options
from biconvex.lint.model import Body, Place

if TYPE_CHECKING:
    from collections.abc import Hashable

    from biconvex.lint.analysis.values import CallSite

__all__ = ["Walker"]

_DEEPEST_DEMAND = 60
"""A helper called at this depth of evaluation is walked later; what it returns is then unknown."""

_MOST_APPLICATIONS = 8
"""How deep plain functions are followed at the top of a module."""

_MOST_QUERIES = 24
"""How many different queries are followed into one helper."""

_FUNCTION_DEPTH = 4
"""How much deeper walking a function goes, in the measure of nested expressions."""

Shapes = tuple["Hashable", ...]


class _Parameter(Value):
    """A parameter of which nothing is known; if it is called, `draft` remembers what it was given."""

    draft: BodyDraft
    position: int

    def call(self, site: CallSite) -> Value | None:
        """Give what a call of it gives."""
        shaped = [value if value is not None and value.shape() else None for value in site.arguments]
        if any(shaped):
            self.draft.given.setdefault(self.position, shaped)
        return None


class Walker(Statements):
    """Walks bodies, on demand and each once."""

    def __init__(self) -> None:
        super().__init__()
        self.drafts: dict[tuple[int, int, Shapes], BodyDraft] = {}
        self.bodies: dict[int, Body] = {}
        self._queue: list[BodyDraft] = []
        self._kept: list[tuple[BodyDraft, Closure]] = []
        self._applications = 0
        self._followed: dict[int, set[Value | None]] = {}

    # --- bodies ---

    def draft_of(self, closure: Closure, shapes: Shapes) -> BodyDraft:
        """Give the draft of a function called with such arguments; it is walked later."""
        node, scope = closure.node, closure.scope
        annotation_of = scope.module.types.annotation
        annotations = [annotation_of(parameter.annotation) for parameter in node.parameters]
        padded = tuple(
            (shapes[at] if at < len(shapes) else None) or (("ctx", found.path, True) if found else None)
            for at, found in enumerate(annotations)
        )
        key = (id(node), id(scope), padded)
        draft = self.drafts.get(key)
        if draft is None:
            body = self.bodies.get(id(node))
            if body is None:
                body = self.bodies[id(node)] = Body(
                    name=closure.name or node.name or "",
                    place=Place(scope.module.source, node.start, node.end),
                    module=scope.module.fact,
                    syntax=node,
                    parameters=tuple(
                        name
                        for parameter, shape in zip(node.parameters, padded, strict=True)
                        if shape and not is_query(shape)
                        for name in bound_names(parameter.target)
                    ),
                    declared=frozenset(kind for found in annotations if found for kind in found.kinds),
                    kinds=frozenset(),
                )
            draft = self.drafts[key] = BodyDraft(body, closure, padded)
        return draft

    def demand(self, draft: BodyDraft) -> None:
        """Walk a body unless that was done; too deep down it is put off."""
        if draft.state:
            if draft.state == 1 and (self.frame is None or self.frame.draft is not draft):
                draft.closure.scope.module.entangle()
            return
        if self.depth > _DEEPEST_DEMAND:
            draft.closure.scope.module.entangle()
            self._queue.append(draft)
        else:
            self.walk(draft)

    def walk_queued(self) -> None:
        """Walk the bodies that were put off, and those that this reaches."""
        while self._queue:
            draft = self._queue.pop()
            if not draft.state:
                self.walk(draft)

    def walk(self, draft: BodyDraft) -> None:
        """Walk a body."""
        draft.state = 1
        closure = draft.closure
        scope = Scope(closure.scope.module, closure.scope, draft)
        values = [
            of_shape(shape) if shape is not None else self._parameter(draft, at)
            for at, shape in enumerate(draft.shapes)
        ]
        frame = Frame(draft, closure.node.is_async)
        kept = len(self._kept)
        self.run(closure, values, scope, frame)
        # functions that nobody here called: somebody may
        for owner, inner in self._kept[kept:]:
            if owner is draft and id(inner.node) not in self.bodies:
                uncalled = self.draft_of(inner, ())
                uncalled.deferred = True
                self._link(inner, uncalled, inner.node, draft, frame)
        del self._kept[kept:]
        draft.returned = choose(frame.returns) if frame.returns else None
        for variable, promise in draft.variables:
            promise.settle("stored" if variable.reads or draft.cut else "unused")
        draft.state = 2

    def _parameter(self, draft: BodyDraft, position: int) -> Value:
        """Give what is known of a parameter that carries nothing of a ctx."""
        annotation = draft.closure.node.parameters[position].annotation
        named = self.documents.named(annotation, draft.body.place)
        given = draft.arguments if position == 1 else None
        return named or given or _Parameter(draft, position)

    def run(self, closure: Closure, values: list[Value | None], scope: Scope, frame: Frame) -> None:
        """Walk a function's parameters and statements in a scope and a frame of its own."""
        outer, self.frame = self.frame, frame
        depth, self.depth = self.depth, self.depth + _FUNCTION_DEPTH
        node = closure.node
        if closure.this is not None:
            scope.declare("this", closure.this)
            if scope.module.is_python:
                values = [closure.this, *values[1:]]
        for at, parameter in enumerate(node.parameters):
            for name in bound_names(parameter.target):
                scope.declare(name)
            self.bind(parameter.target, values[at] if at < len(values) else None, scope)
        if scope.module.is_python:
            for name in local_names(node.body):
                if name not in scope.names:
                    scope.declare(name)
        self.block(node.body, scope)
        self.depth = depth
        self.frame = outer

    def keep(self, closure: Closure) -> None:
        """Remember a named function of a body."""
        if self.frame is not None and self.frame.draft is not None:
            self._kept.append((self.frame.draft, closure))

    def _link(
        self,
        closure: Closure,
        target: BodyDraft,
        node: syntax.Node,
        draft: BodyDraft,
        frame: Frame,
        *,
        sure: bool = True,
    ) -> None:
        """Note that one body calls another, and walk that."""
        source = frame.draft.closure.scope.module.source if frame.draft else closure.scope.module.source
        name = closure.name
        if not name:
            called = node.callee if isinstance(node, syntax.Call) else node
            name = source.text(called.start, called.end) if isinstance(called, syntax.Name) else ""
        place = Place(source, node.start, node.end)
        sure = sure and frame.narrowed == 0
        certain = sure and frame.deferred == 0 and not draft.deferred
        draft.edges.append(Edge(target, place, name, frame.loops, frame.leaves, sure, certain))
        self.demand(target)

    # --- calls ---

    def call_closure(self, closure: Closure, site: CallSite) -> Value | None:
        """Call a function of the source: a plain one is followed for its value at the top of a module only."""
        frame = self.frame
        if frame is None or frame.draft is None:
            return self._apply(closure, site)
        arguments = self._arguments(closure, site)
        shapes = tuple(self._carried(value, closure) for value in arguments)
        parameters = closure.node.parameters
        annotation_of = closure.scope.module.types.annotation
        annotated = any(annotation_of(parameter.annotation) for parameter in parameters)
        keeps = isinstance(closure.this, Instance) and bool(closure.this.of.fields)
        if not annotated and not any(shapes) and not keeps and closure.scope.body is None:
            self.plain_call(closure, site.node, site.scope)
            return None
        if closure in frame.waiting:
            frame.waiting.remove(closure)
        target = self.draft_of(closure, shapes)
        handed = any(shapes) or not (annotated or keeps)
        self._link(closure, target, site.node, frame.draft, frame, sure=handed)
        for position, value in enumerate(arguments):
            if isinstance(value, Closure) and value in frame.waiting:
                settle(self.callback(value, target.given.get(position, [])), "returned")
        return self._result(closure, target, site)

    def _carried(self, value: Value | None, closure: Closure) -> Hashable:
        """Give the shape of an argument; a query that is being built is its own.

        A function that hands queries on to itself gets no more of them after a while.
        """
        chains = options(value)
        if not all(isinstance(each, Chain) for each in chains):
            return value.shape() if value is not None else None
        followed = self._followed.setdefault(id(closure.node), set())
        if value not in followed and len(followed) >= _MOST_QUERIES:
            closure.scope.module.entangle()
            return None
        followed.add(value)
        return (QUERY, chains)

    def _arguments(self, closure: Closure, site: CallSite) -> list[Value | None]:
        """Give the value of each parameter."""
        parameters = closure.node.parameters
        given: list[Value | None] = site.arguments[: site.spread]
        if closure.this is not None and closure.scope.module.is_python:
            given = [closure.this, *given]
        if site.keywords is not None:
            given += [None] * (len(parameters) - len(given))
            for at, parameter in enumerate(parameters):
                name = next(bound_names(parameter.target), "")
                if at < len(given) and name in site.keywords.fields:
                    given[at] = site.keywords.fields[name]
        return given

    def _result(self, closure: Closure, target: BodyDraft, site: CallSite) -> Value | None:
        node = closure.node
        returned = target.returned
        promises = any(isinstance(option, Pending) for option in options(returned))
        declared = (node.returns or "").lstrip().startswith("Promise")
        if node.is_generator or not (node.is_async or promises or declared):
            return returned
        inner = self.unwrapped(returned)
        draft = self.promise(site.node, site.scope)
        if draft is None:
            return inner
        draft.awaits = target
        return Pending((draft,), inner)

    def unwrapped(self, value: Value | None) -> Value | None:
        """Give what awaiting a value gives, without noting anything."""
        return choose([option.inner if isinstance(option, Pending) else option for option in options(value)])

    def _apply(self, closure: Closure, site: CallSite) -> Value | None:
        """Follow a plain function for what it returns: a wrapper of a builder, a maker of tables."""
        if self._applications >= _MOST_APPLICATIONS:
            closure.scope.module.entangle()
            return None
        if closure.node.is_async or closure.node.is_generator:
            return None
        self._applications += 1
        value = self.inline(closure, self._arguments(closure, site))
        self._applications -= 1
        return value

    def inline(self, closure: Closure, arguments: list[Value | None]) -> Value | None:
        """Walk through a function where it stands; gives what it returns."""
        outer = self.frame
        if outer is not None and closure in outer.waiting:
            outer.waiting.remove(closure)
        if self.depth >= DEEPEST:
            closure.scope.module.entangle()
            self.cut()
            return None
        frame = Frame(outer.draft if outer else None, closure.node.is_async, not closure.node.is_async)
        if outer is not None:
            frame.loops, frame.narrowed, frame.conditional = outer.loops, outer.narrowed, outer.conditional
            frame.block, frame.deferred = outer.block, outer.deferred
        self.run(closure, arguments, Scope(closure.scope.module, closure.scope), frame)
        return choose(frame.returns) if frame.returns else None

    def callback(
        self, closure: Closure, arguments: list[Value | None], *, certain: bool = True
    ) -> Value | None:
        """Walk through a function that somebody else calls; gives what it returns, `Deferred` if it is async."""
        frame = self.frame
        if frame is None or frame.draft is None:
            if frame is not None and closure in frame.waiting:
                frame.waiting.remove(closure)
            return None
        draft = frame.draft
        shapes = tuple(value.shape() if value is not None else None for value in arguments)
        annotation_of = closure.scope.module.types.annotation
        annotated = any(annotation_of(parameter.annotation) for parameter in closure.node.parameters)
        here = closure in frame.waiting
        if here:
            frame.waiting.remove(closure)
        if annotated or any(shapes):
            target = self.draft_of(closure, shapes)
            if any(shapes):
                self._link(closure, target, closure.node, draft, frame)
            else:
                self.demand(target)
            return None
        if not here:
            if closure.scope.body is not None:
                self._link(closure, self.draft_of(closure, ()), closure.node, draft, frame)
            return None
        before = len(draft.promises)
        frame.waiting.append(closure)
        frame.conditional += 1
        frame.deferred += not certain
        returned = self.inline(closure, arguments)
        frame.conditional -= 1
        frame.deferred -= not certain
        if not closure.node.is_async:
            return returned
        made = draft.promises[before:]
        return Deferred(made[0], self.unwrapped(returned)) if made else None

    def promise(
        self,
        node: syntax.Node,
        scope: Scope,
        *,
        api: str | None = None,
        of: Draft | None = None,
        through: str | None = None,
    ) -> Draft | None:
        """Note a promise; None where nothing becomes a fact."""
        frame = self.frame
        if frame is None or frame.draft is None:
            return None
        place = Place(scope.module.source, node.start, node.end)
        if of is not None:
            draft = Draft(
                of.callee, of.api, place, frame.draft.body, frame.is_async, None, through, of.awaits
            )
        else:
            callee = node.callee if isinstance(node, syntax.Call) else node
            text = " ".join(scope.module.source.text(callee.start, callee.end).split())
            draft = Draft(text, api, place, frame.draft.body, frame.is_async, None, through)
        frame.draft.promises.append(draft)
        return draft
