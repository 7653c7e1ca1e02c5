"""The state of an analysis while it walks through a function: where it stands, and what it found there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Hashable

    from biconvex.lint.analysis.promises import Draft
    from biconvex.lint.analysis.queries import QueryRecord
    from biconvex.lint.analysis.scopes import Variable
    from biconvex.lint.analysis.values import Closure, Value
    from biconvex.lint.model import Body, Loop, Place

__all__ = ["BodyDraft", "Edge", "Frame"]


class Edge(msgspec.Struct, eq=False):
    """A call from one body to another. `sure` is false when the ctx handed on may not be what Convex gave.

    `certain` is false also when it stands in a function of which nobody knows whether it is called.
    """

    target: BodyDraft
    place: Place
    text: str
    loops: tuple[Loop, ...]
    leaves_loop: bool
    sure: bool
    certain: bool


class BodyDraft(msgspec.Struct, eq=False):
    """A body while it is analysed.

    `shapes` has what its parameters carry; `given` what it passes to functions that are its own parameters.
    """

    body: Body
    closure: Closure
    shapes: tuple[Hashable, ...]
    edges: list[Edge] = msgspec.field(default_factory=list)
    promises: list[Draft] = msgspec.field(default_factory=list)
    queries: list[QueryRecord] = msgspec.field(default_factory=list)
    variables: list[tuple[Variable, Draft]] = msgspec.field(default_factory=list)
    given: dict[int, list[Value | None]] = msgspec.field(default_factory=dict)
    arguments: Value | None = None
    """What is known of the second parameter of a handler."""
    returned: Value | None = None
    state: int = 0
    """0 not yet analysed, 1 being analysed, 2 done."""
    cut: bool = False
    """Whether some of it lies too deep to be walked: then what is not seen proves nothing."""
    deferred: bool = False
    """Whether nobody in sight calls it: it may be called later, or never."""
    active: bool = False
    """Whether a call on a ctx stands in it."""

    @property
    def works_with_ctx(self) -> bool:
        """Whether it is handed a ctx, or does something with one."""
        return self.active or any(self.shapes) or bool(self.edges) or bool(self.promises)


class Frame(msgspec.Struct, eq=False):
    """Where the walk stands in a body.

    A frame without a draft only evaluates; nothing it meets becomes a fact.
    """

    draft: BodyDraft | None
    is_async: bool
    hands_back: bool = False
    """Whether what it returns goes to whoever calls it back, who knows what becomes of it."""
    loops: tuple[Loop, ...] = ()
    conditional: int = 0
    narrowed: int = 0
    deferred: int = 0
    """Within how many functions it is of which nobody knows whether they are called."""
    leaves: bool = False
    in_statement_loop: bool = False
    in_switch: bool = False
    block: int = 0
    """The number of the block it is in."""
    exits: int = 0
    """How often something left the function so far."""
    returns: list[Value | None] = msgspec.field(default_factory=list)
    waiting: list[Closure] = msgspec.field(default_factory=list)
    """Function expressions met in this statement that no call has claimed yet."""
