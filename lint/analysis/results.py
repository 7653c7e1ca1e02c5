"""What becomes of the array that a query gives: each use of it, and whether all of them are in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from biconvex.lint import syntax
from biconvex.lint.analysis.values import Choice, Pending, Record, Sequence, Value, options
from biconvex.lint.model import ArrayUse, Place

if TYPE_CHECKING:
    from biconvex.lint.analysis.frames import BodyDraft
    from biconvex.lint.analysis.scopes import Scope

__all__ = ["ResultDraft", "escape", "note_change", "note_parts", "note_read", "note_use"]


class ResultDraft(msgspec.Struct, eq=False):
    """The array of documents that a query gave, while it is followed.

    `reads` are the names that were read for it, `known` those of them that a use accounts for. `escaped` says
    that it was returned or kept, so that somebody else may use it.
    """

    draft: BodyDraft
    uses: dict[int, ArrayUse] = msgspec.field(default_factory=dict)
    reads: set[int] = msgspec.field(default_factory=set)
    known: set[int] = msgspec.field(default_factory=set)
    escaped: bool = False

    def freeze(self) -> tuple[tuple[ArrayUse, ...], bool]:
        """Give its uses in order, and whether that is all of them."""
        uses = sorted(
            self.uses.values(), key=lambda use: (use.place.source.path, use.place.start, use.place.end)
        )
        return tuple(uses), not self.escaped and not self.draft.cut and self.reads <= self.known


def note_read(node: syntax.Name, value: Value | None) -> None:
    """Note that a name was read which may hold a query's results."""
    for option in options(value):
        if type(option) is Sequence and option.result is not None:
            option.result.reads.add(id(node))


def note_change(part: syntax.Node, scope: Scope) -> None:
    """Note that the object of which this is a part may have other properties from now on."""
    owner = part.object if isinstance(part, syntax.Member | syntax.Index) else None
    variable = scope.find(owner.id) if isinstance(owner, syntax.Name) else None
    for value in (
        options(variable.value) if variable is not None and variable.scope.parent is not None else ()
    ):
        if isinstance(value, Record):
            value.changed = True


def note_use(
    sequence: Sequence,
    operation: str,
    node: syntax.Node,
    base: syntax.Node | None,
    scope: Scope,
    key: int | None = None,
) -> None:
    """Note one use of a query's results; `base` is the expression that they were."""
    result = sequence.result
    if result is None:
        return
    result.uses[id(node)] = ArrayUse(operation, Place(scope.module.source, node.start, node.end), node, key)
    while isinstance(base, syntax.Cast | syntax.Await):
        base = base.value
    if isinstance(base, syntax.Name):
        result.known.add(id(base))


def note_parts(sequence: Sequence, target: syntax.ArrayPattern | syntax.Array, scope: Scope) -> None:
    """Note that `const [first] = results` takes elements by their positions."""
    if any(type(element) is syntax.Spread for element in target.elements):
        escape(sequence)
    else:
        note_use(sequence, "at", target, None, scope, len(target.elements) - 1)


def escape(value: Value | None) -> None:
    """Note that a value goes where its uses can't be followed."""
    kind = type(value)
    if kind is Choice:
        for option in options(value):
            escape(option)
        return
    if kind is Pending:
        value = value.inner  # type: ignore[union-attr]
        kind = type(value)
    if kind is Sequence and value.result is not None:  # type: ignore[union-attr]
        value.result.escaped = True  # type: ignore[union-attr]
