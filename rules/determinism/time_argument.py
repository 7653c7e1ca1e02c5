"""The fix of a query that reads the clock: it takes the time as an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint import syntax
from biconvex.lint.finding import Fix
from biconvex.lint.fixes import import_from, insert_property, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from biconvex.lint.model import Backend, Function, OutsideCall, Place, ValidatorShape
    from biconvex.lint.source import Language

__all__ = ["time_argument"]

_MILLISECONDS = frozenset({"Date.now", "convex/server.now_ms"})
_VALUES: Mapping[Language, str] = {"typescript": "convex/values", "python": "biconvex.sim.values"}
_NAME = "now"


def time_argument(backend: Backend, function: Function, call: OutsideCall) -> Fix | None:
    """Declare the argument `now`, in milliseconds, and read it in the place of the clock.

    None where somebody in sight calls the function without it, where the clock is read in another function or in
    another unit, and where the arguments aren't written down in one object that the handler has under one name.
    """
    declared, taken = _declared(function), _arguments_name(function)
    if call.name not in _MILLISECONDS or declared is None or taken is None or not _within(call, function):
        return None
    if any(reference.function is function for reference in backend.references):
        return None
    shape, written = declared
    python = call.place.source.language == "python"
    read = replace(call.place, f'{taken}["{_NAME}"]' if python else f"{taken}.{_NAME}")
    title = f"take the time as the argument `{_NAME}`"
    if _NAME in shape.fields:
        there = shape.fields[_NAME]
        return Fix(title, (read,), safe=False) if there.kind == "float64" and not there.optional else None
    had = import_from(function.module, _VALUES, "v")
    if had is None:
        return None
    key = f'"{_NAME}"' if python else _NAME
    declare = insert_property(function.module.source, written, f"{key}: {had.local}.number()")
    return Fix(title, (declare, read, *had.edits), safe=False)


def _declared(function: Function) -> tuple[ValidatorShape, syntax.Object] | None:
    """Give the arguments, and the object in the registration that declares all of them."""
    args = function.args
    if args.status != "present" or args.place is None or args.shape is None:
        return None
    if args.shape.kind != "object" or not args.shape.complete:
        return None
    written = _object_at(function.module.syntax, args.place)
    return (args.shape, written) if written is not None and not written.keywords else None


def _object_at(node: syntax.Node | None, place: Place) -> syntax.Object | None:
    while node is not None:
        if isinstance(node, syntax.Object) and (node.start, node.end) == (place.start, place.end):
            return node
        inner = (
            part for part in syntax.children(node) if part.start <= place.start and place.end <= part.end
        )
        node = next(inner, None)
    return None


def _arguments_name(function: Function) -> str | None:
    """Give the name that the handler has for its arguments, unless a function within has it for something else."""
    if function.handler is None or len(function.handler.syntax.parameters) != 2:
        return None
    target = function.handler.syntax.parameters[1].target
    if not isinstance(target, syntax.Name):
        return None
    declared = [
        node.target
        for node in syntax.walk(function.handler.syntax)
        if isinstance(node, syntax.Parameter | syntax.Declare) and node.target is not target
    ]
    others = (name for each in declared for name in syntax.walk(each) if isinstance(name, syntax.Name))
    return None if any(name.id == target.id for name in others) else target.id


def _within(call: OutsideCall, function: Function) -> bool:
    handler = function.handler
    return (
        handler is not None
        and handler.place.source.path == call.place.source.path == function.module.source.path
        and handler.place.start <= call.place.start
        and call.place.end <= handler.place.end
    )
