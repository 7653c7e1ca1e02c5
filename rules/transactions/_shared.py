"""What the rules about transactions have in common: blocks of statements, what is pure, who calls whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend, Body, Function, Place, RunCall

__all__ = [
    "around", "blocks", "calls_by_body", "in_action", "is_migration", "is_pure", "is_pure_but", "names_bound",
    "names_in", "own_function", "run_by", "value_of",
]  # fmt: skip

_ACTIONS = frozenset(("action", "httpAction"))

_MIGRATION = re.compile(r"migrat|backfill|seed", re.IGNORECASE)

_PURE_NAMES = frozenset((
    "Number", "String", "Boolean", "BigInt", "Date", "Error", "TypeError", "RangeError", "ConvexError", "Set",
    "Map", "Array", "Object", "parseInt", "parseFloat", "structuredClone", "encodeURIComponent",
    "decodeURIComponent", "URL", "Response", "len", "str", "int", "float", "bool", "list", "dict", "set",
    "tuple", "sorted", "min", "max", "sum", "any", "all", "abs", "round", "zip", "enumerate", "range",
    "isinstance", "reversed", "ValueError", "RuntimeError", "print",
))  # fmt: skip
_PURE_OWNERS = frozenset(
    ("console", "Math", "JSON", "Object", "Array", "Number", "Date", "String", "Promise", "crypto")
)
_PURE_METHODS = frozenset((
    "map", "filter", "find", "findIndex", "some", "every", "includes", "indexOf", "slice", "sort", "toSorted",
    "join", "split", "trim", "toLowerCase", "toUpperCase", "toString", "toFixed", "push", "pop", "concat",
    "flat", "flatMap", "reduce", "reverse", "startsWith", "endsWith", "replace", "replaceAll", "padStart",
    "padEnd", "match", "test", "getTime", "toISOString", "toLocaleString", "get", "has", "set", "add", "keys",
    "values", "entries", "at", "charAt", "substring", "localeCompare", "append", "extend", "items", "lower",
    "upper", "strip", "startswith", "endswith", "format", "copy", "update", "searchParams",
))  # fmt: skip


def own_function(call: RunCall) -> Function | None:
    """Give the function of this backend that a call runs; None for components and what is not known."""
    return call.reference.function if call.reference else None


def in_action(body: Body) -> bool:
    """Tell whether a body runs in actions, and nowhere else."""
    return bool(body.kinds) and body.kinds <= _ACTIONS


def is_migration(body: Body) -> bool:
    """Tell whether a body belongs to work in bulk, by the names of its file and itself: it is split on purpose."""
    return _MIGRATION.search(f"{body.module.path}:{body.name}") is not None


def calls_by_body(backend: Backend) -> dict[Body, list[RunCall]]:
    """Give the run calls of each body, in order."""
    found: dict[Body, list[RunCall]] = {}
    for call in backend.run_calls:
        found.setdefault(call.body, []).append(call)
    return found


def blocks(function: syntax.Function) -> Iterator[list[syntax.Node]]:
    """Give every list of statements of a function that runs once: not those of loops, nor of functions within it."""
    stack = [function.body]
    while stack:
        block = stack.pop()
        yield block
        for statement in block:
            if isinstance(statement, syntax.If):
                stack += [statement.then, statement.otherwise]
            elif isinstance(statement, syntax.Try):
                stack += [statement.body, statement.handler or [], statement.final]
            elif isinstance(statement, syntax.Block):
                stack.append(statement.body)


def value_of(statement: syntax.Node) -> syntax.Node | None:
    """Give the expression that a statement awaits: of `const x = await f()`, `await f()`, `return await f()`."""
    value: syntax.Node | None = None
    if isinstance(statement, syntax.Declare | syntax.Return | syntax.ExpressionStatement):
        value = statement.value
    if isinstance(value, syntax.Assign):
        value = value.value
    while isinstance(value, syntax.Cast):
        value = value.value
    awaited = isinstance(value, syntax.Await) or isinstance(statement, syntax.Return)
    while isinstance(value, syntax.Await | syntax.Cast):
        value = value.value
    return value if awaited else None


def run_by(statement: syntax.Node, calls: dict[tuple[int, int], RunCall]) -> RunCall | None:
    """Give the run call that a statement is, and nothing besides."""
    value = value_of(statement)
    call = calls.get((value.start, value.end)) if value is not None else None
    if call is None or not all(is_pure(argument) for argument in call.arguments):
        return None
    return call


def is_pure(node: syntax.Node) -> bool:
    """Tell whether code surely does nothing outside of itself: it waits for nothing, and calls only what is known."""
    return not any(_has_effect(part) for part in syntax.walk(node))


def is_pure_but(node: syntax.Node, call: RunCall) -> bool:
    """Tell whether code surely does nothing but a run call."""
    stack = [node]
    while stack:
        part = stack.pop()
        value = part.value if isinstance(part, syntax.Await) else part
        if (value.start, value.end) == (call.place.start, call.place.end):
            stack += value.arguments if isinstance(value, syntax.Call) else []
        elif _has_effect(part):
            return False
        else:
            stack.extend(syntax.children(part))
    return True


def _has_effect(node: syntax.Node) -> bool:
    if isinstance(node, syntax.Call):
        return not _is_pure_call(node)
    return isinstance(node, syntax.Await) or (isinstance(node, syntax.Loop) and node.is_async)


def _is_pure_call(call: syntax.Call) -> bool:
    callee = call.callee
    while isinstance(callee, syntax.Cast):
        callee = callee.value
    if isinstance(callee, syntax.Name):
        return callee.id in _PURE_NAMES
    if not isinstance(callee, syntax.Member):
        return False
    owner = callee.object
    return callee.name in _PURE_METHODS or (isinstance(owner, syntax.Name) and owner.id in _PURE_OWNERS)


def names_bound(statement: syntax.Node) -> set[str]:
    """Give the names that a declaration or an assignment binds."""
    if isinstance(statement, syntax.ExpressionStatement) and isinstance(statement.value, syntax.Assign):
        return names_in(statement.value.target)
    return names_in(statement.target) if isinstance(statement, syntax.Declare) else set()


def names_in(node: syntax.Node) -> set[str]:
    """Give every name in a piece of code."""
    return {part.id for part in syntax.walk(node) if isinstance(part, syntax.Name)}


def around(function: syntax.Function, place: Place) -> list[syntax.Node]:
    """Give the nodes of a function that a place lies in, outermost first."""
    found: list[syntax.Node] = []
    node: syntax.Node | None = function
    while node is not None:
        found.append(node)
        node = next(
            (part for part in syntax.children(node) if part.start <= place.start and place.end <= part.end),
            None,
        )
    return found
