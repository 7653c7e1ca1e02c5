"""The call graph: which registered functions reach a body, of which kinds, and by which calls.

Each question is answered by one breadth-first search, remembered where rules ask it again and again.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from biconvex.lint.analysis.ctx import ALL_KINDS
from biconvex.lint.model import Reach, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from biconvex.lint.analysis.frames import BodyDraft, Edge
    from biconvex.lint.model import Body, Function, Kind

__all__ = ["CallGraph"]

_Way = tuple["BodyDraft | None", "Edge | None", "Function"]


class CallGraph:
    """Bodies, and the calls between them.

    `roots` has, for each function, the bodies that Convex itself runs for it.
    """

    def __init__(
        self, drafts: Iterable[BodyDraft], roots: Sequence[tuple[Function, tuple[BodyDraft, ...]]]
    ) -> None:
        self._roots = roots
        self._of_body: dict[Body, list[BodyDraft]] = {}
        self._callers: dict[BodyDraft, list[tuple[BodyDraft, Edge]]] = {}
        for draft in drafts:
            self._of_body.setdefault(draft.body, []).append(draft)
            for edge in draft.edges:
                self._callers.setdefault(edge.target, []).append((draft, edge))
        self._functions: dict[BodyDraft, list[Function]] = {}
        for function, bodies in roots:
            for draft in bodies:
                self._functions.setdefault(draft, []).append(function)
        self._bodies_of: dict[Function, list[BodyDraft]] = {}
        for function, bodies in roots:
            self._bodies_of.setdefault(function, []).extend(bodies)
        self._reachable: dict[Function, tuple[Body, ...]] = {}
        self._ways: dict[Kind, dict[BodyDraft, _Way]] = {}
        self.certain = self._kinds(lambda edge: edge.certain)
        self.sure = self._kinds(lambda edge: edge.sure)
        self.all = self._kinds(lambda _: True)
        """The kinds that reach each body: over calls that surely happen, that surely hand on Convex's ctx, over any."""

    def kinds_of(self, body: Body) -> frozenset[Kind]:
        """Give the kinds of functions that reach a body."""
        return frozenset(kind for draft in self._of_body[body] for kind in self.all.get(draft, ()))

    def _kinds(self, follow: Callable[[Edge], bool]) -> Mapping[BodyDraft, frozenset[Kind]]:
        reached: dict[BodyDraft, set[Kind]] = {}
        for kind in sorted(ALL_KINDS):
            queue = deque(
                draft for function, bodies in self._roots if function.kind == kind for draft in bodies
            )
            seen = set(queue)
            while queue:
                draft = queue.popleft()
                reached.setdefault(draft, set()).add(kind)
                for edge in draft.edges:
                    if edge.target not in seen and follow(edge):
                        seen.add(edge.target)
                        queue.append(edge.target)
        return {draft: frozenset(kinds) for draft, kinds in reached.items()}

    def reach(self, body: Body, kind: Kind | None) -> tuple[Reach, ...]:
        """Give the shortest way from a function of a kind, or from each function if `kind` is None."""
        drafts = self._of_body.get(body, [])
        if kind is None:
            return tuple(self._every(drafts))
        ways = self._ways.get(kind)
        if ways is None:
            ways = self._ways[kind] = self._shortest(kind)
        found = [path for draft in drafts if (path := _path(draft, ways)) is not None]
        return (min(found, key=lambda reach: len(reach.path)),) if found else ()

    def _shortest(self, kind: Kind) -> dict[BodyDraft, _Way]:
        """Search from all functions of a kind at once: sure calls first, the others where those do not lead."""
        ways: dict[BodyDraft, _Way] = {}
        for function, bodies in self._roots:
            if function.kind == kind:
                for draft in bodies:
                    ways.setdefault(draft, (None, None, function))
        for unsure in (False, True):
            queue = deque(ways)
            while queue:
                draft = queue.popleft()
                for edge in draft.edges:
                    if (edge.sure or unsure) and edge.target not in ways:
                        ways[edge.target] = (draft, edge, ways[draft][2])
                        queue.append(edge.target)
        return ways

    def _every(self, drafts: list[BodyDraft]) -> Iterable[Reach]:
        """Search backwards, for every function that reaches one of these bodies."""
        onward: dict[BodyDraft, tuple[BodyDraft, Edge] | None] = dict.fromkeys(drafts)
        queue = deque(drafts)
        given: set[Function] = set()
        while queue:
            draft = queue.popleft()
            for function in self._functions.get(draft, ()):
                if function not in given:
                    given.add(function)
                    yield Reach(function, _onward(draft, onward))
            for caller, edge in self._callers.get(draft, ()):
                if caller not in onward:
                    onward[caller] = (draft, edge)
                    queue.append(caller)

    def reachable(self, function: Function) -> tuple[Body, ...]:
        """Give every body that a function reaches, by distance."""
        known = self._reachable.get(function)
        if known is not None:
            return known
        queue = deque(self._bodies_of.get(function, ()))
        seen = dict.fromkeys(queue)
        while queue:
            for edge in queue.popleft().edges:
                if edge.target not in seen:
                    seen[edge.target] = None
                    queue.append(edge.target)
        known = self._reachable[function] = tuple(dict.fromkeys(draft.body for draft in seen))
        return known


def _path(draft: BodyDraft, ways: dict[BodyDraft, _Way]) -> Reach | None:
    if draft not in ways:
        return None
    steps: list[Step] = []
    at: BodyDraft | None = draft
    while at is not None:
        before, edge, _ = ways[at]
        if edge is not None:
            steps.append(Step(edge.place, edge.text, edge.loops, edge.leaves_loop))
        at = before
    return Reach(ways[draft][2], tuple(reversed(steps)))


def _onward(draft: BodyDraft, onward: dict[BodyDraft, tuple[BodyDraft, Edge] | None]) -> tuple[Step, ...]:
    steps: list[Step] = []
    step = onward[draft]
    while step is not None:
        after, edge = step
        steps.append(Step(edge.place, edge.text, edge.loops, edge.leaves_loop))
        step = onward[after]
    return tuple(steps)
