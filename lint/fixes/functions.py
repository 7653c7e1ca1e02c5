"""Edits of function registrations: an option more, and the object syntax in place of the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biconvex.lint.finding import Edit
from biconvex.lint.fixes.edits import indentation, insert_after
from biconvex.lint.fixes.objects import insert_property
from biconvex.lint.syntax import Call, Literal, Object, Template, children, walk

if TYPE_CHECKING:
    from biconvex.lint.declarations import Function
    from biconvex.lint.source import SourceFile
    from biconvex.lint.syntax import Node

__all__ = ["insert_option", "to_object_syntax"]


def insert_option(function: Function, name: str, value: str) -> tuple[Edit, ...] | None:
    """Add an option such as `args` as the first one of a registered function; `value` is code in its language.

    Puts the old syntax into the object syntax first. None where the options aren't written down in the
    registration itself.
    """
    source = function.place.source
    if source.language == "python":
        return _python(function, name, value)
    call = _registration(function)
    if call is None or len(call.arguments) != 1:
        return None
    if not function.object_syntax:
        return to_object_syntax(function, f"{name}: {value}")
    options = call.arguments[0]
    return (insert_property(source, options, f"{name}: {value}"),) if type(options) is Object else None


def to_object_syntax(function: Function, *options: str) -> tuple[Edit, ...] | None:
    """Rewrite `query(handler)` as `query({ handler })`, with more options (`args: {}`) before the handler.

    A handler of several lines gets an object of several lines, and is indented by what its own body is.
    None where the handler isn't written down in the registration itself, and in Python.
    """
    source = function.place.source
    call = _registration(function)
    if call is None or len(call.arguments) != 1 or function.handler is None or function.object_syntax:
        return None
    handler, written = call.arguments[0], function.handler.place
    if source.language == "python" or (handler.start, handler.end) != (written.start, written.end):
        return None
    if b"\n" not in source.data[handler.start : handler.end]:
        before = "{ " + "".join(f"{option}, " for option in options) + "handler: "
        return (
            Edit(source.path, handler.start, handler.start, before),
            Edit(source.path, handler.end, handler.end, " }"),
        )
    outer = indentation(source, handler.start)
    step = _step(source, handler, outer)
    before = "{\n" + "".join(f"{outer}{step}{option},\n" for option in options) + f"{outer}{step}handler: "
    return (
        Edit(source.path, handler.start, handler.start, before),
        *(Edit(source.path, start, start, step) for start in _lines_within(source, handler)),
        Edit(source.path, handler.end, handler.end, f",\n{outer}}}"),
    )


def _registration(function: Function) -> Call | None:
    """Find the call that registers a function, if it is one."""
    start, end = function.registration.start, function.registration.end
    node: Node | None = function.module.syntax
    while node is not None:
        if type(node) is Call and (node.start, node.end) == (start, end):
            return node
        node = next((part for part in children(node) if part.start <= start and end <= part.end), None)
    return None


def _python(function: Function, name: str, value: str) -> tuple[Edit, ...] | None:
    registration = function.registration
    if registration == function.builder:  # a decorator without brackets: `@query`
        return (insert_after(registration, f"({name}={value})"),)
    call = _registration(function)
    options = call.arguments[-1] if call and call.arguments else None
    if call is None or len(call.arguments) > 1 or not (options is None or type(options) is Object):
        return None
    if options is not None and not options.keywords:
        return None
    from biconvex.lint.fixes.python import insert_keyword  # noqa: PLC0415 - libcst is slow to load

    edit = insert_keyword(registration, name, value)
    return None if edit is None else (edit,)


def _step(source: SourceFile, handler: Node, outer: str) -> str:
    """How much deeper than its surroundings the code within the handler is."""
    for start in _lines_within(source, handler):
        inner = indentation(source, start)
        if inner.startswith(outer) and inner != outer:
            return inner.removeprefix(outer)
    return "\t" if outer.startswith("\t") else "  "


def _lines_within(source: SourceFile, node: Node) -> list[int]:
    """The beginnings of the lines that begin within a node, except blank ones and those within a string."""
    strings = [
        (part.start, part.end)
        for part in walk(node)
        if type(part) in {Literal, Template} and b"\n" in source.data[part.start : part.end]
    ]
    starts: list[int] = []
    at = source.data.find(b"\n", node.start, node.end) + 1
    while at:
        line = source.data[at : source.data.find(b"\n", at) + 1 or None]
        if line.strip() and not any(start < at < end for start, end in strings):
            starts.append(at)
        at = source.data.find(b"\n", at, node.end) + 1
    return starts
